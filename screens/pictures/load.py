"""Looks at the machine's load: its first GPU where it has one, else its processors.

Called once a second by the feed's thread; what cannot be asked is left out, never raised.
"""

from __future__ import annotations

import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any, final

import psutil

from mcworkbench.screens.pictures.machine import MachinePicture

if TYPE_CHECKING:
    from collections.abc import Callable

_NUM_LOOKS = 60
# Finer steps would redraw the header for nothing.
_STEP_BYTES = 64 * 1024 * 1024
# Device, load in [0, 1], used bytes, total bytes.
Load = tuple[str, float, int, int]


@final
class MachineLook:
    """Remembers the last minute of loads."""

    def __init__(self) -> None:
        self._history: deque[float] = deque(maxlen=_NUM_LOOKS)
        self._measure: Callable[[], Load | None] | None = None

    def picture(self) -> MachinePicture | None:
        """Return the load as it is now, None where it cannot be measured."""
        if self._measure is None:
            self._measure = _gpu_measure() or _cpu_measure()
        measured = self._measure()
        if measured is None:
            # A driver that went away; the processors are always there.
            self._measure = _cpu_measure()
            return None
        device, load, used, total = measured
        self._history.append(round(min(1.0, max(0.0, load)), 2))
        steps = round(used / _STEP_BYTES) * _STEP_BYTES
        return MachinePicture(device, self._history[-1], steps, total, tuple(self._history))


def _gpu_measure() -> Callable[[], Load | None] | None:
    """Return what asks the first GPU, None where there is none."""
    try:
        import pynvml

        pynvml.nvmlInit()
        handle: Any = pynvml.nvmlDeviceGetHandleByIndex(0)
    except Exception:  # noqa: BLE001 - no driver, no library, no device: all the same here
        return None

    def measure() -> Load | None:
        with contextlib.suppress(pynvml.NVMLError):
            memory: Any = pynvml.nvmlDeviceGetMemoryInfo(handle)
            rates: Any = pynvml.nvmlDeviceGetUtilizationRates(handle)
            return "gpu0", float(rates.gpu) / 100, int(memory.used), int(memory.total)
        return None

    return measure


def _cpu_measure() -> Callable[[], Load | None]:
    # The first answer would be about no time at all.
    psutil.cpu_percent()

    def measure() -> Load | None:
        memory = psutil.virtual_memory()
        used = memory.total - memory.available
        return "cpu", psutil.cpu_percent() / 100, int(used), int(memory.total)

    return measure
