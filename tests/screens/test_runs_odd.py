"""Runs that are many, broken or hostile, in the list: shown as they are, and harmless."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from mcworkbench.app import WorkbenchApp
from mcworkbench.runs.index import run_ids
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.screens.messages import RunsChanged
from mcworkbench.screens.runs.columns import columns_for
from mcworkbench.screens.runs.pane import FilterInput
from mcworkbench.screens.widgets.cells import fitted
from tests.screens.lists import listed, many_rows, opened, pane_of, screen_text
from tests.screens.pilots import press, wait_for
from tests.screens.recorded import recorded_home
from tests.unit.runs_sample import make_run, make_stage

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "\x1b[31m[red]evil[/red][@click=app.quit]x[/]\u202e" + "ab" * 150


async def test_an_unreadable_run_is_a_line_that_can_only_be_deleted(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    RunFolder(ids["quickstart"]).document_path.write_text("{")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        await wait_for(pilot, lambda: f"✗ unreadable: {ids['quickstart']}" in screen_text(app))
        for key in ("X", "R", "p", "L", "E", "enter"):
            await press(pilot, key)
            await wait_for(pilot, lambda: app.told, key)
            assert ids["quickstart"] in app.told.pop()[1]
            assert app.screen is app.screen_stack[0]
        await press(pilot, "d")
        await wait_for(pilot, lambda: len(app.screen_stack) > 1)
        await press(pilot, "enter")
        await wait_for(pilot, lambda: not run_ids())


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_hostile_names_are_shown_as_they_are_and_do_nothing(size: tuple[int, int]) -> None:
    make_run(
        "20260101-120000-curve-aaaaaa", {"a": make_stage("a")},
        name=HOSTILE, title=HOSTILE, kind=HOSTILE, tags=[HOSTILE],
        command=["mcworkbench", "run", HOSTILE, "--set", HOSTILE],
    )  # fmt: skip
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await wait_for(pilot, lambda: "<1b>[31m[r" in screen_text(app))
        for key in ("d", "L", "slash"):
            await press(pilot, key)
            if key != "slash":
                await wait_for(pilot, lambda: len(app.screen_stack) > 1, key)
            await pilot.pause()
            for strip in app.screen._compositor.render_strips():
                for segment in strip:
                    assert not {"\x1b", "\u202e"} & set(segment.text)
                    assert "app.quit" not in str(segment.style.meta if segment.style else "")
            await press(pilot, "escape")
        assert app.is_running


async def test_a_thousand_runs_scroll_and_filter_within_a_keystroke() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        app.post_message(RunsChanged(many_rows(1000)))
        await wait_for(pilot, lambda: len(listed(app)) == 1000)
        await press(pilot, "end")
        await wait_for(pilot, lambda: "run-999 " in screen_text(app))
        began_s = time.process_time()
        pane_of(app).query_one(FilterInput).value = "run-7 best<5%"
        await wait_for(pilot, lambda: len(listed(app)) == 111, "run-7, run-7x, run-7xx")
        assert time.process_time() - began_s < 0.25


@pytest.mark.parametrize("width", [1, 20, 40, 52, 70, 76, 95, 140])
def test_columns_fill_the_width_exactly_and_never_lose_name_or_state(width: int) -> None:
    columns = columns_for(many_rows(3), width)
    names = [column.name for column in columns]
    assert names[0] == "name"
    assert "state" in names
    used = 4 + sum(column.width for column in columns) + 2 * (len(columns) - 1)
    assert used == width or columns[0].width == 1


def test_a_text_is_cut_by_the_cells_it_takes() -> None:
    assert fitted("abcdef", 4) == "abc…"
    assert fitted("日本語", 4) == "日… "
    assert fitted("ab", 4, is_right=True) == "  ab"
    assert fitted("ab", 0) == ""
