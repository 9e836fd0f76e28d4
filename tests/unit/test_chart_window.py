"""The window of x: zoom, pan, follow, and what it says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcworkbench.screens.chart.settings import ChartSettings, state_words
from mcworkbench.screens.chart.window import ALL, Window

EXTENT = (0.0, 100.0)


def test_zooming_keeps_the_centre_in_its_place() -> None:
    window = ALL.zoomed(EXTENT, 4.0, 20.0)
    low, high = window.shown(EXTENT)
    assert high - low == pytest.approx(25.0)
    assert (20.0 - low) / (high - low) == pytest.approx(0.2)
    assert window.word(EXTENT) == "zoomed 4×"


def test_zooming_out_far_enough_shows_all_again() -> None:
    window = ALL.zoomed(EXTENT, 4.0).zoomed(EXTENT, 0.25)
    assert window == ALL
    assert window.word(EXTENT) == ""


def test_panning_stops_at_the_ends() -> None:
    window = ALL.zoomed(EXTENT, 4.0, 0.0)
    assert window.panned(EXTENT, -0.5).shown(EXTENT) == (0.0, 25.0)
    assert window.panned(EXTENT, 0.5).shown(EXTENT) == (12.5, 37.5)
    for _ in range(20):
        window = window.panned(EXTENT, 0.5)
    assert window.shown(EXTENT) == (75.0, 100.0)
    assert ALL.panned(EXTENT, 1.0) == ALL


def test_a_following_window_ends_at_the_newest_point() -> None:
    window = ALL.followed(EXTENT)
    assert window.shown(EXTENT) == (75.0, 100.0)
    assert window.shown((0.0, 200.0)) == (175.0, 200.0)
    assert window.word(EXTENT) == "following 4×"
    assert window.followed(EXTENT) == Window((75.0, 100.0))
    assert window.zoomed(EXTENT, 2.0, 100.0).shown(EXTENT) == (87.5, 100.0)
    assert not window.panned(EXTENT, -0.25).is_following


def test_a_window_moves_just_far_enough_to_show_a_place() -> None:
    window = Window((40.0, 60.0))
    assert window.revealing(EXTENT, 50.0) == window
    assert window.revealing(EXTENT, 70.0).shown(EXTENT) == (50.0, 70.0)
    assert window.revealing(EXTENT, 30.0).shown(EXTENT) == (30.0, 50.0)


def test_a_window_beside_all_points_shows_all_of_them() -> None:
    window = Window((900.0, 1000.0))
    assert window.shown(EXTENT) == EXTENT
    assert window.word(EXTENT) == ""
    assert Window((0.0, 500.0), is_following=True).shown(EXTENT) == EXTENT


@given(
    st.lists(
        st.tuples(st.sampled_from(["zoom", "pan", "follow", "reveal"]), st.floats(0.01, 100)),
        max_size=30,
    )
)
def test_whatever_is_done_something_within_the_extent_is_shown(
    steps: list[tuple[str, float]],
) -> None:
    window = ALL
    for verb, amount in steps:
        if verb == "zoom":
            window = window.zoomed(EXTENT, amount, amount)
        elif verb == "pan":
            window = window.panned(EXTENT, amount - 50)
        elif verb == "follow":
            window = window.followed(EXTENT)
        else:
            window = window.revealing(EXTENT, amount)
        low, high = window.shown(EXTENT)
        assert EXTENT[0] - 1e-6 <= low < high <= EXTENT[1] + 1e-6


def test_the_border_tells_everything_that_changes_the_picture() -> None:
    settings = ChartSettings(smoothing=3, window=Window((0.0, 50.0)))
    words = state_words(
        settings, EXTENT, unit="nats", is_log=True, has_crosshair=True, is_smooth=True
    )
    assert words == "nats · log y · crosshair · zoomed 2× · EMA .97"
