"""Which devices this machine has, without importing torch.

Called by the slots and by `doctor`. A machine without a driver, with a broken one, or with
CUDA_VISIBLE_DEVICES set to nothing simply has its processor.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import Any, final

from mcworkbench.errors import InvalidInputError

CPU = "cpu"
_AUTO = "auto"


@final
@dataclass(frozen=True, slots=True)
class Device:
    """One device: its name here, what CUDA calls it, and a name that all processes agree on.

    Attributes:
        name: "cpu" or "cuda:0", counted over the visible devices.
        visible: what CUDA_VISIBLE_DEVICES must be for a process to see only this one.
        identity: the same for every process of the machine, whatever is visible to it.
    """

    name: str
    visible: str
    identity: str


def list_devices() -> list[str]:
    """Return ["cuda:0", …] where graphics processors are visible, else ["cpu"]."""
    return [device.name for device in cuda_devices()] or [CPU]


def cuda_devices() -> list[Device]:
    """Return the visible CUDA devices, in the order CUDA counts them by bus."""
    uuids = _driver_uuids()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        tokens = [str(index) for index in range(len(uuids))]
    else:
        tokens = [token.strip() for token in visible.split(",")]
    devices: list[Device] = []
    for token in tokens:
        identity = _identity(token, uuids)
        # CUDA stops at the first entry it does not know, e.g. -1.
        if identity is None:
            break
        devices.append(Device(f"cuda:{len(devices)}", token, identity))
    return devices


def choose(wanted: str) -> list[Device]:
    """Return the devices that "auto", "cpu", "cuda" or "cuda:1" may use.

    Raises:
        InvalidInputError: the device is not on this machine.
    """
    cpu = Device(CPU, "", CPU)
    if wanted == CPU:
        return [cpu]
    devices = cuda_devices()
    if wanted == _AUTO:
        return devices or [cpu]
    chosen = [device for device in devices if wanted in ("cuda", device.name)]
    if not chosen:
        known = ", ".join([CPU, *(device.name for device in devices)])
        raise InvalidInputError(f"device '{wanted}': not on this machine. Known: auto, {known}.")
    return chosen


def _driver_uuids() -> list[str]:
    """Return the identity of every device of the driver; [] without a working one."""
    try:
        nvml: Any = importlib.import_module("pynvml")
        nvml.nvmlInit()
    # A missing library, driver or permission each have an error class of their own, and none
    # of them may keep a run from using the processor.
    except Exception:  # noqa: BLE001
        return []
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
        return [_text(nvml.nvmlDeviceGetUUID(handle)) for handle in handles]
    except Exception:  # noqa: BLE001
        return []
    finally:
        nvml.nvmlShutdown()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _identity(token: str, uuids: list[str]) -> str | None:
    """Return the identity that an entry of CUDA_VISIBLE_DEVICES means, None where unknown."""
    if token.isascii() and token.isdigit():
        return uuids[int(token)] if int(token) < len(uuids) else None
    if token.startswith("MIG-") and uuids:
        return token
    # CUDA accepts a shortened identity as long as only one device begins with it.
    matches = [uuid for uuid in uuids if token.startswith("GPU-") and uuid.startswith(token)]
    return matches[0] if len(matches) == 1 else None
