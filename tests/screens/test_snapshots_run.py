"""One run as a picture, in each state and layout; test_snapshots.py says how to accept them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.screens.recorded import cut, recorded_home
from tests.screens.stills import LARGE, SMALL, WAITS, live, opened, pressed, shows, until

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.screens.run.screen import RunScreen
    from tests.screens.stills import Camera


def test_run_whose_curve_forms(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    cut("quickstart", "curve", 0.5)
    with live("quickstart", "curve"):
        assert camera(opened, run="quickstart")


def test_run_that_evaluates(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    cut("quickstart", "evaluate-curve", 0.5)
    with live("quickstart", "evaluate-curve"):
        assert camera(opened, run="quickstart")


def test_run_that_is_done_with_a_crosshair(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(opened, pressed("c", "right", "right", "right"), run="quickstart")


def test_run_that_is_done_in_the_light_theme(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(opened, pressed("m"), run="quickstart", is_light=True)


def test_run_that_is_done_in_a_large_terminal(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(opened, run="quickstart", size=LARGE)


@pytest.mark.parametrize("name", ["half-way", "diverges", "was-killed"])
def test_run_that_ended_early(camera: Camera, home: Path, name: str) -> None:
    recorded_home(home, name)
    assert camera(opened, run=name)


def test_run_that_waits_for_its_turn(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    for node in ("endpoint-1", "endpoint-2"):
        cut("quickstart", node, 0.1).wipe()
    with live("quickstart", waits=WAITS):
        assert camera(opened, run="quickstart")


def test_run_of_ends_alone(camera: Camera, home: Path) -> None:
    recorded_home(home, "three-ends")
    assert camera(opened, run="three-ends")


def test_run_of_all_pairs_at_its_second_pair(camera: Camera, home: Path) -> None:
    recorded_home(home, "all-pairs")
    assert camera(opened, pressed("full_stop"), run="all-pairs")


def test_run_mode_without_a_run(camera: Camera) -> None:
    assert camera(pressed("2"), shows("[2 Run]"))


def test_run_in_a_small_terminal(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    cut("quickstart", "curve", 0.5)
    with live("quickstart", "curve"):
        assert camera(opened, run="quickstart", size=SMALL)


def test_run_in_a_small_terminal_at_its_table(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")

    def is_at_table(screen: RunScreen) -> bool:
        return screen.table.rows.has_focus

    assert camera(opened, until(is_at_table, "tab"), run="quickstart", size=SMALL)
