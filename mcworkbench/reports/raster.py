"""Turn a polyline into lit dots and dots into braille characters. Pure numpy.

Called by `reports.braille`; knows no labels and no axes. Shape letters: P = points of a series
in increasing x, R = character rows, C = character columns; a character holds 4 by 2 dots, so a
raster is (4R, 2C), row 0 on top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DOTS_DOWN = 4
DOTS_ACROSS = 2
BRAILLE = 0x2800
# Bit of each dot in a braille character: rows top to bottom, columns left to right.
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
# Points per dot column above which a column keeps only its first, lowest, highest and last.
_DENSE = 4
# Dots of a band: every other one of every other dot row, shifted like bricks.
_SPARSE = 2


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
        xs_P: x of each point, increasing and finite.
        ys_P: y of each point, not finite for a gap.
        num_rows: character rows R.
        num_columns: character columns C.
        x_range: x of the first and last dot column.
        y_range: y of the lowest and highest dot row.
        pattern: dots lit and dots left out, repeated along the line.
    """
    height, width = DOTS_DOWN * num_rows, DOTS_ACROSS * num_columns
    dots = np.zeros((height, width), dtype=np.bool_)
    if xs_P.size > _DENSE * width:
        xs_P, ys_P = _thinned(xs_P, ys_P, width, x_range)
    across = (xs_P - x_range[0]) / (x_range[1] - x_range[0]) * (width - 1)
    up = (ys_P - y_range[0]) / (y_range[1] - y_range[0]) * (height - 1)
    # A far outlier would otherwise ask for millions of dots on one segment.
    across, up = np.clip(across, -width, 2 * width), np.clip(up, -height, 2 * height)
    usable = np.isfinite(across) & np.isfinite(up)
    columns, heights = np.rint(across), np.rint(up)
    for passed in (_walked(columns, heights, usable, pattern), _alone(columns, heights, usable)):
        across, up = passed
        inside = (across >= 0) & (across < width) & (up >= 0) & (up < height)
        dots[height - 1 - up[inside], across[inside]] = True
    return dots


def _thinned(
    xs_P: NDArray[np.float64],
    ys_P: NDArray[np.float64],
    width: int,
    x_range: tuple[float, float],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return first, lowest, highest and last of every dot column: the same dots from few points.

    A column is cut where numbers begin or end, so that no gap is bridged within it.
    """
    low, high = x_range
    borders = low + (np.arange(width + 1) - 0.5) / (width - 1) * (high - low)
    changes = np.flatnonzero(np.diff(np.isfinite(ys_P))) + 1
    starts = np.unique(np.concatenate([[0], np.searchsorted(xs_P, borders), changes]))
    starts = starts[starts < xs_P.size]
    lasts = np.append(starts[1:], xs_P.size) - 1
    first_x = xs_P[starts]
    lowest, highest = np.minimum.reduceat(ys_P, starts), np.maximum.reduceat(ys_P, starts)
    xs = np.stack([first_x, first_x, first_x, xs_P[lasts]], axis=1)
    ys = np.stack([ys_P[starts], lowest, highest, ys_P[lasts]], axis=1)
    return xs.ravel(), ys.ravel()


def _walked(
    columns: NDArray[np.float64],
    heights: NDArray[np.float64],
    usable: NDArray[np.bool_],
    pattern: tuple[int, int],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the dots passed along a polyline as columns and heights.

    The walk goes between whole dots, so neighbouring segments share their corner.
    """
    starts = np.flatnonzero(usable[:-1] & usable[1:])
    from_x, from_y = columns[starts], heights[starts]
    delta_x, delta_y = columns[starts + 1] - from_x, heights[starts + 1] - from_y
    steps = np.maximum(np.maximum(np.abs(delta_x), np.abs(delta_y)), 1.0)
    counts = steps.astype(np.intp) + 1
    stops = np.cumsum(counts)
    within = np.arange(counts.sum()) - np.repeat(stops - counts, counts)
    walked_x = np.repeat(from_x, counts) + within * np.repeat(delta_x / steps, counts)
    walked_y = np.repeat(from_y, counts) + within * np.repeat(delta_y / steps, counts)
    across, up = np.rint(walked_x).astype(np.intp), np.rint(walked_y).astype(np.intp)
    on, off = pattern
    if not off:
        return across, up
    # A corner passed twice would shorten the dash it lies in.
    fresh = np.ones(across.size, dtype=np.bool_)
    fresh[1:] = (across[1:] != across[:-1]) | (up[1:] != up[:-1])
    across, up = across[fresh], up[fresh]
    lit = np.arange(across.size) % (on + off) < on
    return across[lit], up[lit]


def _alone(
    columns: NDArray[np.float64], heights: NDArray[np.float64], usable: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the points that have no neighbour to be joined to."""
    alone = usable.copy()
    alone[1:] &= ~usable[:-1]
    alone[:-1] &= ~usable[1:]
    return columns[alone].astype(np.intp), heights[alone].astype(np.intp)


def band_dots(
    xs_P: NDArray[np.float64],
    low_P: NDArray[np.float64],
    high_P: NDArray[np.float64],
    num_rows: int,
    num_columns: int,
    *,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> NDArray[np.bool_]:
    """Return sparse dots (4R, 2C) between two edges; nothing where an edge is not finite."""
    height, width = DOTS_DOWN * num_rows, DOTS_ACROSS * num_columns
    centres = np.linspace(x_range[0], x_range[1], width)
    scale = (height - 1) / (y_range[1] - y_range[0])
    edges = [
        (np.interp(centres, xs_P, edge, left=np.nan, right=np.nan) - y_range[0]) * scale
        for edge in (low_P, high_P)
    ]
    rows = np.arange(height)[:, None]
    heights = height - 1 - rows
    bricks = (rows % _SPARSE == 0) & ((np.arange(width) + rows // _SPARSE) % _SPARSE == 0)
    return (heights >= edges[0] - 0.5) & (heights <= edges[1] + 0.5) & bricks


def pack(dots: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the braille bits of every character (R, C) of a raster (4R, 2C)."""
    lit = dots.view(np.uint8)
    bits = np.zeros((lit.shape[0] // DOTS_DOWN, lit.shape[1] // DOTS_ACROSS), dtype=np.uint8)
    for down, row in enumerate(_BITS):
        for across, bit in enumerate(row):
            bits |= lit[down::DOTS_DOWN, across::DOTS_ACROSS] * np.uint8(bit)
    return bits


def braille_text(bits: NDArray[np.uint8]) -> str:
    """Return one row of bits (C,) as text, blank where no dot is lit."""
    return "".join(chr(BRAILLE + int(bit)) if bit else " " for bit in bits)
