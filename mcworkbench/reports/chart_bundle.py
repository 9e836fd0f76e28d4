"""Many faint lines of one meaning: their extent and their dots. Called by `reports.braille`.

Shape letters: F = lines, G = points of each, R = character rows, C = character columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mcworkbench.reports.raster import DOTS_ACROSS, DOTS_DOWN, pack, raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mcworkbench.reports.chart_lines import Range
    from mcworkbench.reports.plot import Bundle


def drawn_values(bundle: Bundle, *, is_log: bool) -> NDArray[np.float64]:
    """Return the values (F, G) as they lie on the axis, NaN for gaps."""
    values_FG = np.asarray(bundle.ys_of, dtype=np.float64).reshape(len(bundle.ys_of), -1)
    usable = np.isfinite(values_FG) & ((values_FG > 0) | (not is_log))
    values_FG = np.where(usable, values_FG, np.nan)
    return np.log10(values_FG) if is_log else values_FG


def bundle_extent(bundle: Bundle, *, is_log: bool) -> Range | None:
    """Return the lowest and the highest drawn value, None without any number."""
    values_FG = drawn_values(bundle, is_log=is_log)
    if not np.isfinite(values_FG).any():
        return None
    return float(np.nanmin(values_FG)), float(np.nanmax(values_FG))


def bundle_bits(
    bundle: Bundle,
    num_rows: int,
    num_columns: int,
    *,
    x_range: Range,
    y_range: Range,
    is_log: bool,
) -> NDArray[np.uint8]:
    """Return the braille bits (R, C) of all lines together."""
    xs_G = np.asarray(bundle.xs, dtype=np.float64)
    dots = np.zeros((DOTS_DOWN * num_rows, DOTS_ACROSS * num_columns), dtype=np.bool_)
    for ys_G in drawn_values(bundle, is_log=is_log):
        dots |= raster(xs_G, ys_G, num_rows, num_columns, x_range=x_range, y_range=y_range)
    return pack(dots)
