"""Series made ready for drawing: order, units, windows, readings, thinning."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mcworkbench.reports.chart_lines import (
    cropped,
    line_of,
    nearest_x,
    next_x,
    reading,
    widened,
    x_extent,
    y_extent,
)
from mcworkbench.reports.plot import Series
from mcworkbench.reports.raster import raster


def series(xs: list[float], ys: list[float], **others: object) -> Series:
    return Series("line", xs, ys, **others)  # pyright: ignore[reportArgumentType]


def test_points_are_sorted_by_x_and_those_without_a_place_are_dropped() -> None:
    line = line_of(series([3.0, math.nan, 1.0, math.inf, 2.0], [30.0, 9.0, 10.0, 9.0, 20.0]))
    assert line.xs.tolist() == [1.0, 2.0, 3.0]
    assert line.ys.tolist() == [10.0, 20.0, 30.0]


@pytest.mark.parametrize("is_log", [False, True])
def test_a_reading_is_a_stored_number_or_lies_between_two_on_any_axis(*, is_log: bool) -> None:
    line = line_of(series([0.0, 1.0, 2.0], [0.01, 0.1, math.nan]), scale=100.0, is_log=is_log)
    assert reading(line, 1.0).value == 0.1
    assert reading(line, 1.0).is_exact
    between = reading(line, 0.5)
    assert not between.is_exact
    assert between.value == pytest.approx((0.01 + 0.1) / 2)
    assert math.isnan(reading(line, 1.5).value)
    assert math.isnan(reading(line, 2.0).value)
    assert math.isnan(reading(line, 9.0).value)


def test_a_crosshair_steps_through_the_points_of_all_lines_and_stops_at_the_ends() -> None:
    lines = [
        line_of(series([0.0, 1.0, 2.0], [0.0] * 3)),
        line_of(series([0.5, 2.5], [0.0] * 2)),
        line_of(series([0.25], [0.0], is_faint=True)),
    ]
    every = [0.0, 0.5, 1.0, 2.0, 2.5]
    for place, x in enumerate(every):
        for step in (-10, -2, -1, 1, 2, 10):
            expected = every[min(max(place + step, 0), len(every) - 1)]
            assert next_x(lines, x, step) == expected
    assert nearest_x(lines, 1.4) == 1.0
    assert nearest_x(lines, -5.0) == 0.0
    assert nearest_x([], 1.0) is None


def test_a_line_enters_and_leaves_a_window_where_it_crosses_its_edges() -> None:
    line = line_of(series([0.0, 10.0], [0.0, 10.0]))
    xs, ys = cropped(line, line.ys, (2.0, 4.0))
    assert list(zip(xs, ys, strict=True)) == [(2.0, 2.0), (4.0, 4.0)]
    xs, ys = cropped(line, line.ys, (-1.0, 4.0))
    assert xs.tolist() == [0.0, 4.0]
    _, ys = cropped(line, line.ys, (20.0, 30.0))
    assert np.isnan(ys).all()


def test_only_points_within_the_window_decide_the_range_of_y() -> None:
    line = line_of(series([0.0, 1.0, 2.0, 3.0], [100.0, 5.0, 7.0, -50.0]))
    low, high = y_extent([line], (1.0, 2.0)) or (0.0, 0.0)
    assert 4.5 < low <= 5.0
    assert 7.0 <= high < 7.5
    assert y_extent([line], (0.2, 0.8)) == y_extent([line])


def test_a_range_that_starts_near_zero_starts_at_zero() -> None:
    assert (y_extent([line_of(series([0.0, 1.0], [0.001, 1.0]))]) or (9, 9))[0] == 0.0


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 1e-320, 1e300, -1e300, 12345678901234.0])
def test_a_single_value_gets_room_around_it(value: float) -> None:
    for is_relative in (True, False):
        low, high = widened(value, value, is_relative=is_relative)
        assert low < value < high
        assert math.isfinite(high - low)


def test_the_extent_of_x_is_that_of_all_lines() -> None:
    lines = [line_of(series([1.0, 5.0], [0.0] * 2)), line_of(series([3.0, 9.0], [0.0] * 2))]
    assert x_extent(lines) == (1.0, 9.0)
    assert x_extent([line_of(series([], []))]) is None


def _slow_dots(xs: list[float], ys: list[float], rows: int, columns: int) -> set[tuple[int, int]]:
    """Return the dots of the polyline with every segment drawn by itself."""
    lit: set[tuple[int, int]] = set()
    for start in range(len(xs) - 1):
        pair = slice(start, start + 2)
        dots = raster(
            np.array(xs[pair]), np.array(ys[pair]), rows, columns, x_range=(0, 1), y_range=(0, 1)
        )
        lit |= {(int(r), int(c)) for r, c in np.argwhere(dots)}
    return lit


def test_a_dense_line_lights_the_same_dots_as_its_segments_one_by_one() -> None:
    rng = np.random.default_rng(5)
    xs = np.sort(rng.uniform(0, 1, 700))
    ys = rng.uniform(0.1, 0.9, xs.size)
    ys[rng.integers(0, xs.size, 60)] = np.nan
    ys[300:340] = np.nan
    dots = raster(xs, ys, 10, 20, x_range=(0.0, 1.0), y_range=(0.0, 1.0))
    drawn = {(int(r), int(c)) for r, c in np.argwhere(dots)}
    assert drawn == _slow_dots(xs.tolist(), ys.tolist(), 10, 20)
