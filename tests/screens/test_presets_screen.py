"""The Presets mode around the form: files, runs, leaving, small terminals, hostile files."""

from __future__ import annotations

import queue
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.config.editing import PresetDraft
from mcworkbench.config.loading import load_experiment
from mcworkbench.config.presets import preset_files, shipped_root
from mcworkbench.errors import WorkbenchError
from mcworkbench.executors.local import is_running
from mcworkbench.runs.actions import StopLevel, request_stop
from mcworkbench.runs.index import run_ids
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.screens.dialogs.choice import ChoiceDialog
from mcworkbench.screens.presets.dialogs import DiffDialog
from mcworkbench.screens.presets.field_list import FieldList
from mcworkbench.screens.presets.looker import Looker
from mcworkbench.screens.presets.preset_list import PresetList
from mcworkbench.screens.presets.screen import PresetsScreen
from tests.screens.pilots import press, wait_for
from tests.screens.preset_pilots import (
    new_app,
    opened,
    set_field,
    shown,
    workbench,
)

if TYPE_CHECKING:
    from pathlib import Path

QUICKSTART = shipped_root() / "quickstart.toml"


async def test_edits_survive_other_presets_and_modes_and_leaving_asks() -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "enter")
        await set_field(pilot, "curve.bends", "2")
        await press(pilot, "1", "3", "shift+tab", "down")
        assert screen.draft is not None
        await wait_for(pilot, lambda: screen.query_one(PresetList).at > 0)
        await press(pilot, "q")
        assert isinstance(pilot.app.screen, ChoiceDialog)
        assert "quickstart" in shown(pilot)
        await press(pilot, "s")
        await wait_for(pilot, lambda: pilot.app.screen is screen)
        screen.open_preset("quickstart")
        assert screen.draft.changes() == {("curve", "bends"): (1, 2)}
        await press(pilot, "q", "l")
        await wait_for(pilot, lambda: not pilot.app.is_running)
    assert not list(preset_files()["quickstart"].parent.glob("*2.toml"))


async def test_a_run_is_really_started_and_shown_without_saving(home: Path) -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "enter")
        await set_field(pilot, "train.epochs", "5000")
        await press(pilot, "r")
        await wait_for(pilot, lambda: workbench(pilot).opened_id, "a run is opened")
        (run_id,) = run_ids()
        try:
            assert is_running(run_id)
            document = RunFolder(run_id).document()
            assert document is not None
            assert document.name == "quickstart"
            words = ["mcworkbench", "run", "quickstart", "--set", "train.epochs=5000"]
            assert list(document.command) == words
            assert "epochs = 5000" in RunFolder(run_id).preset_path.read_text()
            assert screen.draft is not None
            assert screen.draft.is_changed
        finally:
            request_stop(run_id, StopLevel.kill)
            await wait_for(pilot, lambda: not is_running(run_id), "the run ends")


async def test_queueing_starts_a_run_and_stays(home: Path) -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "enter")
        await set_field(pilot, "train.epochs", "5000")
        await press(pilot, "Q")
        await wait_for(pilot, run_ids, "a run is made")
        (run_id,) = run_ids()
        try:
            await wait_for(
                pilot,
                lambda: any(run_id in text for _, text, _ in workbench(pilot).told),
            )
            assert pilot.app.screen is screen
        finally:
            request_stop(run_id, StopLevel.kill)
            await wait_for(pilot, lambda: not is_running(run_id), "the run ends")


async def test_a_device_that_is_not_there_starts_nothing(home: Path) -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await press(pilot, "enter")
        await set_field(pilot, "seed", "3")
        screen = pilot.app.screen
        assert isinstance(screen, PresetsScreen)
        assert screen.draft is not None
        screen.draft.set(("compute", "device"), "cuda:77")
        await press(pilot, "r")
        await wait_for(
            pilot,
            lambda: any("not on this machine" in text for _, text, _ in workbench(pilot).told),
        )
        assert run_ids() == []


