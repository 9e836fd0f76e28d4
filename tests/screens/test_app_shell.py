"""The shell around all screens: modes, hints, help, palette, themes, keys, leaving."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.app import WorkbenchApp, farewell
from mcworkbench.runs.state import State
from mcworkbench.screens.base import MIN_COLUMNS, MIN_ROWS, WIDE_COLUMNS, WIDE_ROWS
from mcworkbench.screens.dialogs.help import HelpDialog
from mcworkbench.screens.keymap import bindings_of, classes_with_keys
from mcworkbench.screens.messages import RunsChanged
from mcworkbench.screens.palette import actions_of
from mcworkbench.screens.pictures.run_row import RunRow
from mcworkbench.screens.themes import LIGHT
from mcworkbench.screens.widgets.hints import Hints, key_text
from mcworkbench.screens.widgets.strip import PaneStrip
from tests.screens.pilots import press, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.widget import Widget


# What tmux turns into another key or keeps, and what the terminal of VS Code keeps.
SWALLOWED = {
    *("ctrl+h", "ctrl+i", "ctrl+m", "alt+enter", "ctrl+space", "ctrl+enter", "ctrl+b", "ctrl+a"),
    *("ctrl+j", "ctrl+q", "ctrl+e", "ctrl+k", "ctrl+p", "f1", "f5", "f6", "ctrl+shift+enter"),
}


def our_classes() -> Iterator[type]:
    """Yield every class of the app that may have bindings."""
    yield from classes_with_keys()
    yield WorkbenchApp


def make_row(name: str, state: State, number: int = 1) -> RunRow:
    return RunRow(
        f"20261120-10000{number}-curve-abcde{number}", name, "curve", "", state, "", 0.5, 60.0,
        "", "", None, None, "", 0.0, 1, 2,
    )  # fmt: skip


def painted(widget: Widget) -> str:
    return "\n".join(
        "".join(segment.text for segment in widget.render_line(row))
        for row in range(widget.size.height)
    )


@pytest.mark.parametrize("owner", list(our_classes()), ids=lambda owner: owner.__name__)
def test_no_action_hangs_on_a_key_that_tmux_or_an_editor_swallows(owner: type) -> None:
    keys: dict[str, set[str]] = {}
    for binding in bindings_of(owner):
        keys.setdefault(binding.action, set()).update(binding.key.split(","))
    stranded = {action: found for action, found in keys.items() if found <= SWALLOWED}
    assert not stranded


def test_every_action_with_a_name_has_an_id_of_its_own() -> None:
    # Panes at one t share two bindings, which one line of keys.toml moves for all of them.
    bindings = {binding for owner in our_classes() for binding in bindings_of(owner) if binding.id}
    names = [str(binding.id) for binding in bindings]
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)


async def test_number_keys_change_the_mode_and_the_header_says_which() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        modes = (("2", "run", "Run"), ("3", "presets", "Presets"), ("1", "runs", "Runs"))
        for key, mode, word in modes:
            await press(pilot, key)
            await wait_for(pilot, lambda mode=mode: app.current_mode == mode)
            header = painted(app.screen.query("StatusHeader").first())
            assert f"[{key} {word}]" in header


@pytest.mark.parametrize("width", [MIN_COLUMNS, 80, 120])
@pytest.mark.parametrize("mode", ["1", "2", "3"])
async def test_hints_are_whole_and_end_with_help_at_any_width(width: int, mode: str) -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(width, 24)) as pilot:
        await press(pilot, mode)
        hints = app.screen.query_one(Hints)
        words = {binding.description for _, _, binding in actions_of(app.screen)}
        line = painted(hints)
        assert line.rstrip().endswith("? Help")
        told = [part.partition(" ")[2] for part in re.split(r"\s{2,}", line.strip())]
        assert set(told) <= words


async def test_one_pane_shows_where_there_is_no_room_and_tab_goes_round() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen: Any = app.screen
        panes = screen.panes()
        for expected in [*panes, panes[0]]:
            await wait_for(pilot, lambda pane=expected: pane.display and pane.region.area > 0)
            assert [pane for pane in panes if pane.display] == [expected]
            assert app.screen.query_one(PaneStrip).display
            await press(pilot, "tab")
        await pilot.resize_terminal(WIDE_COLUMNS, WIDE_ROWS)
        await wait_for(pilot, lambda: all(pane.display for pane in panes))
        assert not app.screen.query_one(PaneStrip).display


async def test_z_shows_one_pane_and_z_shows_all_again() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        screen: Any = app.screen
        await wait_for(pilot, lambda: screen.focused is not None)
        await press(pilot, "z")
        assert sum(pane.display for pane in screen.panes()) == 1
        await press(pilot, "z")
        assert all(pane.display for pane in screen.panes())


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_every_binding_of_every_pane_is_in_the_palette(size: tuple[int, int]) -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=size) as pilot:
        for mode in "123":
            await press(pilot, mode)
            listed = {(type(node), b.action) for node, _, b in actions_of(app.screen)}
            screen: Any = app.screen
            panes = {type(pane) for pane in screen.panes()}
            for owner in (*panes, type(screen), WorkbenchApp):
                if owner.__module__.startswith("mcworkbench") and "BINDINGS" in owner.__dict__:
                    for binding in bindings_of(owner):
                        assert not binding.id or (owner, binding.action) in listed


async def test_an_action_of_a_pane_that_does_not_show_shows_it() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen: Any = app.screen
        preview = screen.query_one("#runs-preview")
        assert not preview.display
        await press(pilot, "colon")
        await wait_for(pilot, lambda: len(app.screen_stack) > 1)
        await press(pilot, *"logarithmic")
        await pilot.pause(0.3)
        await press(pilot, "enter")
        await wait_for(pilot, lambda: preview.display and app.focused is preview)


async def test_an_action_runs_from_the_palette() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "colon")
        await wait_for(pilot, lambda: len(app.screen_stack) > 1)
        await press(pilot, *"dark or light")
        await pilot.pause(0.3)
        await press(pilot, "enter")
        await wait_for(pilot, lambda: app.theme == LIGHT.name)


async def test_help_lists_the_keys_of_what_has_the_focus_and_closes() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 60)) as pilot:
        await press(pilot, "question_mark")
        await wait_for(pilot, lambda: type(app.screen) is HelpDialog)
        assert app.screen.query(".help-head")
        await press(pilot, "escape")
        await wait_for(pilot, lambda: type(app.screen) is not HelpDialog)


def test_leaving_says_what_goes_on() -> None:
    rows = (
        make_row("a", State.running, 1),
        make_row("b", State.stopping, 2),
        make_row("c", State.queued, 3),
        make_row("d", State.done, 4),
    )
    told = farewell(rows)
    assert told.startswith("2 runs go on, 1 waits for a slot; `mcworkbench` finds")
    assert farewell(rows[:1]).startswith("1 run goes on; ")
    assert farewell(rows[3:]) == ""


async def test_the_header_counts_runs_that_work_and_wait() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        rows = (make_row("a", State.running, 1), make_row("c", State.queued, 3))
        app.post_message(RunsChanged(rows))
        header = app.screen.query("StatusHeader").first()
        await wait_for(pilot, lambda: "1 running · 1 queued" in painted(header))
        await pilot.resize_terminal(80, 24)
        await wait_for(pilot, lambda: "1● 1○" in painted(header))


async def test_a_tiny_terminal_gets_a_sentence_with_the_size_it_needs() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(MIN_COLUMNS - 1, MIN_ROWS)) as pilot:
        told = app.screen.query_one("#too-small")
        await wait_for(pilot, lambda: told.display)
        assert f"{MIN_COLUMNS} × {MIN_ROWS}" in painted(told)
        await pilot.resize_terminal(MIN_COLUMNS, MIN_ROWS)
        await wait_for(pilot, lambda: not told.display)


async def test_a_notice_is_plain_text_and_stays_in_the_messages() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        app.tell("[red]evil[/red] [@click=app.detach]x[/]", is_error=True)
        await press(pilot, "exclamation_mark")
        await wait_for(pilot, lambda: len(app.screen_stack) > 1)
        shown = "".join(str(w.render()) for w in app.screen.query("Static"))
        assert "[red]evil[/red] [@click=app.detach]x[/]" in shown


def test_keys_are_written_as_they_stand_on_the_keyboard() -> None:
    written = {"question_mark": "?", "ctrl+s": "ctrl+s", "shift+a": "A", "enter": "⏎", "X": "X"}
    assert {key: key_text(key) for key in written} == written
