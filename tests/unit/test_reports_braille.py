"""The terminal chart: rasters against a slow oracle, gaps, ticks, legend, sizes."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from mcworkbench.reports.braille import Series, render, render_lines
from mcworkbench.reports.raster import pack, raster
from mcworkbench.reports.ticks import linear_ticks, log_ticks, tick_text

ROWS, COLUMNS = 6, 20
HEIGHT, WIDTH = 4 * ROWS, 2 * COLUMNS


def _oracle(x0: float, y0: float, x1: float, y1: float) -> set[tuple[int, int]]:
    """Return the dots nearest to a segment between whole dots, one per step, one by one."""
    lit: set[tuple[int, int]] = set()
    for row in range(HEIGHT):
        for column in range(WIDTH):
            up = HEIGHT - 1 - row
            if abs(x1 - x0) >= abs(y1 - y0):
                inside = min(x0, x1) <= column <= max(x0, x1)
                gap = abs(y0 + (column - x0) / (x1 - x0) * (y1 - y0) - up)
            else:
                inside = min(y0, y1) <= up <= max(y0, y1)
                gap = abs(x0 + (up - y0) / (y1 - y0) * (x1 - x0) - column)
            if inside and gap < 0.5:
                lit.add((row, column))
    return lit


@pytest.mark.parametrize(
    ("x0", "y0", "x1", "y1"),
    [(0, 0, 39, 23), (0, 23, 39, 0), (3, 1, 36, 7), (5, 2, 11, 23), (4, 9, 35, 9), (7, 1, 8, 22)],
)
def test_a_straight_line_lights_the_dots_that_a_slow_search_finds(
    x0: int, y0: int, x1: int, y1: int
) -> None:
    dots = raster(
        np.array([x0, x1], float),
        np.array([y0, y1], float),
        ROWS,
        COLUMNS,
        x_range=(0, WIDTH - 1),
        y_range=(0, HEIGHT - 1),
    )
    assert {(int(r), int(c)) for r, c in np.argwhere(dots)} == _oracle(x0, y0, x1, y1)


def test_each_dot_of_a_character_has_the_bit_that_unicode_gives_it() -> None:
    # Unicode numbers braille dots 1 to 8: left column 1 2 3 7, right column 4 5 6 8.
    numbers = [[1, 4], [2, 5], [3, 6], [7, 8]]
    for row in range(4):
        for column in range(2):
            dots = np.zeros((4, 2), dtype=np.bool_)
            dots[row, column] = True
            assert int(pack(dots)[0, 0]) == 1 << (numbers[row][column] - 1)


def test_a_value_that_is_not_a_number_leaves_a_gap() -> None:
    ys = np.full(WIDTH, 10.0)
    ys[15:25] = np.nan
    dots = raster(
        np.arange(WIDTH, dtype=float),
        ys,
        ROWS,
        COLUMNS,
        x_range=(0, WIDTH - 1),
        y_range=(0, HEIGHT - 1),
    )
    lit = set(np.flatnonzero(dots.any(axis=0)).tolist())
    assert lit == set(range(15)) | set(range(25, WIDTH))


def test_a_point_between_gaps_is_one_dot() -> None:
    ys = np.array([np.nan, 5.0, np.nan])
    dots = raster(np.arange(3.0), ys, ROWS, COLUMNS, x_range=(0, 2), y_range=(0, 10))
    assert dots.sum() == 1


def test_many_points_in_a_column_keep_its_lowest_and_highest_dot_and_its_gaps() -> None:
    rng = np.random.default_rng(1)
    xs = np.linspace(0, WIDTH - 1, 40_000)
    ys = rng.uniform(5, 9, xs.size)
    ys[1234] = 20
    ys[(xs > 20) & (xs < 24)] = np.nan
    dots = raster(xs, ys, ROWS, COLUMNS, x_range=(0, WIDTH - 1), y_range=(0, HEIGHT - 1))
    assert dots[HEIGHT - 1 - 20].sum() == 1
    assert not dots[:, 21:23].any()
    assert dots[HEIGHT - 1 - 9 : HEIGHT - 5, 5:15].all()


def test_ticks_are_multiples_of_one_two_or_five_and_not_too_many() -> None:
    rng = np.random.default_rng(2)
    for _ in range(500):
        low = float(rng.uniform(-5, 5)) * 10 ** int(rng.integers(-4, 5))
        high = low + 10 ** float(rng.uniform(-2, 2)) * max(abs(low), 1e-3)
        count = int(rng.integers(3, 12))
        ticks = linear_ticks(low, high, count)
        assert 1 <= len(ticks) <= count
        slack = 1e-6 * (high - low)
        assert low - slack <= min(ticks)
        assert max(ticks) <= high + slack
        for before, after in pairwise(ticks):
            step = after - before
            digit = step / 10 ** math.floor(math.log10(step) + 1e-6)
            assert min(abs(digit - d) for d in (1, 2, 5)) < 1e-3


def test_logarithmic_ticks_are_one_two_five_or_whole_decades() -> None:
    assert log_ticks(0.09, 1.1, 6) == [0.1, 0.2, 0.5, 1.0]
    assert log_ticks(0.001, 100, 6) == [0.001, 0.01, 0.1, 1, 10, 100]
    assert log_ticks(0.31, 0.34, 4) == [0.31, 0.32, 0.33, 0.34]


def test_tick_texts_are_short_and_unambiguous() -> None:
    assert [tick_text(value, 0.5) for value in (0.0, 0.5, 1.0)] == ["0", "0.5", "1.0"]
    assert tick_text(1e-5) == "1e-5"
    assert tick_text(20000, 5000) == "20000"
    assert tick_text(0.003) == "0.003"


@pytest.mark.parametrize(("width", "height"), [(24, 6), (60, 14), (200, 50), (10, 3), (3, 1)])
def test_a_chart_fills_exactly_the_space_it_is_given(width: int, height: int) -> None:
    ts = [index / 20 for index in range(21)]
    series = [Series(f"path number {place}", ts, [place + t for t in ts]) for place in range(4)]
    rows = render_lines(series, width, height, title="loss")
    assert len(rows) == height
    assert {len(row) for row in rows} == {width}


def test_a_legend_names_every_series_with_its_own_pattern() -> None:
    ts = [0.0, 1.0]
    series = [Series(name, ts, [0.0, 1.0]) for name in ("line", "bezier", "chain")]
    legend = render_lines(series, 80, 12)[0]
    samples = [part.split()[0] for part in legend.strip().split("  ") if part.strip()]
    assert all(name in legend for name in ("line", "bezier", "chain"))
    assert len(set(samples)) == len(samples)


def test_spans_point_at_the_dots_of_their_series() -> None:
    low = Series("low", [0.0, 1.0], [0.0, 0.0])
    high = Series("high", [0.0, 1.0], [1.0, 1.0])
    chart = render([low, high], 50, 12)
    for span in chart.spans:
        assert chart.rows[span.row][span.start : span.stop].strip()
    drawn = {span.row: span.series for span in chart.spans if span.row > 0}
    assert drawn[min(drawn)] == 1
    assert drawn[max(drawn)] == 0


def test_a_logarithmic_axis_leaves_out_what_it_cannot_show() -> None:
    rows = render_lines([Series("loss", [0, 1, 2], [0.0, 1.0, 100.0])], 60, 14, y_log=True)
    assert any(row.strip().startswith(("10 ┤", "100 ┤")) for row in rows)


def test_nothing_to_show_is_said_in_words() -> None:
    assert "no numbers yet" in "".join(render_lines([Series("loss", [], [])], 60, 10))
    flat = [Series("loss", [0.0, 1.0], [math.nan, math.nan])]
    assert "no numbers yet" in "".join(render_lines(flat, 60, 10))
