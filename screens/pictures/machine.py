"""The machine's load as a frozen picture for the header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class MachinePicture:
    """One look at the device.

    Attributes:
        device: "cpu" or "gpu0".
        load: used part of it, in [0, 1].
        used_bytes: of its memory.
        total_bytes: of its memory.
        history: loads of the last looks, oldest first, at most 60.
    """

    device: str
    load: float
    used_bytes: float
    total_bytes: float
    history: tuple[float, ...] = ()
