"""Ensembles as pictures, in each state and layout; test_snapshots.py says how to accept them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.screens.recorded import cut, recorded_home
from tests.screens.stills import LARGE, SMALL, live, opened, pressed, shows, until

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.screens.run.screen import RunScreen
    from tests.screens.stills import Camera

NAME = "fge-pool"


def test_ensemble_that_grows(camera: Camera, home: Path) -> None:
    recorded_home(home, NAME)
    cut(NAME, "fge-1", 0.7)
    with live(NAME, "fge-1"):
        assert camera(opened, shows("→ accuracy"), run=NAME)


def test_pool_in_the_light_theme(camera: Camera, home: Path) -> None:
    recorded_home(home, NAME)
    assert camera(opened, shows("→ accuracy"), run=NAME, is_light=True)


def test_ensemble_with_a_member_taken_out_in_a_large_terminal(camera: Camera, home: Path) -> None:
    recorded_home(home, NAME)
    steps = (
        pressed("full_stop"),
        shows("all 4 members"),
        until(_is_at_members, "tab"),
        pressed("down", "space"),
        shows("3 networks"),
    )
    assert camera(opened, *steps, run=NAME, size=LARGE)


def test_members_in_a_small_terminal(camera: Camera, home: Path) -> None:
    recorded_home(home, NAME)
    steps = (pressed("full_stop"), until(_is_at_members, "tab"), shows("all 4 members"))
    assert camera(opened, *steps, run=NAME, size=SMALL)


def test_ensemble_before_its_first_member(camera: Camera, home: Path) -> None:
    recorded_home(home, NAME)
    cut(NAME, "fge-1", 0.03)
    with live(NAME, "fge-1"):
        assert camera(opened, run=NAME)


def _is_at_members(screen: RunScreen) -> bool:
    return screen.focused is not None and screen.focused.id == "member-rows"
