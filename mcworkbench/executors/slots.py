"""Device slots as file locks: a queue of runs without a daemon.

A supervisor computes only while it holds a slot; the kernel gives the slot back when it ends,
however it ends. A graphics processor is one slot; the processor is as many as a run asks for.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mcworkbench import folders
from mcworkbench.executors.devices import CPU, Device, choose
from mcworkbench.runs.locks import Lock, lock_holder, try_lock

if TYPE_CHECKING:
    from pathlib import Path

_UNSAFE = re.compile(r"[^A-Za-z0-9-]")


@final
@dataclass(frozen=True, slots=True)
class Slot:
    """A place to compute, held until released.

    Attributes:
        device: what torch calls it inside a process that has `environment`.
        environment: the variables that show a process this device and no other.
    """

    name: str
    device: str
    environment: dict[str, str]
    lock: Lock

    def release(self) -> None:
        """Give the slot to whoever comes first."""
        self.lock.release()


def num_slots(device: str, requested: int) -> int:
    """Return how many slots a run may hold at once: one per device, on a processor `requested`.

    Raises:
        InvalidInputError: the device is not on this machine.
    """
    return len(_places(device, requested))


def try_slot(device: str, requested: int, run_id: str) -> Slot | None:
    """Take a free slot on "auto", "cpu", "cuda" or "cuda:1" for a run, or return None.

    Raises:
        InvalidInputError: the device is not on this machine.
        WorkbenchError: the locks cannot be written.
    """
    folders.make_private(folders.slots_root())
    for name, place in _places(device, requested):
        lock = try_lock(_lock_path(name), holder=run_id)
        if lock is not None:
            return Slot(name, _inside(place), _environment(place), lock)
    return None


def busy_sentence(device: str, requested: int) -> str:
    """Return what to tell a user whose run finds no free slot."""
    places = _places(device, requested)
    holders = sorted({lock_holder(_lock_path(name)) for name, _ in places} - {""})
    devices = sorted({place.name for _, place in places})
    return f"waiting for a free slot on {', '.join(devices)}" + (
        f" (used by {', '.join(holders)})" if holders else ""
    )


def threads_per_slot(requested: int, slots: int) -> int:
    """Return the threads of one slot: `requested` or a fair share of the cores, at least 1."""
    share = max(1, _num_cores() // max(1, slots))
    return min(requested, share) if requested else share


def _num_cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _lock_path(name: str) -> Path:
    return folders.slots_root() / f"{name}.lock"


def _places(device: str, requested: int) -> list[tuple[str, Device]]:
    """Return the lock name and the device of every slot that would do, in order of preference."""
    devices = choose(device)
    if devices[0].name == CPU:
        return [(f"{CPU}-{index}", devices[0]) for index in range(max(1, requested))]
    return [(f"cuda-{_UNSAFE.sub('_', place.identity)}", place) for place in devices]


def _inside(place: Device) -> str:
    return CPU if place.name == CPU else "cuda:0"


def _environment(place: Device) -> dict[str, str]:
    # Counting by bus is how the driver library counts, and so how `place` was found.
    return {"CUDA_VISIBLE_DEVICES": place.visible, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
