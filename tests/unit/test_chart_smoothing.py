"""The moving average against its definition, point by point."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcworkbench.reports.plot import Plot, Series
from mcworkbench.screens.chart.scene import Scene
from mcworkbench.screens.chart.settings import ChartSettings
from mcworkbench.screens.chart.smoothing import WEIGHTS, smoothed

VALUES = st.lists(
    st.one_of(st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, -math.inf])), max_size=60
)


def _slow(values: list[float], weight: float, *, is_log: bool) -> list[float]:
    average, debias, found = 0.0, 1.0, list[float]()
    for value in values:
        if not math.isfinite(value) or (is_log and value <= 0):
            found.append(math.nan)
            continue
        average = weight * average + (1 - weight) * (math.log(value) if is_log else value)
        debias *= weight
        mean = average / (1 - debias)
        found.append(math.exp(mean) if is_log else mean)
    return found


@given(VALUES, st.sampled_from(WEIGHTS), st.booleans())
def test_it_is_the_debiased_exponential_average_of_the_finite_values(
    values: list[float], weight: float, is_log: bool
) -> None:
    expected = _slow(values, weight, is_log=is_log)
    np.testing.assert_allclose(
        smoothed(values, weight, is_log=is_log), expected, rtol=1e-9, atol=1e-6
    )


@pytest.mark.parametrize("weight", WEIGHTS)
def test_long_series_agree_too(weight: float) -> None:
    values = np.random.default_rng(3).lognormal(size=20_000)
    expected = _slow(values.tolist(), weight, is_log=False)
    np.testing.assert_allclose(smoothed(values, weight), expected, rtol=1e-12)


def test_a_constant_stays_what_it_is_from_the_first_value_on() -> None:
    for weight in WEIGHTS:
        np.testing.assert_allclose(smoothed([0.25] * 50, weight), 0.25, rtol=1e-14)


def test_in_log_space_a_decay_of_orders_stays_close_to_it() -> None:
    values = 10.0 ** -np.arange(12.0)
    linear, log = smoothed(values, 0.6)[-1], smoothed(values, 0.6, is_log=True)[-1]
    assert log < 1e-8
    assert linear > 1e-4


@given(st.sampled_from(WEIGHTS[1:]), st.sampled_from([1, 2, 8, 64]), st.integers(1, 40))
def test_the_past_fades_by_every_measured_value_of_a_thinned_series(
    weight: float, stride: int, num_after: int
) -> None:
    # From 0 to 1 after a long time: m_k = 1 - weight^k, k measured values later.
    values = [0.0] * 5000 + [1.0] * num_after
    found = smoothed(values, weight, stride=stride)[-1]
    assert found == pytest.approx(1 - weight ** (stride * num_after), abs=1e-9)


def test_thinning_a_series_does_not_move_its_average() -> None:
    steps = np.arange(8192)
    values = 0.1 + np.exp(-steps / 900) + 0.1 * np.sin(steps / 150)
    whole = smoothed(values, 0.99)[::8]
    thinned = smoothed(values[::8], 0.99, stride=8)
    # The first points of a thinned series lack what went; then both are the same curve.
    assert np.abs(thinned - whole)[100:].max() < 0.005
    assert np.abs(smoothed(values[::8], 0.99) - whole)[100:].max() > 0.05


def test_a_chart_averages_a_thinned_series_by_what_its_points_stand_for() -> None:
    values = [0.0] * 500 + [1.0] * 3
    series = Series("raw", range(503), values, is_smoothable=True, stride=4)
    scene = Scene()
    scene.prepare(Plot("plot", "", "step", "lr", (series,)), ChartSettings(smoothing=2))
    smooth = scene.lines[0].stored_smooth
    assert smooth is not None
    assert smooth[-1] == pytest.approx(1 - WEIGHTS[2] ** 12)
