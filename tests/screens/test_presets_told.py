"""What stands below the form: the meaning of a key, whole, and why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tomli
from rich.console import Console
from rich.text import Text

from mcworkbench.config.fields import form_sections
from mcworkbench.config.presets import list_presets
from mcworkbench.screens.presets.field_form import FieldForm
from mcworkbench.screens.presets.field_list import FieldList
from mcworkbench.screens.presets.field_words import facts
from mcworkbench.screens.presets.rows import FieldRow
from tests.screens.pilots import press
from tests.screens.preset_pilots import new_app, opened, words_in, workbench

if TYPE_CHECKING:
    from pathlib import Path


def everything_told() -> dict[str, Text]:
    """Return what is told of every key that a form of any preset has, as it is laid out."""
    told: dict[str, Text] = {}
    for preset in list_presets():
        for section in form_sections(tomli.loads(preset.path.read_text())):
            for field in section.fields:
                row = FieldRow(field, "", is_set=False, was=None, problem="")
                text = Text(f"{row.dotted}  {facts(row)}\n{field.description}")
                told[text.plain] = text
    return told


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_what_any_key_of_any_preset_means_can_be_read_whole(size: tuple[int, int]) -> None:
    async with new_app().run_test(size=size) as pilot:
        screen = await opened(pilot)
        screen.go_to_pane(screen.query_one("#form"))
        await pilot.pause()
        form, box = screen.query_one(FieldForm), screen.query_one("#field-told")
        highest = box.styles.max_height
        assert highest is not None
        # One row of it is the line above.
        room, console = int(highest.value) - 1, Console(width=box.content_size.width)
        told = everything_told()
        assert len(told) > 200
        cut = [one for one in told if len(told[one].wrap(console, console.width)) > room]
        assert cut == []
        for keys in (("kind",), ("data", "name")):
            assert form.fields.go_to(keys)
            form.explain()
            await pilot.pause()
            assert form.fields.row is not None
            meaning = " ".join(form.fields.row.field.description.split())
            assert words_in(pilot, "#field-told").endswith(meaning)
            assert form.fields.size.height >= 8


async def test_finding_a_key_in_what_is_not_toml_says_why_there_is_none(home: Path) -> None:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("a = = 1\n")
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        screen.open_preset("mine")
        screen.query_one(FieldList).focus()
        await pilot.pause()
        await press(pilot, "slash")
        assert "no key to find: the text is not TOML" in workbench(pilot).told[-1][1]
        assert screen.query_one(FieldList).has_focus
