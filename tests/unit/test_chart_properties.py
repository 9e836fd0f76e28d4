"""Whatever a run may have measured, a chart of it is drawn: exactly as large as asked for."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcworkbench.reports.braille import View, draw
from mcworkbench.reports.plot import Mark, Plot, Role, Series

ODD = [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1e-300, 1e308, -1e308, 1.0, 1.0 + 1e-16]
NUMBERS = st.one_of(st.sampled_from(ODD), st.floats(), st.floats(0, 1))


@st.composite
def plots(pick: st.DrawFn) -> Plot:
    series: list[Series] = []
    for place in range(pick(st.integers(0, 3))):
        size = pick(st.integers(0, 8))
        columns = [pick(st.lists(NUMBERS, min_size=size, max_size=size)) for _ in range(5)]
        has_band, has_smooth = pick(st.booleans()), pick(st.booleans())
        series.append(
            Series(
                pick(st.text(max_size=30)),
                columns[0],
                columns[1],
                pick(st.sampled_from(list(Role))),
                is_faint=pick(st.booleans()),
                is_focused=place == 1,
                low=columns[2] if has_band else None,
                high=columns[3] if has_band else None,
                smooth=columns[4] if has_smooth else None,
            )
        )
    marks = pick(st.lists(st.builds(Mark, NUMBERS, st.text(max_size=9)), max_size=2))
    label, column = pick(st.text(max_size=9)), pick(st.sampled_from(["train_nll", "test_error"]))
    return Plot("name", "title", label, column, tuple(series), tuple(marks))


@settings(max_examples=300, deadline=None)
@given(plots(), st.data())
def test_any_plot_is_drawn_in_any_space(plot: Plot, data: st.DataObject) -> None:
    width = data.draw(st.one_of(st.integers(0, 3), st.integers(4, 130)))
    height = data.draw(st.one_of(st.integers(0, 3), st.integers(4, 40)))
    edges = data.draw(
        st.one_of(st.none(), st.tuples(st.floats(-9, 9), st.floats(-9, 9)).map(sorted))
    )
    view = View(
        is_log=data.draw(st.booleans()),
        x_range=None if edges is None else (edges[0], edges[1]),
        crosshair=data.draw(st.one_of(st.none(), st.floats(-9, 9), st.sampled_from([1e300, 0.0]))),
        has_grid=data.draw(st.booleans()),
        title=data.draw(st.text(max_size=20)),
        is_legend_below=data.draw(st.booleans()),
    )
    drawing = draw(plot, width, height, view)
    assert len(drawing.rows) == height
    assert all(len(row) == width for row in drawing.rows)
    assert drawing.canvas.paints.shape == (height, width)


@pytest.mark.parametrize(
    "ys",
    [
        [5.0],
        [0.5] * 9,
        [math.nan] * 9,
        [0.0, -1.0, -2.0],
        [1e300, -1e300, 1e308],
        [5e-324, 1e-320],
        [1e10, 1e10 + 1e-6],
        [math.inf, 1.0, -math.inf],
    ],
    ids=str,
)
@pytest.mark.parametrize("is_log", [False, True])
def test_odd_columns_are_drawn_or_told_of(ys: list[float], is_log: bool) -> None:
    plot = Plot("name", "title", "x", "train_nll", (Series("line", list(range(len(ys))), ys),))
    rows = draw(plot, 80, 20, View(is_log=is_log)).rows
    usable = [y for y in ys if math.isfinite(y) and (y > 0 or not is_log)]
    text = "\n".join(rows)
    assert ("line" in text) == bool(usable)
    assert usable or "no value" in text or "nothing above 0" in text


def test_a_gap_is_never_bridged_at_any_zoom() -> None:
    xs = np.arange(5000.0)
    ys = np.full(xs.size, 0.5)
    ys[2000:3000] = np.nan
    plot = Plot("name", "title", "x", "train_nll", (Series("line", xs.tolist(), ys.tolist()),))
    for x_range in [(0.0, 4999.0), (1500.0, 3500.0), (1990.0, 2010.0), (2100.0, 2200.0)]:
        drawing = draw(plot, 80, 20, View(x_range=x_range, y_range=(0.0, 1.0)))
        for span in drawing.spans:
            if 0 < span.row < 17:
                for column in range(span.start, span.stop):
                    x = drawing.x_at(column)
                    assert x is not None
                    slack = (x_range[1] - x_range[0]) / drawing.num_columns
                    assert not 2000 + slack < x < 2999 - slack
    inside = draw(plot, 80, 20, View(x_range=(2100.0, 2200.0), y_range=(0.0, 1.0)))
    assert [span for span in inside.spans if 0 < span.row < 17] == []


def test_a_million_points_are_drawn_in_a_blink() -> None:
    xs = np.arange(1_000_000.0)
    ys = np.abs(np.sin(xs / 1e5)) + 0.01
    plot = Plot("name", "title", "step", "train_nll", (Series("line", xs, ys),))  # pyright: ignore[reportArgumentType]
    began_s = time.process_time()
    draw(plot, 120, 30, View(is_log=True))
    assert time.process_time() - began_s < 1.0
