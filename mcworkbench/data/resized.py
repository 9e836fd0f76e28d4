"""Random resized crops and centre views of whole batches, on the device, by seeded tables.

As torchvision's RandomResizedCrop, Resize and CenterCrop with bilinear interpolation, without
antialiasing: made for images that grow (32 to 224 pixels) or shrink a little. Where a crop ends,
its last row and column are repeated, as cropping first and resizing then does.
Shape letters: N = examples, B = batch, C, H, W = image axes, S = side of the output.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mcworkbench.data.draws import raw_draws, uniform

if TYPE_CHECKING:
    import numpy.typing as npt

# torchvision's defaults: share of the image's area, and width by height.
_AREA = (0.08, 1.0)
_RATIO = (3 / 4, 4 / 3)
_TRIES = 10
# Resize 256, CenterCrop 224 and the like.
_RESIZE_BY = 256 / 224


@final
@dataclass(frozen=True, slots=True)
class ResizedDraws:
    """Which part of each image an epoch shows; entry n belongs to example n of the split.

    Attributes:
        side: S, of the output.
        flip: bool (N,).
        box_N4: top, left, height and width of the crop in stored pixels, int64.
    """

    side: int
    flip: Tensor
    box_N4: Tensor

    def to(self, device: str | torch.device) -> ResizedDraws:
        """Return the same tables on a device; one copy per epoch."""
        return ResizedDraws(self.side, self.flip.to(device), self.box_N4.to(device))

    def at(self, index_B: Tensor) -> ResizedDraws:
        """Return the draws of one batch of examples."""
        chosen = (table.index_select(0, index_B) for table in (self.flip, self.box_N4))
        return ResizedDraws(self.side, *chosen)

    def augment(self, x_BCHW: Tensor) -> Tensor:
        """Return float32 pixels (B, C, S, S): each image cropped, resized, and flipped or not."""
        top, left, height, width = (column.double() for column in self.box_N4.unbind(1))
        steps = (torch.arange(self.side, device=x_BCHW.device) + 0.5) / self.side
        rows_BS = _inside(top, height, steps)
        columns_BS = _inside(left, width, steps)
        columns_BS = torch.where(self.flip[:, None], columns_BS.flip(1), columns_BS)
        return _sampled(x_BCHW, rows_BS, columns_BS)


def resized_draws(
    num: int, seed: int, epoch: int, image: tuple[int, int], side: int
) -> ResizedDraws:
    """Return the tables of one epoch on the CPU.

    Each example gets the first of ten drawn boxes that fits into the image, or the largest
    allowed box in the middle; as torchvision's `RandomResizedCrop.get_params`.

    Args:
        num: examples of the split.
        seed: of the streams.
        epoch: likewise.
        image: H and W as stored.
        side: S, of the output.
    """
    height, width = image
    shape = (num, _TRIES)

    def drawn(stream: str) -> npt.NDArray[np.float64]:
        return uniform(num * _TRIES, seed, stream, epoch).reshape(shape)

    area = height * width * (_AREA[0] + (_AREA[1] - _AREA[0]) * drawn("crop-area"))
    lowest, highest = (math.log(ratio) for ratio in _RATIO)
    ratio = np.exp(lowest + (highest - lowest) * drawn("crop-ratio"))
    widths = np.rint(np.sqrt(area * ratio)).astype(np.int64)
    heights = np.rint(np.sqrt(area / ratio)).astype(np.int64)
    fits = (widths > 0) & (widths <= width) & (heights > 0) & (heights <= height)
    tried, every = fits.argmax(1), np.arange(num)
    spare_height, spare_width = _largest(height, width)
    found = fits[every, tried]
    box_height = np.where(found, heights[every, tried], spare_height)
    box_width = np.where(found, widths[every, tried], spare_width)
    top = _offsets(num, seed, "crop-top", epoch, height - box_height + 1)
    left = _offsets(num, seed, "crop-left", epoch, width - box_width + 1)
    top = np.where(found, top, (height - spare_height) // 2)
    left = np.where(found, left, (width - spare_width) // 2)
    flip = (raw_draws(num, seed, "flip", epoch) >> np.uint64(63)).astype(np.bool_)
    boxes = np.stack([top, left, box_height, box_width], 1)
    return ResizedDraws(side, torch.from_numpy(flip), torch.from_numpy(boxes))


def centre_view(x_BCHW: Tensor, side: int) -> Tensor:
    """Return float32 pixels (B, C, S, S): resized to 8/7 of `side`, the centre cut out."""
    resized = round(side * _RESIZE_BY)
    offset = round((resized - side) / 2)
    steps_S = torch.arange(side, device=x_BCHW.device, dtype=torch.float64) + offset + 0.5
    height, width = x_BCHW.shape[-2:]
    rows, columns = (
        (steps_S * size / resized - 0.5).clamp(0, size - 1)[None].expand(len(x_BCHW), -1)
        for size in (height, width)
    )
    return _sampled(x_BCHW, rows, columns)


def _largest(height: int, width: int) -> tuple[int, int]:
    ratio = width / height
    if ratio < _RATIO[0]:
        return round(width / _RATIO[0]), width
    if ratio > _RATIO[1]:
        return height, round(height * _RATIO[1])
    return height, width


def _offsets(
    num: int, seed: int, stream: str, epoch: int, counts_N: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    drawn = raw_draws(num, seed, stream, epoch) % counts_N.astype(np.uint64)
    return drawn.astype(np.int64)


def _inside(start_B: Tensor, length_B: Tensor, steps_S: Tensor) -> Tensor:
    """Return stored positions of output pixels, never beyond the crop's own pixels, (B, S)."""
    inner_BS = (length_B[:, None] * steps_S - 0.5).clamp(min=0)
    return start_B[:, None] + torch.minimum(inner_BS, length_B[:, None] - 1)


def _sampled(x_BCHW: Tensor, rows_BS: Tensor, columns_BS: Tensor) -> Tensor:
    height, width = x_BCHW.shape[-2:]
    # grid_sample counts from -1 to 1 between the outer edges of the outer pixels.
    y_BS = ((2 * rows_BS + 1) / height - 1).float()
    x_BS = ((2 * columns_BS + 1) / width - 1).float()
    size = (len(x_BCHW), rows_BS.shape[1], columns_BS.shape[1])
    grid = torch.stack([x_BS[:, None, :].expand(size), y_BS[:, :, None].expand(size)], -1)
    return functional.grid_sample(
        x_BCHW.float(), grid, mode="bilinear", padding_mode="border", align_corners=False
    )
