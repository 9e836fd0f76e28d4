"""Pictures made of characters: two pixels in every cell, or one of ten shades of ink.

A cell holds an upper half block whose colour is the top pixel and whose background is the bottom
one, so pictures are text: they show in tmux, over ssh and in exported screens. Pure numpy; the
terminal's widgets lay the cells out. Shape letters: H, W = pixels; R = rows of cells; … = any
leading axes; C = 1 or 3 channels of a picture.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIXELS_DOWN = 2
# Dark to bright, for terminals without colours.
RAMP = " .:-=+*#%@"
_LEVELS = 63
_SHIFT = 2
_RED, _GREEN, _BLUE = 0.2126, 0.7152, 0.0722
_COLOURS = 3
_BRIGHTEST = 255


def fitted(height: int, width: int, rows: int, columns: int) -> tuple[int, int]:
    """Return height and width in pixels of a picture that fits into rows by columns of cells.

    The shape stays. Enlarged, every pixel becomes a square of whole pixels; a picture that does
    not fit shrinks to the largest that does, at least one pixel.
    """
    if min(height, width, rows, columns) < 1:
        return 0, 0
    scale = min(PIXELS_DOWN * rows / height, columns / width)
    if scale >= 1:
        return height * int(scale), width * int(scale)
    return max(1, int(height * scale + 1e-9)), max(1, int(width * scale + 1e-9))


def resized(images_HWC: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Return pictures (…, H, W, C) at another size: averaged by area, enlarged by the nearest."""
    down_H = _weights(images_HWC.shape[-3], height)
    across_W = _weights(images_HWC.shape[-2], width)
    if down_H is None and across_W is None:
        return images_HWC
    values = images_HWC.astype(np.float32)
    if down_H is not None:
        values = np.einsum("hH,...HWC->...hWC", down_H, values, optimize=True)
    if across_W is not None:
        values = np.einsum("wW,...hWC->...hwC", across_W, values, optimize=True)
    return np.rint(values).astype(np.uint8)


@functools.lru_cache(maxsize=64)
def _weights(old: int, new: int) -> NDArray[np.float32] | None:
    """Return how much of every old pixel is in a new one, (new, old); None for all as they are."""
    if old == new:
        return None
    weights = np.zeros((new, old), dtype=np.float32)
    if new > old:
        places = np.arange(new)
        weights[places, (2 * places + 1) * old // (2 * new)] = 1
        return weights
    edges = np.arange(new + 1) * (old / new)
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(old)
    overlap = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
    return (np.clip(overlap, 0, None) * (new / old)).astype(np.float32)


def packed(image_HWC: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return every pixel as 0xRRGGBB, in 64 steps a channel: fewer codes, and no eye tells."""
    steps = (image_HWC >> _SHIFT).astype(np.int32) * _BRIGHTEST // _LEVELS
    if image_HWC.shape[-1] == _COLOURS:
        return (steps[..., 0] << 16) | (steps[..., 1] << 8) | steps[..., 2]
    return steps[..., 0] * 0x010101


def halves(image_HWC: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the top and the bottom pixel of every cell (R, W), -1 below an odd last row."""
    pixels_HW = packed(image_HWC)
    if pixels_HW.shape[0] % PIXELS_DOWN:
        pixels_HW = np.concatenate([pixels_HW, np.full_like(pixels_HW[:1], -1)])
    return pixels_HW[::PIXELS_DOWN], pixels_HW[1::PIXELS_DOWN]


def inked(image_HWC: NDArray[np.uint8]) -> list[str]:
    """Return a picture as rows of text, denser where it is brighter."""
    values = image_HWC.astype(np.float64)
    if image_HWC.shape[-1] == _COLOURS:
        light_HW = values @ np.array([_RED, _GREEN, _BLUE])
    else:
        light_HW = values[..., 0]
    if light_HW.shape[0] % PIXELS_DOWN:
        light_HW = np.concatenate([light_HW, light_HW[-1:]])
    light_RW = (light_HW[::PIXELS_DOWN] + light_HW[1::PIXELS_DOWN]) / PIXELS_DOWN
    places = np.minimum((light_RW * len(RAMP) / (_BRIGHTEST + 1)).astype(int), len(RAMP) - 1)
    return ["".join(RAMP[place] for place in row) for row in places.tolist()]


def difference(
    first: NDArray[np.uint8], second: NDArray[np.uint8], *, gain: int
) -> NDArray[np.uint8]:
    """Return how far two pictures are apart at every pixel, multiplied and cut at white."""
    apart = np.abs(first.astype(np.int16) - second.astype(np.int16)) * gain
    return np.minimum(apart, _BRIGHTEST).astype(np.uint8)
