"""Presets of strangers in the Presets mode: nothing of theirs reaches the terminal as it is.

What is looked at is the whole painted screen, at every place where text of the file can show.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, OptionList

from mcworkbench.config.presets import shipped_root
from mcworkbench.screens.presets.check_list import CheckList
from mcworkbench.screens.presets.dialogs import DiffDialog
from mcworkbench.screens.presets.field_form import FieldForm
from mcworkbench.screens.presets.field_list import FieldList
from mcworkbench.screens.presets.preset_list import PresetDetails
from mcworkbench.screens.presets.toml_view import TomlView
from tests.screens.pilots import press, wait_for
from tests.screens.preset_pilots import new_app, opened, shown, words_in, workbench

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from mcworkbench.screens.presets.screen import PresetsScreen

QUICKSTART = shipped_root() / "quickstart.toml"
# Everything below a blank but the end of a line, everything of C1, and what turns text around.
CONTROLS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]"
)
NAME = "a\x1b]0;owned\x07[red]x[@click=app.quit]y[]"
HOSTILE = (
    "# raw: \u202e\x9b31m\n"
    + r"""
"k\u001b[2J\u202e" = "v\u001b]0;owned\u0007"
title = "[red]T[/red] \u001b[31m [@click=app.quit]"
summary = "s\u001b[2J\u2066\u009b31m"
source = "\u001b]52;c;evil\u0007"
kind = "curve"

[data]
name = "digits"
normalize = "n\u001b[2J"

[model]
name = "mlp"

[train]
"sec\u001b[2J" = 1
"\u009b31m" = "[b]v\u001b[0m"
schedule = "s\u001b[2J\u202e"

[further."f\u001b[2J\u202e"]
from = "endpoint-1"
schedule = "cosine"

[expect]
"e\u001b[31m" = "\u202ex"
"""
)


@pytest.fixture
def hostile(home: Path) -> Path:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    path = folder / "quickstart-odd.toml"
    path.write_text(HOSTILE)
    return path


def painted(pilot: Pilot[Any]) -> str:
    """Return the whole screen, of which no character may be obeyed by a terminal."""
    text = shown(pilot)
    found = CONTROLS.search(text)
    assert found is None, ascii(text[max(0, found.start() - 60) : found.end() + 20])
    return text


async def looked(pilot: Pilot[Any]) -> PresetsScreen:
    screen = await opened(pilot)
    screen.open_preset("quickstart-odd")
    await wait_for(pilot, lambda: screen.query_one(FieldList).has_focus)
    await pilot.pause()
    return screen


async def test_every_key_and_value_of_a_hostile_form_is_shown_as_code_points(
    hostile: Path,
) -> None:
    async with new_app().run_test(size=(150, 40)) as pilot:
        screen = await looked(pilot)
        assert "s<1b>[2J" in shown(pilot, "PresetDetails")
        await press(pilot, "a")
        fields = screen.query_one(FieldList)
        odd: list[str] = []
        for place in range(fields.num_items):
            fields.move_to(place)
            row = fields.row
            assert row is not None
            if not CONTROLS.search("".join(row.field.keys)):
                continue
            screen.query_one(FieldForm).explain()
            odd.append(row.dotted)
            await pilot.pause()
            # The head of a long section may be out of sight, a row's own name is not.
            if CONTROLS.search(row.field.keys[-1]):
                assert re.search("<(1b|9b)>", words_in(pilot, "#fields"))
            assert re.search("<(1b|9b)>", words_in(pilot, "#field-told"))
            painted(pilot)
        assert {"train.sec<1b>[2J", "train.<9b>31m", "k<1b>[2J<202e>"} <= set(odd)
        assert any(dotted.startswith("further.f<1b>") for dotted in odd)
        assert any(dotted.startswith("expect.e<1b>") for dotted in odd)


async def test_a_hostile_value_is_edited_without_being_obeyed(hostile: Path) -> None:
    async with new_app().run_test(size=(150, 40)) as pilot:
        screen = await looked(pilot)
        fields = screen.query_one(FieldList)
        # The list to choose from names the default, which is what [train] says.
        assert fields.go_to(("further", "f\x1b[2J\u202e", "schedule"))
        await press(pilot, "enter")
        choices = screen.query_one("#choices", OptionList)
        assert choices.has_focus
        await press(pilot, "end")
        assert "default (s<1b>[2J<202e>)" in painted(pilot)
        await press(pilot, "escape")
        # A key that is not set proposes its default.
        assert fields.go_to(("further", "f\x1b[2J\u202e", "lr"))
        await press(pilot, "enter")
        painted(pilot)
        await press(pilot, "escape")
        for keys in (("k\x1b[2J\u202e",), ("train", "\x9b31m")):
            assert fields.go_to(keys)
            await press(pilot, "enter")
            assert not screen.query_one("#value", Input).has_focus, "opens in the text alone"
            painted(pilot)
        assert all(not CONTROLS.search(text) for _, text, _ in workbench(pilot).told)


async def test_the_text_and_the_check_of_a_hostile_preset_are_inert(hostile: Path) -> None:
    async with new_app().run_test(size=(150, 40)) as pilot:
        screen = await looked(pilot)
        await press(pilot, "t")
        area = screen.query_one(TomlView)
        assert "\u202e" in area.text
        for number in range(area.document.line_count):
            area.go_to_line(number + 1)
            await pilot.pause()
            painted(pilot)
        await press(pilot, "tab")
        check = screen.query_one(CheckList)
        assert check.has_focus
        assert check.num_items >= 4
        for _ in range(check.num_items):
            await press(pilot, "down")
            painted(pilot)
        assert "<1b>" in words_in(pilot, "#check")


async def test_differences_of_a_hostile_preset_are_inert(hostile: Path) -> None:
    async with new_app().run_test(size=(150, 40)) as pilot:
        screen = await looked(pilot)
        assert screen.draft is not None
        screen.draft.replace(f'{HOSTILE}"more\\u001b" = "\u202e"\n')
        await press(pilot, "D")
        assert isinstance(pilot.app.screen, DiffDialog)
        assert "<202e>" in painted(pilot)
        for _ in range(4):
            await press(pilot, "pagedown")
            painted(pilot)


async def test_broken_and_hostile_files_are_listed_and_inert(home: Path) -> None:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_text("kind = 'curve'\ntitle =\x1b]0;owned\x07\u202e\n")
    (folder / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (folder / f"{NAME}.toml").write_text(HOSTILE)
    async with new_app().run_test(size=(150, 40)) as pilot:
        screen = await opened(pilot)
        odd = [entry for entry in screen.shelf.entries if entry.is_own]
        assert len(odd) == 3
        for entry in odd:
            screen.choose(entry.path)
            await press(pilot, "t")
            painted(pilot)
            await press(pilot, "escape", "a")
            text = painted(pilot)
            if entry.name == "broken":
                assert "not valid TOML" in words_in(pilot, "#check")
            if entry.name == "binary":
                assert "is not UTF-8" in text
            if entry.name.startswith("a<1b>"):
                assert "[red]T[/red]" in shown(pilot, "PresetDetails")
                assert "[@click=app.quit]" in words_in(pilot, "PresetDetails")
        assert pilot.app.is_running
        assert screen.query_one(PresetDetails).display
