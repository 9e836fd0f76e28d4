"""The default generators, which dropout alone draws from: seeded each epoch, saved mid-epoch."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

_CPU = "random.cpu"
_CUDA = "random.cuda"


def seed_dropout(seed: int, epoch: int) -> None:
    """Start the default generators of every device from (seed, epoch)."""
    digest = hashlib.sha256(f"{seed}/dropout/{epoch}".encode()).digest()
    torch.manual_seed(int.from_bytes(digest[:8], "little") >> 1)


def random_tensors(device: torch.device) -> dict[str, Tensor]:
    """Return the generators' states as uint8 tensors."""
    tensors = {_CPU: torch.get_rng_state()}
    if device.type == "cuda":
        tensors[_CUDA] = torch.cuda.get_rng_state(device)
    return tensors


def load_random(tensors: Mapping[str, Tensor]) -> None:
    """Restore what `random_tensors` returned."""
    torch.set_rng_state(tensors[_CPU])
    if _CUDA in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors[_CUDA])
