"""Device slots as file locks: a queue of runs without a daemon.

A supervisor computes only while it holds a slot; the kernel gives the slot back when it ends,
however it ends. A graphics processor is one slot. A slot on the processor is as many cores as
it has threads, each core with a lock of its own, so that all runs of this home together never
have more threads than there are cores. Slots are taken whole or not at all: nobody waits while
holding a part.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import final

from mcworkbench import folders
from mcworkbench.executors.devices import CPU, choose
from mcworkbench.runs.locks import Lock, is_locked, lock_holder, try_lock

_UNSAFE = re.compile(r"[^A-Za-z0-9-]")


@final
@dataclass(frozen=True, slots=True)
class Slot:
    """A place to compute, held until released.

    Attributes:
        device: what torch calls it inside a process that has `environment`.
        environment: the variables that show a process this device and no other.
    """

    device: str
    environment: dict[str, str]
    locks: tuple[Lock, ...]

    def release(self) -> None:
        """Give the slot to whoever comes first."""
        for lock in self.locks:
            lock.release()


@final
@dataclass(frozen=True, slots=True)
class _Place:
    """Where a slot may be: a device, and the locks of which `num_needed` must be held."""

    name: str
    visible: str
    locks: tuple[Path, ...]
    num_needed: int


@final
class SlotPool:
    """The slots that one run may take; the devices are looked for once, when it is made.

    Attributes:
        num_slots: how many it may hold at once.
        threads: processor threads of each.
    """

    def __init__(self, device: str, slots: int, threads: int, run_id: str) -> None:
        """Find the devices.

        Args:
            device: "auto", "cpu", "cuda" or "cuda:1".
            slots: how many the run wants on the processor; a graphics processor is always one.
            threads: of each, 0 for a fair share of the cores.
            run_id: who takes them, for those who wait.

        Raises:
            InvalidInputError: the device is not on this machine.
        """
        devices = choose(device)
        self._run_id = run_id
        is_cpu = devices[0].name == CPU
        self.num_slots = max(1, slots) if is_cpu else len(devices)
        self.threads = threads_per_slot(threads, self.num_slots)
        if is_cpu:
            cores = tuple(_lock_path(f"{CPU}-{core}") for core in _cores())
            self._places = [_Place(CPU, "", cores, min(self.threads, len(cores)))]
        else:
            self._places = [
                _Place(one.name, one.visible, (_lock_path(f"cuda-{_safe(one.identity)}"),), 1)
                for one in devices
            ]

    def take(self) -> Slot | None:
        """Take a free slot, or return None.

        Raises:
            WorkbenchError: the locks cannot be written.
        """
        folders.make_private(folders.slots_root())
        for place in self._places:
            locks = self._take_all(place)
            if locks:
                # Counting by bus is how the driver library counts, and so how it was found.
                environment = {
                    "CUDA_VISIBLE_DEVICES": place.visible,
                    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
                }
                return Slot(CPU if place.name == CPU else "cuda:0", environment, locks)
        return None

    def busy_sentence(self) -> str:
        """Return what to tell a user whose run finds no free slot."""
        held = [path for place in self._places for path in place.locks if is_locked(path)]
        holders = sorted({lock_holder(path) for path in held} - {""})
        devices = sorted({place.name for place in self._places})
        return f"waiting for a free slot on {', '.join(devices)}" + (
            f" (used by {', '.join(holders)})" if holders else ""
        )

    def _take_all(self, place: _Place) -> tuple[Lock, ...]:
        """Return as many locks as the place needs, or none."""
        with contextlib.ExitStack() as stack:
            taken: list[Lock] = []
            for index, path in enumerate(place.locks):
                # The first core decides between two that come at once and want them all.
                if len(taken) + len(place.locks) - index < place.num_needed:
                    return ()
                lock = try_lock(path, holder=self._run_id)
                if lock is not None:
                    taken.append(stack.enter_context(lock))
                if len(taken) == place.num_needed:
                    stack.pop_all()
                    return tuple(taken)
        return ()


def threads_per_slot(requested: int, slots: int) -> int:
    """Return the threads of one slot: `requested` or a fair share of the cores, at least 1."""
    share = max(1, len(_cores()) // max(1, slots))
    return min(requested, share) if requested else share


def _cores() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _lock_path(name: str) -> Path:
    return folders.slots_root() / f"{name}.lock"


def _safe(identity: str) -> str:
    return _UNSAFE.sub("_", identity)