async def test_a_file_changed_meanwhile_is_not_overwritten_unasked(home: Path) -> None:
    own = PresetDraft.open(QUICKSTART)
    own.save_as("mine")
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        screen.open_preset("mine")
        await pilot.pause()
        draft = screen.draft
        assert draft is not None
        draft.set(("curve", "bends"), "2")
        theirs = own.path.read_text().replace("bends = 1", "bends = 9")
        own.path.write_text(theirs)
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, ChoiceDialog)
        await press(pilot, "c")
        assert own.path.read_text() == theirs
        await press(pilot, "ctrl+s", "k")
        await wait_for(pilot, lambda: not draft.is_changed)
        assert "bends = 2" in own.path.read_text()
        own.path.write_text(theirs)
        await press(pilot, "1", "3")
        await wait_for(pilot, lambda: draft.text == theirs, "a draft without edits follows")


async def test_the_command_is_copied_and_differences_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        copied: list[str] = []
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        await press(pilot, "enter")
        await set_field(pilot, "title", "it's 2 a.m.")
        await press(pilot, "Y")
        words = shlex.split(copied[0])
        assert screen.draft is not None
        again, _ = load_experiment(words[2], words[4::2])
        assert again == screen.draft.checked.experiment
        await press(pilot, "D")
        assert isinstance(pilot.app.screen, DiffDialog)
        text = shown(pilot)
        assert '+title = "it' in text
        assert '-title = "Two digit classifiers' in text
        await press(pilot, "escape")
        assert pilot.app.screen is screen


async def test_a_run_can_be_edited_as_a_new_preset(home: Path) -> None:
    folder = home / "data" / "runs" / "20261120-101500-curve-abc234"
    folder.mkdir(parents=True)
    (folder / "preset.toml").write_text(QUICKSTART.read_text())
    async with new_app().run_test(size=(120, 60)) as pilot:
        workbench(pilot).edit_preset(str(folder / "preset.toml"))
        screen: Any = None

        def is_open() -> bool:
            nonlocal screen
            screen = pilot.app.screen
            return (
                isinstance(screen, PresetsScreen)
                and screen.draft is not None
                and screen.draft.place == "run"
            )

        await wait_for(pilot, is_open)
        await pilot.pause()
        assert "opened from elsewhere" in shown(pilot, "#preset-list")
        await press(pilot, "w", "enter")
        await wait_for(pilot, lambda: screen.draft.place == "own")
        assert (home / "config" / "presets" / f"{screen.draft.name}.toml").is_file()
        screen.open_preset("no-such-preset")
        assert "no preset is called" in workbench(pilot).told[-1][1]


async def test_a_small_terminal_shows_one_pane_at_a_time() -> None:
    async with new_app().run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert "Two digit classifiers" in shown(pilot)
        assert not screen.query_one("#check").display
        await press(pilot, "enter")
        await wait_for(pilot, lambda: screen.query_one(FieldList).has_focus)
        await set_field(pilot, "curve.bends", "2")
        await press(pilot, "tab")
        await wait_for(pilot, lambda: "7 will run" in shown(pilot))


def test_only_the_latest_question_is_answered_and_an_error_is_an_answer() -> None:
    answers: queue.Queue[tuple[int, object]] = queue.Queue()
    looker = Looker(lambda number, found: answers.put((number, found)), pause_s=0.05)
    for word in ("first", "second", "third"):
        looker.ask(lambda word=word: word)
    assert answers.get(timeout=5) == (3, "third")

    def fail() -> None:
        raise ValueError("odd")

    looker.ask(fail)
    number, found = answers.get(timeout=5)
    assert number == 4
    assert isinstance(found, WorkbenchError)
    assert "odd" in str(found)
    looker.end()
    looker.ask(lambda: "too late")
    with pytest.raises(queue.Empty):
        answers.get(timeout=0.2)
