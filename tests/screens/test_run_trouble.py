"""What goes wrong with actions on runs costs a sentence: no run, no dialog of others, no app."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.app import WorkbenchApp
from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.actions import list_trash, restore_run
from mcworkbench.runs.index import run_ids, run_line
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.run_log import RunLog, read_log
from mcworkbench.screens import run_actions, run_deleting
from mcworkbench.screens.dialogs.choice import ChoiceDialog
from mcworkbench.screens.dialogs.help import HelpDialog
from mcworkbench.screens.dialogs.log import LogDialog
from tests.screens.lists import dialog, listed, look, opened, pane_of, said, screen_text
from tests.screens.pilots import press, wait_for
from tests.screens.recorded import cut, hold, recorded_home, run_id_of

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from mcworkbench.runs.index import RunLine

# Each action on a run, its keys up to where it works, and the function that works.
WORKING = [
    (("X",), run_actions, "run_line"),
    (("R",), run_actions, "run_line"),
    (("p",), run_actions, "write_report"),
    (("L",), run_actions, "read_log"),
    (("d", "enter"), run_deleting, "delete_run"),
    (("d", "enter", "u"), run_deleting, "restore_run"),
]


@pytest.mark.parametrize(("keys", "module", "name"), WORKING, ids=lambda value: str(value)[:20])
async def test_a_mistake_of_ours_in_any_action_is_a_sentence_and_the_app_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...], module: Any, name: str
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("odd data")

    recorded_home(home, "quickstart")
    monkeypatch.setattr(module, name, fail)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        for key in keys:
            await press(pilot, key)
            if key == "d":
                await dialog(app, pilot)
            if key == "enter" and "u" in keys:
                await wait_for(pilot, lambda: not run_ids())
        await wait_for(pilot, lambda: said(app) and "ValueError: odd data" in said(app)[-1])
        await press(pilot, "question_mark")
        await dialog(app, pilot, HelpDialog)
        assert app.crash is None


async def delete_all(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    await press(pilot, "home", *["space"] * len(listed(app)), "d")
    await dialog(app, pilot)
    await press(pilot, "d")
    await wait_for(pilot, lambda: not run_ids())


async def test_a_run_that_cannot_come_back_bars_no_other_and_can_be_tried_again(
    home: Path,
) -> None:
    ids = recorded_home(home, "quickstart", "half-way", "diverges")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        await delete_all(app, pilot)
        obstacle = RunFolder(ids["half-way"]).path
        (obstacle / "in the way").mkdir(parents=True)
        await press(pilot, "u")
        await wait_for(pilot, lambda: said(app)[-1] == "restored 2 runs")
        assert said(app)[-2].startswith("half-way is not restored: ")
        assert RunFolder(ids["quickstart"]).exists()
        assert RunFolder(ids["diverges"]).exists()
        shutil.rmtree(obstacle)
        await press(pilot, "u")
        await wait_for(pilot, lambda: said(app)[-1] == "restored half-way")
        assert sorted(run_ids()) == sorted(ids.values())


async def test_older_deletes_are_undone_although_a_newer_one_cannot_be(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = recorded_home(home, "quickstart", "half-way")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        first, second = listed(app)
        for left in (1, 0):
            await press(pilot, "d")
            await dialog(app, pilot)
            await press(pilot, "d")
            await wait_for(pilot, lambda left=left: len(run_ids()) == left)
            await look(app, pilot)
            await wait_for(pilot, lambda left=left: len(listed(app)) == left)

        def restore(place: Path) -> str:
            if place.name.endswith(ids[second]):
                raise WorkbenchError("the disk is full")
            return restore_run(place)

        monkeypatch.setattr(run_deleting, "restore_run", restore)
        await press(pilot, "u")
        await wait_for(
            pilot, lambda: said(app)[-1] == f"{second} is not restored: the disk is full"
        )
        await press(pilot, "u")
        await wait_for(pilot, lambda: said(app)[-1] == f"restored {first}")
        # What somebody emptied out of the trash meanwhile is not asked for for ever.
        shutil.rmtree(list_trash()[0])
        await press(pilot, "u", "u")
        await wait_for(pilot, lambda: said(app)[-1].startswith("nothing was deleted"))


async def test_a_log_that_was_slow_opens_over_nothing_that_came_since(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, has_ended = threading.Event(), threading.Event()

    def slow(run_id: str) -> RunLog:
        may_end.wait(20)
        has_ended.set()
        return read_log(run_id)

    recorded_home(home, "quickstart")
    monkeypatch.setattr(run_actions, "read_log", slow)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "L", "question_mark")
        await dialog(app, pilot, HelpDialog)
        may_end.set()
        await wait_for(pilot, lambda: has_ended.is_set() and not list(app.workers))
        assert [type(screen) for screen in app.screen_stack][1:] == [HelpDialog]
        await press(pilot, "escape", "L")
        await dialog(app, pilot, LogDialog)


async def test_a_question_that_was_slow_is_asked_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()

    def slow(run_id: str) -> RunLine | None:
        may_end.wait(20)
        return run_line(run_id)

    recorded_home(home, "half-way")
    RunFolder(run_id_of("half-way")).clear_request()
    cut("half-way", "curve", 0.5)
    monkeypatch.setattr(run_actions, "run_line", slow)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        with hold("half-way", "curve"):
            await press(pilot, "X", "X")
            may_end.set()
            await dialog(app, pilot, ChoiceDialog)
            await wait_for(pilot, lambda: len(list(app.workers)) == 1)
            assert len(app.screen_stack) == 2
            await press(pilot, "escape")
            await wait_for(pilot, lambda: len(app.screen_stack) == 1)


async def test_a_run_that_ends_while_it_is_asked_about_is_called_by_its_name(home: Path) -> None:
    run_id = recorded_home(home, "half-way")["half-way"]
    RunFolder(run_id).clear_request()
    cut("half-way", "curve", 0.5)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        with hold("half-way", "curve"):
            await press(pilot, "X")
            await dialog(app, pilot)
        await press(pilot, "n")
        await wait_for(pilot, lambda: said(app))
        assert said(app)[-1].startswith("half-way is not running: it is ")
        assert run_id not in said(app)[-1]
        row = pane_of(app).row
        assert row is not None
        assert row.name in screen_text(app)
