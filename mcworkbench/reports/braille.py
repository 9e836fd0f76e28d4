"""Draw a plot as rows of text: braille dots, 1-2-5 ticks, a legend always.

Used by the command line and by the terminal's chart. Pure numpy and strings; colours are left to
the caller, who gets the paint of every cell. A drawing is exactly as wide and high as asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mcworkbench.reports.chart_bundle import bundle_extent
from mcworkbench.reports.chart_canvas import Canvas, Paint, one_cell_each
from mcworkbench.reports.chart_frame import Frame
from mcworkbench.reports.chart_lines import lines_of, to_drawn, widened, x_extent, y_extent
from mcworkbench.reports.chart_view import Drawing, View
from mcworkbench.reports.ticks import use_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.chart_lines import Line, Range
    from mcworkbench.reports.plot import Plot

__all__ = ["MIN_HEIGHT", "MIN_WIDTH", "Drawing", "View", "draw", "sentence", "starts_log"]

MIN_WIDTH = 20
MIN_HEIGHT = 4


def starts_log(plot: Plot) -> bool:
    """Return whether y is logarithmic until somebody says otherwise."""
    return use_log(line.ys for line in plot.series) if plot.is_log is None else plot.is_log


def draw(
    plot: Plot, width: int, height: int, view: View, lines: Sequence[Line] | None = None
) -> Drawing:
    """Return a plot as `height` rows of `width` characters.

    Args:
        plot: what to show.
        width: characters; below `MIN_WIDTH` a sentence replaces the chart.
        height: rows; below `MIN_HEIGHT` likewise.
        view: how to show it.
        lines: its series made ready by `lines_of`, where the caller keeps them.
    """
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return sentence(f"needs {MIN_WIDTH} × {MIN_HEIGHT}", width, height)
    if lines is None:
        lines = lines_of(plot, is_log=view.is_log)
    x_range = view.x_range or plot.x_range or x_extent(lines)
    y_range = _drawn_range(view) or _with_bundle(y_extent(lines, x_range), plot, view)
    if x_range is None or y_range is None:
        return sentence(_why_empty(plot, view), width, height)
    return Frame(plot, lines, view, widened(*x_range, is_relative=False), y_range).drawn(
        width, height
    )


def sentence(text: str, width: int, height: int) -> Drawing:
    """Return a drawing that is one centred sentence."""
    canvas = Canvas(width, height)
    text = one_cell_each(text, limit=max(width, 0))
    canvas.write((height - 1) // 2, (width - len(text)) // 2, text, Paint.axis)
    return Drawing(canvas)


def _with_bundle(y_range: Range | None, plot: Plot, view: View) -> Range | None:
    """Return a range that holds the bundle of a plot, too."""
    extent = bundle_extent(plot.bundle, is_log=view.is_log) if plot.bundle is not None else None
    if extent is None or y_range is None:
        return y_range
    return min(extent[0], y_range[0]), max(extent[1], y_range[1])


def _drawn_range(view: View) -> Range | None:
    if view.y_range is None:
        return None
    low, high = view.y_range
    return to_drawn(low, is_log=view.is_log), to_drawn(high, is_log=view.is_log)


def _why_empty(plot: Plot, view: View) -> str:
    arrays = [np.asarray(series.ys, dtype=np.float64) for series in plot.series]
    if not any(array.size for array in arrays):
        return plot.empty
    if view.is_log and any(np.isfinite(array).any() for array in arrays):
        return "nothing above 0 for a log axis"
    return "no value is a finite number"
