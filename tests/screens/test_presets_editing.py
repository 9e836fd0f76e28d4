"""A preset is edited by keys, as a form and as text, and its check follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

from mcworkbench.config.editing import PresetDraft
from mcworkbench.config.presets import shipped_root
from mcworkbench.runs.index import run_ids
from mcworkbench.screens.presets.check_list import CheckList
from mcworkbench.screens.presets.dialogs import NameDialog
from mcworkbench.screens.presets.field_list import FieldList
from mcworkbench.screens.presets.rows import form_rows
from mcworkbench.screens.presets.toml_view import TomlView
from tests.screens.pilots import press, wait_for
from tests.screens.preset_pilots import (
    find_field,
    go_to_field,
    new_app,
    opened,
    set_field,
    shown,
    type_text,
    words_in,
    workbench,
)

if TYPE_CHECKING:
    from pathlib import Path

QUICKSTART = shipped_root() / "quickstart.toml"


async def test_bends_are_edited_checked_and_saved_as_a_preset_of_ones_own(home: Path) -> None:
    shipped = QUICKSTART.read_bytes()
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        assert screen.draft is not None
        assert screen.draft.name == "quickstart"
        await press(pilot, "enter")
        await find_field(pilot, "curve.bends")
        await press(pilot, "enter")
        screen.query_one("#value", Input).clear()
        await type_text(pilot, "2")
        await press(pilot, "enter")
        check = screen.query_one(CheckList)
        await wait_for(pilot, lambda: "0 of 7 stages reused, 7" in shown(pilot, "#check"))
        assert "● was 1" in shown(pilot, "#form")
        assert "quickstart *" in shown(pilot, "#preset-list")
        text = words_in(pilot, "#check")
        assert "mcworkbench run quickstart --set" in text
        assert "curve.bends=2" in text
        assert check.problems == ()
        assert not home.exists() or not list(home.rglob("*.json")), "nothing is written by looking"
        await press(pilot, "w")
        dialog = pilot.app.screen
        assert isinstance(dialog, NameDialog)
        assert dialog.query_one(Input).value == "quickstart-2"
        dialog.query_one(Input).value = "quickstart"
        await press(pilot, "enter")
        assert pilot.app.screen is dialog, "a name that is taken is not accepted"
        assert "exists" in shown(pilot)
        dialog.query_one(Input).value = "two"
        await press(pilot, "enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen)
        copy = home / "config" / "presets" / "two.toml"
        assert copy.read_bytes() == shipped.replace(b"bends = 1", b"bends = 2")
        assert QUICKSTART.read_bytes() == shipped
        assert (screen.draft.name, screen.draft.is_changed) == ("two", False)
        assert "two yours" in shown(pilot, "#preset-list")
        await press(pilot, "3")
        assert "quickstart *" not in shown(pilot, "#preset-list")


async def test_problems_show_while_typing_and_enter_goes_to_their_key() -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "enter")
        go_to_field(pilot, "train.lr")
        await press(pilot, "enter")
        screen.query_one("#value", Input).value = ""
        await type_text(pilot, "-1")
        await wait_for(pilot, lambda: "must be above 0" in shown(pilot, "#field-told"))
        assert screen.draft is not None
        assert not screen.draft.is_changed, "typing is a trial"
        await press(pilot, "enter")
        await set_field(pilot, "evaluate.points", "1")
        await wait_for(pilot, lambda: len(screen.query_one(CheckList).problems) == 2)
        told = words_in(pilot, "#check")
        assert "quickstart.toml line 20, [train] lr: must be above 0 (it is -1)." in told
        assert "✗" in shown(pilot, "#preset-list")
        await press(pilot, "tab")
        assert screen.query_one(CheckList).has_focus
        await press(pilot, "enter")
        await wait_for(pilot, lambda: screen.query_one(FieldList).has_focus)
        row = screen.query_one(FieldList).row
        assert row is not None
        assert row.dotted == "train.lr"
        assert row.problem == "must be above 0 (it is -1)."
        await press(pilot, "r")
        assert run_ids() == []
        assert any("not started: 2 problems" in text for _, text, _ in workbench(pilot).told)


async def test_leaving_a_value_keeps_it_and_undo_takes_changes_back() -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        draft = screen.draft
        assert draft is not None
        base = draft.text
        await press(pilot, "enter")
        go_to_field(pilot, "curve.bends")
        await press(pilot, "enter", "7", "escape")
        assert draft.text == base
        await set_field(pilot, "curve.bends", "3")
        go_to_field(pilot, "train.lr")
        await press(pilot, "enter")
        screen.query_one("#value", Input).value = "0.2"
        await press(pilot, "tab")
        await wait_for(pilot, lambda: len(draft.changes()) == 2, "leaving for another pane keeps")
        await press(pilot, "shift+tab")
        await press(pilot, "u")
        assert draft.changes() == {("curve", "bends"): (1, 3)}
        await press(pilot, "less_than_sign")
        assert ("train", "lr") in draft.changes()
        await press(pilot, "U")
        assert draft.text == base
        go_to_field(pilot, "train.weight_decay")
        await press(pilot, "delete")
        assert draft.changes() == {("train", "weight_decay"): (5e-4, None)}
        assert "● was 0.0005" in shown(pilot, "#form")
        await press(pilot, "less_than_sign", "less_than_sign", "greater_than_sign")
        assert draft.text == base


async def test_true_and_false_toggle_and_choices_come_from_a_list() -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        draft = screen.draft
        assert draft is not None
        await press(pilot, "enter")
        go_to_field(pilot, "train.channels_last")
        await press(pilot, "enter")
        assert draft.changes() == {("train", "channels_last"): (None, True)}
        await press(pilot, "space")
        assert draft.changes() == {("train", "channels_last"): (None, False)}
        await press(pilot, "delete")
        assert not draft.is_changed
        go_to_field(pilot, "curve.name")
        await press(pilot, "enter", "down", "enter")
        assert draft.changes() == {("curve", "name"): ("bezier", "polychain")}
        await press(pilot, "enter", "escape")
        assert screen.query_one(FieldList).has_focus
        go_to_field(pilot, "data.name")
        await press(pilot, "enter", "end", "enter")
        assert screen.query_one("#value", Input).has_focus, "other… is typed"
        await type_text(pilot, "cifar10")
        await press(pilot, "enter")
        assert draft.changes()["data", "name"] == ("digits", "cifar10")


async def test_a_newcomer_sees_a_few_keys_and_a_shows_all() -> None:
    draft = PresetDraft.open(QUICKSTART)
    few = [row for section in form_rows(draft, shows_all=False) for row in section.rows]
    every = [row for section in form_rows(draft, shows_all=True) for row in section.rows]
    assert len(few) < 25
    assert len(every) > 80
    assert {row.dotted for row in few if row.is_set} == {row.dotted for row in every if row.is_set}
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        fields = screen.query_one(FieldList)
        assert fields.num_items == len(few)
        await press(pilot, "enter", "a")
        await wait_for(pilot, lambda: fields.num_items == len(every))
        await press(pilot, "a")
        await wait_for(pilot, lambda: fields.num_items == len(few))
        await press(pilot, "slash")
        await type_text(pilot, "nesterov")
        assert fields.row is not None
        assert fields.row.dotted == "train.nesterov"
        await press(pilot, "escape")
        assert fields.row.dotted == "kind"


async def test_form_and_text_are_two_views_of_one_draft() -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        draft = screen.draft
        assert draft is not None
        base = draft.text
        await press(pilot, "enter")
        await set_field(pilot, "curve.bends", "4")
        await press(pilot, "t")
        area = screen.query_one(TomlView)
        assert area.has_focus
        assert "bends = 4" in area.text
        area.move_cursor((0, 0))
        await type_text(pilot, "x")
        await wait_for(pilot, lambda: draft.text.startswith("x#"))
        await wait_for(pilot, lambda: len(screen.query_one(CheckList).problems) == 1)
        assert "not valid TOML" in words_in(pilot, "#check")
        await press(pilot, "escape")
        assert screen.query_one(FieldList).has_focus
        assert "not TOML" in shown(pilot, "#form")
        await press(pilot, "t", "backspace", "escape")
        await wait_for(pilot, lambda: screen.query_one(FieldList).num_items > 10)
        assert draft.text == base.replace("bends = 1", "bends = 4")


async def test_looking_at_the_text_changes_no_byte(home: Path) -> None:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    text = QUICKSTART.read_text().replace("\n", "\r\n", 3) + "# end\t\x0c"
    (folder / "quickstart.toml").write_bytes(text.encode())
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "t", "escape", "t", "escape")
        assert screen.draft is not None
        assert screen.draft.text == text
        assert not screen.draft.is_changed
