"""Random tables of one epoch, drawn on the CPU and the same everywhere.

A table is a pure function of (seed, stream, epoch): nothing needs saving to resume. The numbers
are raw Philox output, which numpy keeps fixed for good, shaped by integer arithmetic only, so
neither a new numpy, a new torch nor a GPU changes them.
Shape letters: N = examples of a split, B = examples of a batch, C, H, W = image axes, T = steps.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    import numpy.typing as npt


def raw_draws(num: int, seed: int, stream: str, epoch: int = 0) -> npt.NDArray[np.uint64]:
    """Return `num` independent uniform 64-bit integers of one stream and epoch."""
    digest = hashlib.sha256(f"{seed}/{stream}/{epoch}".encode()).digest()
    return np.random.Philox(key=int.from_bytes(digest[:16], "little")).random_raw(num)


def uniform(num: int, seed: int, stream: str, epoch: int = 0) -> npt.NDArray[np.float64]:
    """Return `num` uniform numbers in [0, 1), multiples of 2**-53."""
    top_bits = raw_draws(num, seed, stream, epoch) >> np.uint64(11)
    return top_bits.astype(np.float64) * 2.0**-53


def permutation(num: int, seed: int, stream: str, epoch: int = 0) -> npt.NDArray[np.int64]:
    """Return 0 … num-1 in random order, shape (num,)."""
    return np.argsort(raw_draws(num, seed, stream, epoch), kind="stable")


def subset(num: int, limit: int, seed: int, stream: str) -> npt.NDArray[np.int64]:
    """Return at most `limit` of 0 … num-1, increasing; 0 is all. A larger limit adds to it."""
    if limit <= 0 or limit >= num:
        return np.arange(num)
    return np.sort(permutation(num, seed, stream)[:limit])


def epoch_order(num: int, seed: int, epoch: int) -> Tensor:
    """Return the visit order of one epoch: a permutation of the split, int64 (N,)."""
    return torch.from_numpy(permutation(num, seed, "order", epoch))


def uniform_ts(num_steps: int, seed: int, epoch: int) -> Tensor:
    """Return the position on the curve of every step of one epoch, uniform in [0, 1), (T,)."""
    return torch.from_numpy(uniform(num_steps, seed, "t", epoch))


@final
@dataclass(frozen=True, slots=True)
class EpochDraws:
    """How each example is augmented in one epoch; entry n belongs to example n of the split.

    Attributes:
        mode: flip, crop, crop-flip or flip-crop, in the order named.
        padding: pixels of black around the image that a crop may reach into.
        flip: bool (N,).
        dy: rows by which the crop starts inside the padded image, 0 … 2·padding, (N,).
        dx: columns, likewise.
    """

    mode: str
    padding: int
    flip: Tensor
    dy: Tensor
    dx: Tensor

    def to(self, device: str | torch.device) -> EpochDraws:
        """Return the same tables on a device; one copy per epoch."""
        moved = (table.to(device) for table in (self.flip, self.dy, self.dx))
        return EpochDraws(self.mode, self.padding, *moved)

    def at(self, index_B: Tensor) -> EpochDraws:
        """Return the draws of one batch of examples, tables of shape (B,)."""
        chosen = (table.index_select(0, index_B) for table in (self.flip, self.dy, self.dx))
        return EpochDraws(self.mode, self.padding, *chosen)


def epoch_draws(num: int, seed: int, epoch: int, mode: str, padding: int) -> EpochDraws | None:
    """Return the tables of one epoch on the CPU, or None where `mode` is "none"."""
    if mode == "none":
        return None
    num_offsets = np.uint64(2 * padding + 1)

    def offsets(stream: str) -> Tensor:
        drawn = raw_draws(num, seed, stream, epoch) % num_offsets
        return torch.from_numpy(drawn.astype(np.int64))

    flip = raw_draws(num, seed, "flip", epoch) >> np.uint64(63)
    return EpochDraws(
        mode, padding, torch.from_numpy(flip.astype(np.bool_)), offsets("dy"), offsets("dx")
    )


def augment(x_BCHW: Tensor, draws_B: EpochDraws) -> Tensor:
    """Return the batch of raw pixels, each flipped and cropped as its draws say.

    The padding is black *before* normalisation, as in the reference. All images move in one
    gather along tables of source pixels; no Python runs per example and nothing is synchronised.
    """
    mode = draws_B.mode
    flips = "flip" in mode
    if "crop" not in mode:
        return torch.where(draws_B.flip[:, None, None, None], x_BCHW.flip(-1), x_BCHW)
    size_B, channels, height, width = x_BCHW.shape
    pad = draws_B.padding
    padded = functional.pad(x_BCHW, (pad, pad, pad, pad))
    rows_BH = torch.arange(height, device=x_BCHW.device) + draws_B.dy[:, None]
    columns_W = torch.arange(width, device=x_BCHW.device)
    dx_B1 = draws_B.dx[:, None]
    columns_BW = columns_W + dx_B1
    if flips:
        flip_B1 = draws_B.flip[:, None]
        if mode == "crop-flip":
            mirrored_BW = (width - 1) - columns_W + dx_B1
        else:
            mirrored_BW = (width - 1 + 2 * pad) - (columns_W + dx_B1)
        columns_BW = torch.where(flip_B1, mirrored_BW, columns_BW)
    padded_width = width + 2 * pad
    source_BHW = rows_BH[:, :, None] * padded_width + columns_BW[:, None, :]
    source_BCP = source_BHW.view(size_B, 1, height * width).expand(-1, channels, -1)
    return padded.flatten(2).gather(2, source_BCP).view(size_B, channels, height, width)
