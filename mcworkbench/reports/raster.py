"""Turn a polyline into lit dots and dots into braille characters. Pure numpy.

Called by `reports.braille`; knows no labels and no axes. Shape letters: P = points of a series,
R = character rows, C = character columns; a character holds 4 by 2 dots, so a raster is
(4R, 2C), row 0 on top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DOTS_DOWN = 4
DOTS_ACROSS = 2
_BRAILLE = 0x2800
# Bit of each dot in a braille character: rows top to bottom, columns left to right.
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.int64)
# Points per dot column above which a column keeps only its first, lowest, highest and last.
_DENSE = 8


def raster(
    xs_P: NDArray[np.float64],
    ys_P: NDArray[np.float64],
    num_rows: int,
    num_columns: int,
    *,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    pattern: tuple[int, int] = (1, 0),
) -> NDArray[np.bool_]:
    """Return the lit dots (4R, 2C) of one polyline; points outside the ranges are clipped away.

    The centre of the first dot column is the lowest x, that of the last the highest, likewise
    for y. Between two finite neighbours one dot is lit per step of the longer direction; a
    point without finite neighbours is a single dot.

    Args:
        xs_P: x of each point.
        ys_P: y of each point, not finite for a gap.
        num_rows: character rows R.
        num_columns: character columns C.
        x_range: x of the first and last dot column.
        y_range: y of the lowest and highest dot row.
        pattern: dots lit and dots left out, repeated along the line.
    """
    height, width = DOTS_DOWN * num_rows, DOTS_ACROSS * num_columns
    dots = np.zeros((height, width), dtype=np.bool_)
    across = (xs_P - x_range[0]) / (x_range[1] - x_range[0]) * (width - 1)
    up = (ys_P - y_range[0]) / (y_range[1] - y_range[0]) * (height - 1)
    # A far outlier would otherwise ask for millions of dots on one segment.
    across, up = np.clip(across, -width, 2 * width), np.clip(up, -height, 2 * height)
    if xs_P.size > _DENSE * width:
        across, up = _thinned(across, up)
    usable = np.isfinite(across) & np.isfinite(up)
    columns, heights = _walk(across, up, usable)
    on, off = pattern
    lit = np.arange(columns.size) % (on + off) < on
    inside = (columns >= 0) & (columns < width) & (heights >= 0) & (heights < height)
    dots[height - 1 - heights[inside & lit], columns[inside & lit]] = True
    return dots


def _thinned(
    across: NDArray[np.float64], up: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points that can show: first, lowest, highest, last of each column, and gaps."""
    usable = np.isfinite(across) & np.isfinite(up)
    finite = np.flatnonzero(usable)
    bucket = np.rint(across[finite]).astype(np.int64)
    starts = np.ones(bucket.size, dtype=np.bool_)
    starts[1:] = np.diff(bucket) != 0
    # Runs rather than columns: a series that comes back to a column keeps its order.
    run = np.cumsum(starts)
    by_height = np.lexsort((up[finite], run))
    stops = np.roll(starts, -1)
    gaps = np.flatnonzero(~usable & np.roll(usable, 1))
    kept = [finite[starts], finite[stops], finite[by_height[starts]], finite[by_height[stops]]]
    chosen = np.unique(np.concatenate([*kept, gaps]))
    return across[chosen], up[chosen]


def _walk(
    across: NDArray[np.float64], up: NDArray[np.float64], usable: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the dots passed along a polyline, repeats dropped, as columns and heights."""
    alone = usable.copy()
    alone[1:] &= ~usable[:-1]
    alone[:-1] &= ~usable[1:]
    starts = np.flatnonzero(usable[:-1] & usable[1:])
    # The walk goes between rounded ends, so neighbouring segments share their corner dot.
    columns, heights = np.rint(across[usable]), np.rint(up[usable])
    place = np.cumsum(usable) - 1
    from_x, from_y = columns[place[starts]], heights[place[starts]]
    delta_x, delta_y = columns[place[starts + 1]] - from_x, heights[place[starts + 1]] - from_y
    steps = np.maximum(np.maximum(np.abs(delta_x), np.abs(delta_y)), 1).astype(np.int64)
    counts = steps + 1
    segment = np.repeat(np.arange(starts.size), counts)
    within = np.arange(segment.size) - np.repeat(np.cumsum(counts) - counts, counts)
    part = within / steps[segment]
    walked_x = np.rint(from_x[segment] + part * delta_x[segment])
    walked_y = np.rint(from_y[segment] + part * delta_y[segment])
    walked_x = np.concatenate([walked_x, columns[place[alone]]]).astype(np.int64)
    walked_y = np.concatenate([walked_y, heights[place[alone]]]).astype(np.int64)
    fresh = np.ones(walked_x.size, dtype=np.bool_)
    fresh[1:] = (np.diff(walked_x) != 0) | (np.diff(walked_y) != 0)
    return walked_x[fresh], walked_y[fresh]


def pack(dots: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the braille bits of every character (R, C) of a raster (4R, 2C)."""
    num_rows, num_columns = dots.shape[0] // DOTS_DOWN, dots.shape[1] // DOTS_ACROSS
    blocks = dots.reshape(num_rows, DOTS_DOWN, num_columns, DOTS_ACROSS)
    return np.einsum("rdca,da->rc", blocks.astype(np.int64), _BITS)


def braille_text(bits: NDArray[np.int64]) -> str:
    """Return one row of bits (C,) as text, blank where no dot is lit."""
    return "".join(chr(_BRAILLE + int(bit)) if bit else " " for bit in bits)
