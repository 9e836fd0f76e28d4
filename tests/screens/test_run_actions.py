"""What can be done with a run from a screen, on real run folders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import OptionList

from mcworkbench.app import WorkbenchApp
from mcworkbench.config.loading import load_experiment
from mcworkbench.executors import local
from mcworkbench.plans.launch import create_run
from mcworkbench.runs.index import list_runs, run_ids, run_line
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.state import State
from mcworkbench.screens import run_actions
from tests.screens.lists import dialog, listed, look, opened, pane_of, said, screen_text, wait_long
from tests.screens.pilots import press, wait_for
from tests.screens.recorded import cut, hold, recorded_home, run_id_of
from tests.unit.cli_sample import TINY

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

LEVELS = ("after", "now", "kill")


def wanted(name: str) -> str | None:
    path = RunFolder(run_id_of(name)).path / "request.json"
    return json.loads(path.read_bytes())["want"] if path.exists() else None


def answers(app: WorkbenchApp) -> list[str | None]:
    found = app.screen.query_one(OptionList)
    return [found.get_option_at_index(place).id for place in range(found.option_count)]


async def training(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Let the list see a held run."""

    def runs() -> bool:
        app.feed.tick()
        row = pane_of(app).row
        return row is not None and row.state in (State.running, State.stopping)

    await wait_for(pilot, runs, "running")


@pytest.fixture
def half_way(home: Path) -> str:
    """Return a run that stopped half-way and asks for nothing."""
    run_id = recorded_home(home, "half-way")["half-way"]
    RunFolder(run_id).clear_request()
    return run_id


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
@pytest.mark.parametrize("level", LEVELS)
async def test_each_answer_asks_for_its_own_level(
    half_way: str, level: str, size: tuple[int, int]
) -> None:
    assert half_way
    cut("half-way", "curve", 0.5)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        with hold("half-way", "curve"):
            await training(app, pilot)
            await press(pilot, "X")
            await dialog(app, pilot)
            assert answers(app) == list(LEVELS)
            assert "checkpoint" in screen_text(app)
            assert "Kill" in screen_text(app)
            await press(pilot, *["down"] * LEVELS.index(level), "enter")
            await wait_for(pilot, lambda: wanted("half-way") == level)
            await wait_for(pilot, lambda: said(app)[-1].startswith("half-way "))


async def test_a_run_that_is_stopping_is_offered_only_what_is_harsher(half_way: str) -> None:
    assert half_way
    cut("half-way", "curve", 0.5)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        with hold("half-way", "curve"):
            for key, left in (("a", LEVELS), ("n", LEVELS[1:]), ("K", LEVELS[2:])):
                await training(app, pilot)
                await press(pilot, "X")
                await dialog(app, pilot)
                assert answers(app) == list(left)
                await press(pilot, key)
                await wait_for(pilot, lambda left=left: wanted("half-way") == left[0])
            await training(app, pilot)
            await press(pilot, "X")
            await wait_for(pilot, lambda: "being killed already" in said(app)[-1])


async def test_escape_stops_nothing(half_way: str) -> None:
    assert half_way
    cut("half-way", "curve", 0.5)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        with hold("half-way", "curve"):
            await training(app, pilot)
            await press(pilot, "X")
            await dialog(app, pilot)
            await press(pilot, "escape")
            await wait_for(pilot, lambda: len(app.screen_stack) == 1)
            assert wanted("half-way") is None


async def test_what_does_not_run_is_not_stopped_but_named(half_way: str) -> None:
    assert half_way
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "X")
        await wait_for(pilot, lambda: said(app))
        assert said(app) == ["half-way is not running: it is stopped."]
        assert wanted("half-way") is None


async def test_a_run_that_never_started_is_started_and_comes_to_its_end() -> None:
    experiment, file = load_experiment(str(TINY))
    launched = create_run(experiment, file, name="tiny")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        assert "never started" in screen_text(app)
        await press(pilot, "R")
        await wait_for(pilot, lambda: "tiny starts" in said(app))

        def is_done() -> bool:
            line = run_line(launched.run_id)
            # Looking also lets go of the supervisor's process once it has ended.
            is_over = not local.is_running(launched.run_id) and not local._started
            return is_over and line is not None and line.state is State.done

        await wait_long(pilot, is_done)


async def test_resuming_a_running_run_says_that_it_runs(half_way: str) -> None:
    assert half_way
    cut("half-way", "curve", 0.5)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        with hold("half-way", "curve"):
            await press(pilot, "R")
            await wait_for(pilot, lambda: said(app))
            assert said(app)[-1].startswith("half-way is running already")


async def test_a_done_run_offers_its_preset_instead(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = recorded_home(home, "quickstart")["quickstart"]
    edited: list[str] = []
    app = WorkbenchApp(is_polling=False)
    monkeypatch.setattr(app, "edit_preset", edited.append)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "R")
        await dialog(app, pilot)
        assert "nothing is left to resume" in screen_text(app)
        await press(pilot, "e")
        await wait_for(pilot, lambda: edited)
        assert edited == [str(RunFolder(run_id).preset_path)]


async def test_a_run_that_would_fail_again_is_resumed_only_on_demand(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = recorded_home(home, "diverges")["diverges"]
    resumed: list[str] = []
    monkeypatch.setattr(run_actions, "go_on", resumed.append)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "R")
        await dialog(app, pilot)
        assert "because of its settings" in screen_text(app)
        await press(pilot, "escape")
        await wait_for(pilot, lambda: len(app.screen_stack) == 1)
        assert resumed == []
        await press(pilot, "R")
        await dialog(app, pilot)
        await press(pilot, "r")
        await wait_for(pilot, lambda: resumed == [run_id])


async def test_deleted_runs_come_back_by_undo_the_last_ones_first(home: Path) -> None:
    recorded_home(home, "quickstart", "half-way", "diverges")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        first, *others = listed(app)
        await press(pilot, "d")
        await dialog(app, pilot)
        await press(pilot, "enter")
        await wait_for(pilot, lambda: len(run_ids()) == 2)
        await look(app, pilot)
        await wait_for(pilot, lambda: listed(app) == others)
        await press(pilot, "space", "space", "d")
        await dialog(app, pilot)
        assert "2 runs" in screen_text(app)
        await press(pilot, "d")
        await wait_for(pilot, lambda: not run_ids())
        await press(pilot, "u")
        await wait_for(pilot, lambda: sorted(r.name for r in list_runs()) == sorted(others))
        await press(pilot, "u")
        await wait_for(pilot, lambda: first in [run.name for run in list_runs()])
        await press(pilot, "u")
        await wait_for(pilot, lambda: said(app)[-1].startswith("nothing was deleted"))


async def test_a_running_run_is_not_deleted(half_way: str) -> None:
    cut("half-way", "curve", 0.5)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        with hold("half-way", "curve"):
            await training(app, pilot)
            await press(pilot, "d")
            await wait_for(pilot, lambda: said(app))
            assert said(app) == ["half-way is running; stop it first with X."]
            assert run_ids() == [half_way]


async def test_a_run_that_began_meanwhile_is_not_deleted_either(half_way: str) -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "d")
        await dialog(app, pilot)
        with hold("half-way", "curve"):
            await press(pilot, "enter")
            await wait_for(pilot, lambda: said(app))
            assert "is running" in said(app)[-1]
            assert run_ids() == [half_way]
