"""Precision and determinism, in one place for training, refresh and evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def computing(device: torch.device | str, precision: str) -> AbstractContextManager[object]:
    """Return the context in which one point's network is computed.

    Autocast remembers casts of parameters until its block ends, and does not notice that we
    wrote others into the same buffer: every point, and every step, needs a block of its own.
    """
    kind = torch.device(device).type
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=precision == "bfloat16")
