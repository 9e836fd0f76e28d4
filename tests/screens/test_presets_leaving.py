"""The Presets mode gives nothing away: neither a run half started nor what an editor was told."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.app import WorkbenchApp
from mcworkbench.config.presets import shipped_root
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.screens.dialogs.choice import ChoiceDialog
from mcworkbench.screens.launching import Begun, Order
from mcworkbench.screens.presets import actions
from mcworkbench.screens.presets.external import edit_outside
from tests.screens.pilots import press, wait_for
from tests.screens.preset_pilots import (
    find_field,
    new_app,
    opened,
    set_field,
    shown,
    type_text,
    workbench,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from textual.app import App


class SlowStart:
    """Stands in for the start of a run; takes as long as a test says."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.started: list[str] = []
        self.problem = ""

    def begin(self, order: Order) -> Begun:
        assert self.may_end.wait(20)
        if self.problem:
            raise WorkbenchError(self.problem)
        self.started.append(order.file.name)
        return Begun("20261120-101500-curve-abc234", "quickstart", order.opens)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowStart:
    found = SlowStart()
    monkeypatch.setattr(actions, "begin", found.begin)
    return found


def said(app: App[Any]) -> list[str]:
    assert isinstance(app, WorkbenchApp)
    return [text for _, text, _ in app.told]


@pytest.mark.parametrize("key", ["r", "Q"])
async def test_leaving_waits_for_a_start_and_says_so(slow: SlowStart, key: str) -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await press(pilot, key, "q")
        assert pilot.app.is_running
        assert "a run is being started" in said(pilot.app)[-1]
        slow.may_end.set()
        await wait_for(pilot, lambda: not pilot.app.is_running)
        assert slow.started == ["quickstart.toml"]


async def test_leaving_stays_where_the_start_fails(slow: SlowStart) -> None:
    slow.problem = "there is no device"
    async with new_app().run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await press(pilot, "r", "q")
        slow.may_end.set()
        await wait_for(pilot, lambda: said(pilot.app)[-1] == "not started: there is no device")
        assert pilot.app.is_running
        await press(pilot, "q")
        await wait_for(pilot, lambda: not pilot.app.is_running)


async def test_a_second_q_leaves_and_the_end_of_the_app_still_waits_a_little(
    slow: SlowStart,
) -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await press(pilot, "r", "q")
        timer = threading.Timer(0.3, slow.may_end.set)
        timer.start()
        await pilot.press("q")
    assert slow.started == ["quickstart.toml"]
    timer.join()


# Saving on the way out.


async def test_leaving_saves_own_presets_in_place_and_others_under_a_free_name(home: Path) -> None:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    text = (shipped_root() / "quickstart.toml").read_text()
    (folder / "mine.toml").write_text(text)
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "enter")
        await set_field(pilot, "curve.bends", "2")
        screen.open_preset("mine")
        await set_field(pilot, "curve.bends", "3")
        await press(pilot, "q")
        assert "Saves quickstart as quickstart-2, mine in place." in " ".join(shown(pilot).split())
        await press(pilot, "w")
        await wait_for(pilot, lambda: not pilot.app.is_running)
    assert (folder / "mine.toml").read_text() == text.replace("bends = 1", "bends = 3")
    assert (folder / "quickstart-2.toml").read_text() == text.replace("bends = 1", "bends = 2")
    assert (shipped_root() / "quickstart.toml").read_text() == text


async def test_leaving_stays_where_a_preset_cannot_be_saved(home: Path) -> None:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    text = (shipped_root() / "quickstart.toml").read_text()
    (folder / "mine.toml").write_text(text)
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        screen.open_preset("mine")
        await set_field(pilot, "curve.bends", "3")
        (folder / "mine.toml").write_text(f"{text}# theirs")
        await press(pilot, "q", "w")
        await wait_for(pilot, lambda: "changed on disk" in said(pilot.app)[-1])
        assert pilot.app.is_running
        assert (folder / "mine.toml").read_text() == f"{text}# theirs"


async def test_a_value_that_is_being_typed_is_not_lost_by_leaving() -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "enter")
        await find_field(pilot, "curve.bends")
        await press(pilot, "enter")
        await type_text(pilot, "2")
        await press(pilot, "ctrl+q")
        assert isinstance(pilot.app.screen, ChoiceDialog)
        assert screen.draft is not None
        assert screen.draft.changes() == {("curve", "bends"): (1, 2)}


# The editor outside.


def use_editor(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", command)


def test_an_editor_of_the_users_own_changes_the_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    use_editor(monkeypatch, "sed -i 's/a = 1/a = 2/'")
    assert edit_outside("a = 1\n") == "a = 2\n"
    use_editor(monkeypatch, "false")
    with pytest.raises(InvalidInputError, match="ended with code 1; the text stays"):
        edit_outside("a = 1\n")
    for odd in ("no-such-editor", "'"):
        monkeypatch.setenv("EDITOR", odd)
        with pytest.raises(InvalidInputError, match="EDITOR"):
            edit_outside("a = 1\n")
    assert not list(tmp_path.iterdir()), "nothing is left where nothing was typed or all was kept"


@pytest.mark.parametrize(
    ("script", "kept"),
    [
        ("sed -i 's/a = 1/a = 2/' \"$1\"; exit 3", b"a = 2\n"),
        ("printf 'a = \\377' > \"$1\"", b"a = \xff"),
    ],
)
def test_what_was_typed_is_kept_and_named_where_it_cannot_be_taken_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, kept: bytes
) -> None:
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o700)
    use_editor(monkeypatch, str(editor))
    with pytest.raises(InvalidInputError, match="what you typed is kept in") as caught:
        edit_outside("a = 1\n")
    found = re.search(r"kept in (/\S+)\.$", str(caught.value))
    assert found is not None
    path = Path(found[1])
    assert path.read_bytes() == kept
    path.unlink()
    path.parent.rmdir()


@pytest.mark.parametrize("case", ["missing", "full"])
def test_a_temporary_folder_that_takes_no_file_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str
) -> None:
    use_editor(monkeypatch, "true")
    if case == "missing":
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    else:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

        def full(*_: object) -> None:
            raise OSError(28, os.strerror(28))

        monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InvalidInputError, match="TMPDIR"):
        edit_outside("a = 1\n")
    assert not list(tmp_path.iterdir())


async def test_an_editor_that_fails_gives_the_terminal_back_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lent: list[str] = []

    @contextlib.contextmanager
    def lend() -> Generator[None]:
        # As Textual's own: no exception may pass, or the terminal is never taken back.
        lent.append("lent")
        yield
        lent.append("back")

    use_editor(monkeypatch, "false")
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        monkeypatch.setattr(pilot.app, "suspend", lend)
        await press(pilot, "E")
        assert lent == ["lent", "back"]
        assert said(pilot.app)[-1] == "false ended with code 1; the text stays as it was."

        def fail(_text: str) -> str:
            raise ValueError("odd")

        monkeypatch.setattr(actions, "edit_outside", fail)
        await press(pilot, "E")
        assert lent == ["lent", "back"] * 2
        assert "ValueError: odd" in said(pilot.app)[-1]
        assert screen.draft is not None
        assert not screen.draft.is_changed
        assert workbench(pilot).crash is None
