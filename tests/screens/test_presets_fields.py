"""A field that is open has the keys: what is typed counts, what shows is what enter does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from textual.widgets import Input, OptionList

from mcworkbench.config.experiment import Experiment
from mcworkbench.config.options.endpoint import TrainSection
from mcworkbench.config.presets import shipped_root
from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.index import run_ids
from mcworkbench.screens.presets import actions
from mcworkbench.screens.presets.dialogs import NameDialog
from mcworkbench.screens.presets.field_list import FieldList
from mcworkbench.screens.presets.toml_view import TomlView
from mcworkbench.screens.widgets.hints import Hints
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

    from textual.pilot import Pilot

    from mcworkbench.screens.launching import Begun, Order

KINDS: tuple[str, ...] = get_args(Experiment.model_fields["kind"].annotation)
QUICKSTART = shipped_root() / "quickstart.toml"


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """Return what would have been started, in place of starting it."""
    found: list[Order] = []

    def begin(order: Order) -> Begun:
        found.append(order)
        raise WorkbenchError("not in a test")

    monkeypatch.setattr(actions, "begin", begin)
    return found


async def edit(pilot: Pilot[Any], dotted: str, typed: str) -> None:
    """Open a field and type in place of its value; nothing is entered yet."""
    if not pilot.app.screen.query_one(FieldList).has_focus:
        await press(pilot, "enter")
    await find_field(pilot, dotted)
    await press(pilot, "enter")
    pilot.app.screen.query_one("#value", Input).clear()
    await type_text(pilot, typed)


def keys_shown(pilot: Pilot[Any]) -> str:
    return " ".join(pilot.app.screen.query_one(Hints).render().plain.split())


@pytest.mark.parametrize("key", ["ctrl+r", "ctrl+t"])
async def test_a_run_starts_with_the_value_that_is_being_typed(
    orders: list[Order], key: str
) -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await edit(pilot, "curve.bends", "3")
        await press(pilot, key)
        await wait_for(pilot, lambda: orders)
        assert orders[0].experiment.curve is not None
        assert orders[0].experiment.curve.bends == 3
        assert screen.query_one(FieldList).has_focus


async def test_saving_takes_the_value_that_is_being_typed(home: Path) -> None:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    text = QUICKSTART.read_text()
    (folder / "mine.toml").write_text(text)
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        screen.open_preset("mine")
        await wait_for(pilot, lambda: screen.query_one(FieldList).has_focus)
        await edit(pilot, "curve.bends", "3")
        await press(pilot, "ctrl+s")
        saved = text.replace("bends = 1", "bends = 3")
        await wait_for(pilot, lambda: (folder / "mine.toml").read_text() == saved)


@pytest.mark.parametrize("key", ["ctrl+r", "ctrl+s", "ctrl+t"])
async def test_a_value_that_cannot_be_is_refused_and_stays_open(
    orders: list[Order], key: str
) -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await edit(pilot, "curve.bends", "many")
        await press(pilot, key)
        assert workbench(pilot).told[-1][1].startswith("curve.bends: must be")
        line = screen.query_one("#value", Input)
        assert (line.has_focus, line.value) == (True, "many")
        assert not isinstance(pilot.app.screen, NameDialog)
        assert orders == []
        assert screen.draft is not None
        assert not screen.draft.is_changed


async def test_an_emptied_value_shows_the_default_that_enter_gives_it() -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        assert screen.draft is not None
        await edit(pilot, "train.epochs", "")
        default = str(TrainSection.model_fields["epochs"].default)
        assert f"empty: default {default}" in shown(pilot, "#form")
        assert "30" not in shown(pilot, "#editor")
        await press(pilot, "enter")
        assert screen.draft.changes() == {("train", "epochs"): (30, None)}
        row = screen.query_one(FieldList).row
        assert row is not None
        assert row.value == default


async def test_a_value_that_was_not_changed_changes_no_byte() -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        assert screen.draft is not None
        screen.draft.replace(
            screen.draft.text.replace("weight_decay = 5e-4", "weight_decay=5.0e-4")
        )
        text = screen.draft.text
        await press(pilot, "enter")
        await find_field(pilot, "train.weight_decay")
        await press(pilot, "enter", "enter", "enter", "ctrl+s", "escape")
        assert screen.draft.text == text


async def test_an_open_list_has_the_letters(orders: list[Order]) -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        assert screen.draft is not None
        await press(pilot, "enter")
        go_to_field(pilot, "kind")
        await press(pilot, "enter")
        choices = screen.query_one("#choices", OptionList)
        names = [option.id for option in choices.options]
        letters = ("r", "w", "Q", "t", "n", "D", "E", "p", "1", "2", "slash", "q", "a", "u", "z")
        for letter in (*letters, "question_mark", "colon", "T", "Y", "less_than_sign", "delete"):
            await press(pilot, letter)
            assert choices.has_focus, letter
            assert pilot.app.screen is screen, letter
        assert (orders, run_ids(), screen.draft.is_changed) == ([], [], False)
        await press(pilot, "i")
        assert choices.highlighted == names.index("import")
        await press(pilot, "e")
        assert choices.highlighted == names.index("ensemble")
        await press(pilot, "e")
        assert choices.highlighted == names.index("endpoints"), "from the top again"
        await press(pilot, "e")
        assert choices.highlighted == names.index("evaluate")
        await press(pilot, "k", "j", "enter")
        assert screen.draft.changes() == {("kind",): ("curve", "evaluate")}


async def test_an_open_list_is_told_from_the_rows_below() -> None:
    async with new_app().run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "enter")
        go_to_field(pilot, "kind")
        await press(pilot, "enter")
        choices = screen.query_one("#choices", OptionList)
        lines = shown(pilot, "#editor").splitlines()
        assert (lines[0].strip()[0], lines[0].strip()[-1]) == ("╭", "╮")
        assert (lines[-1].strip()[0], lines[-1].strip()[-1]) == ("╰", "╯")
        # A list longer than the room for it scrolls.
        inside = [line.strip().strip("│").rstrip("▁▂▃▄▅▆▇█ ").strip() for line in lines[1:-1]]
        assert len(inside) > 8
        assert inside == [*KINDS][: len(inside)]
        assert choices.styles.background != screen.query_one(FieldList).styles.background


async def test_the_keys_of_an_open_field_are_named_and_no_others() -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "enter")
        assert "a all keys · t text" in shown(pilot, "#form")
        await find_field(pilot, "curve.bends")
        await press(pilot, "enter")
        assert keys_shown(pilot).startswith("⏎ Keep esc Drop")
        assert "esc drops it" in shown(pilot, "#form")
        await press(pilot, "escape")
        assert "a all keys · t text" in shown(pilot, "#form")
        go_to_field(pilot, "kind")
        await press(pilot, "enter")
        assert keys_shown(pilot).startswith("⏎ Take esc Drop")
        await press(pilot, "escape", "slash")
        assert keys_shown(pilot).startswith("⏎ Stay esc Back")
        assert "a all keys" not in shown(pilot, "#form")
        await press(pilot, "escape", "t")
        assert "Help" not in keys_shown(pilot)
        assert "esc Form" in keys_shown(pilot)
        await press(pilot, "ctrl+end")
        area = screen.query_one(TomlView)
        assert area.cursor_location == area.document.end != (0, 0)
        await press(pilot, "ctrl+home")
        assert area.cursor_location == (0, 0)


async def test_u_steps_back_to_the_last_text_that_can_be_read() -> None:
    async with new_app().run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert screen.draft is not None
        await press(pilot, "enter")
        await set_field(pilot, "curve.bends", "3")
        good = screen.draft.text
        await press(pilot, "t")
        await type_text(pilot, "xyz")
        await press(pilot, "escape")
        told = words_in(pilot, "#fields")
        assert "The text is not TOML; t shows it, u takes the last change back." in told
        await press(pilot, "u")
        assert screen.draft.text == good
        await press(pilot, "end", "home")
        await wait_for(pilot, lambda: "[data]" in shown(pilot, "#fields"))


async def test_u_says_where_the_file_itself_cannot_be_read(home: Path) -> None:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("a = = 1\n")
    async with new_app().run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        screen.open_preset("mine")
        assert screen.draft is not None
        screen.draft.replace("b = = 1\n")
        screen.go_to_pane(screen.query_one("#form"))
        screen.query_one(FieldList).focus()
        await pilot.pause()
        await press(pilot, "u")
        assert "the file itself is not TOML" in workbench(pilot).told[-1][1]
        assert screen.draft.text == "b = = 1\n"


async def test_a_choice_names_what_it_can_be() -> None:
    async with new_app().run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await press(pilot, "enter")
        await find_field(pilot, "kind")
        told = words_in(pilot, "#field-told")
        assert f"{', '.join(KINDS[:-1])} or {KINDS[-1]} · required" in told
