"""Many faint lines below a plot's own, and points that no line joins."""

from __future__ import annotations

import math

import numpy as np

from mcworkbench.reports.braille import View, draw
from mcworkbench.reports.chart_canvas import Paint
from mcworkbench.reports.plot import Bundle, Plot, Role, Series

XS = [0.0, 1.0, 2.0]
BELOW = View(is_legend_below=True)
# Below the lines of 16 rows stand the axis, its labels and the legend.
AREA = 13


def plot_of(bundle: Bundle | None, *series: Series) -> Plot:
    return Plot(
        *("functions", "functions", "x", "y", series), x_range=(0, 2), is_log=False, bundle=bundle
    )


def test_a_bundle_lights_the_dots_of_its_lines_drawn_as_series_alone() -> None:
    ys_of = [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
    # Invisible, but it holds the range of y for all drawings.
    frame = Series("frame", [0.0, 0.0], [0.0, 1.0], Role.ghost, is_faint=True)
    together = draw(plot_of(Bundle("two", XS, ys_of), frame), 60, 16, BELOW)
    alone = [
        draw(plot_of(None, frame, Series("one", XS, ys, Role.train)), 60, 16, BELOW) for ys in ys_of
    ]
    inside = (slice(0, AREA), slice(together.left, together.left + together.num_columns))
    bits = [drawing.canvas.chars[inside] for drawing in alone]
    lit = [np.where(each >= 0x2800, each - 0x2800, 0) for each in bits]
    found = together.canvas.chars[inside]
    assert np.array_equal(np.where(found >= 0x2800, found - 0x2800, 0), lit[0] | lit[1])
    assert (together.canvas.paints[inside] == Paint.bundle).any()


def test_the_axis_holds_the_whole_bundle_and_its_own_lines_lie_above() -> None:
    line = Series("one", XS, [0.0, 0.5, 1.0], Role.train)
    drawn = draw(plot_of(Bundle("far", XS, [[-5.0, 0.5, 7.0]]), line), 60, 16, BELOW)
    assert drawn.y_range[0] <= -5
    assert drawn.y_range[1] >= 7
    assert "far" in "\n".join(drawn.rows)
    # In the middle both pass through one cell, which is the line's.
    assert (drawn.canvas.paints >= Paint.first_series).any()


def test_a_bundle_of_odd_values_leaves_gaps() -> None:
    line = Series("one", XS, [0.1, 0.2, 0.3], Role.train)
    bundle = Bundle("odd", XS, [[math.nan, math.inf, -math.inf], [0.1, math.nan, 0.3]])
    for is_log in (False, True):
        assert draw(plot_of(bundle, line), 40, 12, View(is_log=is_log)).num_columns > 0


def test_scattered_points_are_dots_in_the_plot_and_in_the_legend() -> None:
    xs = [x for x in XS for _ in range(2)]
    ys = [value for y in (0.0, 1.0, 0.0) for value in (y, math.nan)]
    points = Series("data", xs, ys, Role.ghost, is_partial=True, is_scattered=True)
    drawn = draw(plot_of(None, points), 60, 16, BELOW)
    area = drawn.canvas.paints[:AREA, drawn.left :]
    assert (area >= Paint.first_series).sum() == 3
    joined = draw(plot_of(None, Series("data", XS, [0.0, 1.0, 0.0], Role.ghost)), 60, 16, BELOW)
    assert joined.rows[-1] != drawn.rows[-1]
