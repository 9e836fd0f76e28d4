"""The list of runs, and what all modes share, as pictures.

A test of pictures fails when anything on the screen looks otherwise than it was accepted; pytest
then writes snapshot_report.html with both pictures side by side. Where the new ones are right,

    python -m pytest tests/screens/test_snapshots*.py --snapshot-update

accepts them all and drops those of tests that are gone (not with -n), but only after a person
has looked at each: what is accepted unseen proves nothing. The pictures lie in __snapshots__/,
one SVG each, which every browser shows.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.screens.base import MIN_COLUMNS, MIN_ROWS
from tests.screens.recorded import NOW_S, cut, recorded_home
from tests.screens.stills import FULL, SMALL, WAITS, listed, live, pressed, previewed, shows, typed
from tests.unit.runs_sample import age, make_run, make_stage

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.screens.stills import Camera

SIZES = pytest.mark.parametrize("size", [FULL, SMALL], ids=["120x36", "80x24"])
HOSTILE = "\x1b[31m[red]evil[/red][@click=app.quit]x[/]\u202e" + "ab" * 60
FILTERED = (pressed("slash"), typed("state:stopped|lost"), previewed)


@contextlib.contextmanager
def every_state(home: Path) -> Generator[None]:
    """Fill a home with runs of which one each is done, failed, lost, stopped, running, queued."""
    recorded_home(home)
    cut("all-pairs", "curve-1-3", 0.5)
    for node in ("endpoint-1", "endpoint-2", "endpoint-3"):
        cut("three-ends", node, 0.1).wipe()
    with live("all-pairs", "curve-1-3"), live("three-ends", waits=WAITS):
        yield


@SIZES
def test_runs_of_every_state(camera: Camera, home: Path, size: tuple[int, int]) -> None:
    with every_state(home):
        assert camera(listed, size=size)


def test_runs_of_every_state_in_the_light_theme(camera: Camera, home: Path) -> None:
    with every_state(home):
        assert camera(listed, pressed("down", "space"), previewed, is_light=True)


@SIZES
def test_runs_while_a_filter_is_typed(camera: Camera, home: Path, size: tuple[int, int]) -> None:
    recorded_home(home)
    assert camera(listed, *FILTERED, shows("2 of 6"), size=size)


def test_runs_with_a_filter_kept(camera: Camera, home: Path) -> None:
    recorded_home(home)
    assert camera(listed, *FILTERED, pressed("enter"), shows("/ state:stopped|lost"))


def test_runs_where_none_fits_the_filter(camera: Camera, home: Path) -> None:
    recorded_home(home)
    steps = (pressed("slash"), typed("zebra"), pressed("enter"))
    assert camera(listed, *steps, shows("No runs match"))


@SIZES
def test_runs_of_an_empty_home(camera: Camera, size: tuple[int, int]) -> None:
    assert camera(listed, shows("no runs yet"), size=size)


def test_runs_before_the_first_look(camera: Camera, home: Path) -> None:
    recorded_home(home)
    assert camera(shows("reading runs"))


@SIZES
def test_runs_one_of_which_cannot_be_read(
    camera: Camera, home: Path, size: tuple[int, int]
) -> None:
    ids = recorded_home(home, "quickstart", "half-way")
    RunFolder(ids["quickstart"]).document_path.write_text("{")
    assert camera(listed, pressed("end"), previewed, shows("unreadable"), size=size)


@SIZES
def test_runs_one_of_which_has_a_hostile_name(
    camera: Camera, home: Path, size: tuple[int, int]
) -> None:
    recorded_home(home, "quickstart")
    run = make_run(
        "20251120-110000-curve-aaaaaa", {"a": make_stage("a")},
        name=HOSTILE, title=HOSTILE, kind=HOSTILE, tags=[HOSTILE], created=NOW_S - 60,
        command=["mcworkbench", "run", HOSTILE, "--set", HOSTILE],
    )  # fmt: skip
    age(run.path, 60)
    assert camera(listed, pressed("home"), previewed, size=size)


def test_too_small_a_terminal(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(listed, size=(MIN_COLUMNS - 10, MIN_ROWS - 2))
