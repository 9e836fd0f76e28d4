"""The terminal chart: rasters against a slow oracle, gaps, ticks, legend, sizes."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np
import pytest

from mcworkbench.reports.braille import View, draw
from mcworkbench.reports.plot import Plot, Series
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


def plot(*series: Series, column: str = "train_nll") -> Plot:
    return Plot("name", "title", "epoch", column, tuple(series))


@pytest.mark.parametrize(("width", "height"), [(24, 6), (60, 14), (200, 50), (10, 3), (3, 1)])
def test_a_chart_fills_exactly_the_space_it_is_given(width: int, height: int) -> None:
    ts = [index / 20 for index in range(21)]
    series = [Series(f"path number {place}", ts, [place + t for t in ts]) for place in range(4)]
    rows = draw(plot(*series), width, height, View(title="loss")).rows
    assert len(rows) == height
    assert {len(row) for row in rows} == {width}


def test_a_legend_names_every_series_with_its_own_pattern() -> None:
    ts = [0.0, 1.0]
    series = [Series(name, ts, [0.0, 1.0]) for name in ("line", "bezier", "chain")]
    legend = draw(plot(*series), 80, 12, View()).rows[0]
    samples = dict(re.findall(r"([\u2800-\u28ff ]{5}) (\w+)", legend))
    assert sorted(samples.values()) == ["bezier", "chain", "line"]


def test_a_faint_series_leaves_the_unbroken_line_to_the_others() -> None:
    ts = [0.0, 1.0]
    ghost, main = Series("ghost", ts, ts, is_faint=True), Series("main", ts, ts)
    legend = draw(plot(ghost, main), 80, 12, View()).rows[0].split()
    assert legend[legend.index("main") - 1] == "\u2824" * 5


def test_a_legend_that_is_full_says_so_and_never_cuts_an_entry() -> None:
    ts = [0.0, 1.0]
    names = [f"method-{place}" for place in range(9)]
    rows = draw(plot(*(Series(name, ts, ts) for name in names)), 40, 12, View()).rows
    legend = [row for row in rows if "method" in row]
    assert legend[-1].rstrip().endswith("…")
    words = [word for row in legend for word in row.split() if word.startswith("method")]
    assert words == names[: len(words)]


def test_spans_point_at_the_dots_of_their_series() -> None:
    low = Series("low", [0.0, 1.0], [0.0, 0.0])
    high = Series("high", [0.0, 1.0], [1.0, 1.0])
    drawing = draw(plot(low, high), 50, 12, View())
    for span in drawing.spans:
        assert drawing.rows[span.row][span.start : span.stop].strip()
    drawn = {span.row: span.series for span in drawing.spans if span.row > 0}
    assert drawn[min(drawn)] == 1
    assert drawn[max(drawn)] == 0


def test_a_focused_series_is_drawn_over_the_ones_after_it() -> None:
    same = ([0.0, 1.0], [0.5, 0.5])
    later = Series("later", *same)
    for is_focused in (True, False):
        first = Series("first", *same, is_focused=is_focused)
        drawing = draw(plot(first, later), 50, 12, View(is_legend_below=True))
        lines = {span.series for span in drawing.spans if span.row < 9}
        assert (lines == {0}) == is_focused


def test_a_logarithmic_axis_leaves_out_what_it_cannot_show() -> None:
    drawing = draw(plot(Series("loss", [0, 1, 2], [0.0, 1.0, 100.0])), 60, 14, View(is_log=True))
    assert any(row.strip().startswith(("10 ┤", "100 ┤")) for row in drawing.rows)
    assert "▾ 0, not on a log axis" in drawing.rows[0]
    assert "no number" not in drawing.rows[0]
    gap = Series("loss", [0, 1, 2, 3], [1.0, math.nan, 10.0, 100.0])
    assert "× no number" in draw(plot(gap), 60, 14, View(is_log=True)).rows[0]


def test_fractions_are_shown_in_percent() -> None:
    errors = Series("test", [1.0, 2.0, 3.0], [0.0, 0.05, 0.1])
    drawing = draw(plot(errors, column="test_error"), 60, 14, View(crosshair=2.0))
    assert "5.00 %" in drawing.rows[0]
    assert any(row.strip().startswith("10 % ┤") for row in drawing.rows)


def test_ticks_between_whole_epochs_are_left_out() -> None:
    axis = draw(plot(Series("loss", [1, 2, 3], [3.0, 2.0, 1.0])), 90, 12, View()).rows[-1]
    assert [word for word in axis.split() if word != "epoch"] == ["1", "2", "3"]


def test_a_smooth_line_is_bold_over_its_own_faint_points() -> None:
    ys = [0.0, 1.0] * 20
    series = Series("loss", list(range(40)), ys, smooth=[0.5] * 40)
    spans = draw(plot(series), 60, 14, View(is_legend_below=True)).spans
    area = [span for span in spans if span.row < 11]
    bold = {span.row for span in area if not span.is_faint}
    faint = {span.row for span in area if span.is_faint}
    assert len(bold) == 1
    assert len(faint) > 5


def test_a_band_is_sparse_faint_and_between_its_edges() -> None:
    xs = [0.0, 1.0]
    series = Series("mean", xs, [0.5, 0.5], low=[0.25, 0.25], high=[0.75, 0.75])
    drawing = draw(plot(series), 60, 24, View(y_range=(0.0, 1.0), is_legend_below=True))
    rows = {span.row for span in drawing.spans if span.is_faint}
    heights = [1 - (4 * row + 1.5) / (4 * 21 - 1) for row in rows]
    assert min(heights) >= 0.25 - 0.03
    assert max(heights) <= 0.75 + 0.03
    assert len(rows) >= 10


def test_names_from_outside_keep_their_characters_to_one_cell_each() -> None:
    names = ("漢字", "a\u0301b", "\x1b[31mred", "\u202eevil")
    series = [Series(name, [0.0, 1.0], [0.0, 1.0]) for name in names]
    text = "\n".join(draw(plot(*series), 100, 12, View()).rows)
    assert "??" in text
    assert "áb" in text
    assert not any(character in text for character in "\x1b\u202e\u0301")


def test_nothing_to_show_is_said_in_words() -> None:
    assert "no numbers yet" in "".join(draw(plot(Series("loss", [], [])), 60, 10, View()).rows)
    flat = Series("loss", [0.0, 1.0], [math.nan, math.nan])
    assert "no value is a finite number" in "".join(draw(plot(flat), 60, 10, View()).rows)
    below = Series("loss", [0.0, 1.0], [-1.0, 0.0])
    rows = draw(plot(below), 60, 10, View(is_log=True)).rows
    assert "nothing above 0" in "".join(rows)
