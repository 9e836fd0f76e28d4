"""The list of runs: what it says, how it is narrowed, and what its cursor does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcworkbench.app import WorkbenchApp
from mcworkbench.runs.index import list_runs, run_ids
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.state import State
from mcworkbench.screens import launching
from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.messages import RunsChanged
from mcworkbench.screens.pictures import build
from mcworkbench.screens.runs.pane import FilterInput
from mcworkbench.screens.runs.run_list import RunList
from mcworkbench.screens.runs.screen import RunsScreen
from tests.screens.lists import listed, look, many_rows, opened, pane_of, screen_text
from tests.screens.pilots import press, wait_for
from tests.screens.recorded import NAMES, cut, hold, recorded_home
from tests.unit.runs_sample import make_run, make_stage

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

STATES = {
    "quickstart": "✓ quickstart",
    "half-way": "■ half-way",
    "was-killed": "✗ was-killed",
    "diverges": "✗ diverges",
}


async def test_every_run_is_listed_with_the_sign_and_the_word_of_its_state(home: Path) -> None:
    recorded_home(home)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        text = screen_text(app)
        words = {run.name: str(run.state) for run in list_runs()}
        for name, shown in STATES.items():
            line = next(line for line in text.splitlines() if shown in line)
            assert words[name] in line
        assert f"Runs {len(NAMES)}" in text


async def test_before_the_first_look_the_list_says_that_it_reads() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: "reading runs" in screen_text(app))
        await look(app, pilot)
        await wait_for(pilot, lambda: "no runs yet" in screen_text(app))
        assert "reading runs" not in screen_text(app)


async def test_enter_in_an_empty_home_starts_the_demo_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []
    monkeypatch.setattr(launching, "start", started.append)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert "quickstart" in screen_text(app)
        await press(pilot, "enter", "enter")
        await wait_for(pilot, lambda: started, "the demo")
        await wait_for(pilot, lambda: app.opened_id and app.current_mode == "run")
        assert run_ids() == started == [app.opened_id]


async def test_the_cursor_stays_on_its_run_while_others_come_and_go(home: Path) -> None:
    ids = recorded_home(home, "quickstart", "half-way")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        await press(pilot, "end")
        chosen = pane_of(app).row
        assert chosen is not None
        assert chosen.id == min(ids.values())
        make_run("20990101-120000-curve-zzzzzz", {"a": make_stage("a")}, name="new", created=4e9)
        await look(app, pilot)
        await wait_for(pilot, lambda: listed(app)[0] == "new")
        assert pane_of(app).row is not None
        assert pane_of(app).row == chosen


async def test_only_the_line_that_changed_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = many_rows(8)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        app.post_message(RunsChanged(rows))
        await wait_for(pilot, lambda: len(listed(app)) == 8)
        await pilot.pause(0.2)
        drawn: set[int] = set()
        original = RunList.render_line

        def count(self: RunList, y: int) -> Any:
            drawn.add(y)
            return original(self, y)

        monkeypatch.setattr(RunList, "render_line", count)
        changed = replace(rows[5], state=State.running, fraction=0.25)
        app.post_message(RunsChanged((*rows[:5], changed, *rows[6:])))
        await wait_for(pilot, lambda: "● run-5" in screen_text(app))
        assert drawn == {5}


async def test_typing_a_filter_narrows_the_list_and_escape_shows_all_again(home: Path) -> None:
    recorded_home(home)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        await press(pilot, "slash", *"state", "colon", *"done")
        done = [run.name for run in list_runs() if run.state is State.done]
        await wait_for(pilot, lambda: listed(app) == done, "only what is done")
        await press(pilot, "enter")
        assert app.focused is pane_of(app).list
        await wait_for(pilot, lambda: f"Runs {len(done)} of {len(NAMES)}" in screen_text(app))
        assert "/ state:done" in screen_text(app)
        await press(pilot, "escape")
        await wait_for(pilot, lambda: len(listed(app)) == len(NAMES))


async def test_a_bad_filter_says_why_and_leaves_the_list_as_it_was(home: Path) -> None:
    recorded_home(home, "quickstart", "half-way")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "slash", *"half")
        await wait_for(pilot, lambda: listed(app) == ["half-way"])
        pane_of(app).query_one(FilterInput).value = "half bets<5"
        await wait_for(pilot, lambda: "Did you mean 'best'" in screen_text(app))
        assert listed(app) == ["half-way"]
        await press(pilot, "enter")
        # What is kept is what the list shows, not what could not be used.
        assert "Did you mean" not in screen_text(app)
        assert pane_of(app).query_one(FilterInput).value == "half"


async def test_no_match_says_so_and_names_the_key_that_helps(home: Path) -> None:
    recorded_home(home, "quickstart")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "slash", *"nowhere", "enter")
        await wait_for(pilot, lambda: "No runs match `nowhere`" in screen_text(app))
        await press(pilot, "escape")
        await wait_for(pilot, lambda: listed(app) == ["quickstart"])


async def test_the_order_changes_by_key_and_turns_around(home: Path) -> None:
    recorded_home(home)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        newest_first = [run.name for run in list_runs()]
        assert listed(app) == newest_first
        await press(pilot, "less_than_sign")
        assert listed(app) == newest_first[::-1]
        await press(pilot, "less_than_sign", "greater_than_sign")
        assert listed(app) == sorted(NAMES)


async def test_the_preview_follows_the_cursor(home: Path) -> None:
    ids = recorded_home(home, "quickstart", "three-ends")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        for name, title in (("three-ends", "nll by epoch"), ("quickstart", "nll along")):
            await press(pilot, "home" if name == listed(app)[0] else "end")
            screen = app.screen
            assert isinstance(screen, RunsScreen)
            target = screen.target()
            assert target is not None
            assert target.id == ids[name]
            chart = screen.query_one(Chart)

            def shows(chart: Chart = chart, title: str = title) -> bool:
                app.feed.tick()
                return title in str(chart.border_title)

            await wait_for(pilot, shows, title)
            assert f"Overview · {name}" in screen_text(app)


async def test_a_run_that_cannot_be_shown_says_why_in_place_of_its_preview(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded_home(home, "quickstart")

    def odd(*_: object) -> Any:
        raise ZeroDivisionError("odd files")

    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        with monkeypatch.context() as patch:
            patch.setattr(build, "facts_of", odd)
            await opened(app, pilot)

            def says_why() -> bool:
                app.feed.tick()
                return "odd files" in screen_text(app)

            await wait_for(pilot, says_why, "the reason")
            # A chart draws at most four times a second.
            await wait_for(pilot, lambda: "reading" not in screen_text(app))
        # Another look, e.g. after the cursor was elsewhere, finds it well.
        chart = app.screen.query_one(Chart)
        app.feed.watch("preview", "")
        app.feed.watch("preview", run_ids()[0])
        await look(app, pilot)
        await wait_for(pilot, lambda: "nll along" in str(chart.border_title))
        assert "odd files" not in screen_text(app)


async def test_a_screen_that_was_left_does_not_ask_for_pictures(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded_home(home, "quickstart", "three-ends")
    app = WorkbenchApp(is_polling=False)
    asked: list[tuple[str, str]] = []
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        screen, original = app.screen, app.feed.watch

        def watch(slot: str, run_id: str) -> None:
            asked.append((slot, run_id))
            original(slot, run_id)

        monkeypatch.setattr(app.feed, "watch", watch)
        for step, leave, back in ((1, "3", "1"), (-1, "question_mark", "escape")):
            screen.query_one(RunList).action_move(step)
            await pilot.press(leave)
            await wait_for(pilot, lambda: app.screen is not screen)
            await wait_for(pilot, lambda: asked)
            await pilot.pause(0.4)
            assert asked[-1] == ("preview", "")
            asked.clear()
            await pilot.press(back)
            await wait_for(pilot, lambda: app.screen is screen)
            await wait_for(pilot, lambda: any(run_id for _, run_id in asked))


async def test_a_run_that_trains_shows_that_it_does(home: Path) -> None:
    ids = recorded_home(home, "half-way")
    RunFolder(ids["half-way"]).clear_request()
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        assert "■ half-way" in screen_text(app)
        cut("half-way", "curve", 0.5)
        with hold("half-way", "curve"):

            def runs() -> bool:
                app.feed.tick()
                return "● half-way" in screen_text(app)

            await wait_for(pilot, runs, "running")
            assert "running" in screen_text(app)


async def test_every_state_fits_a_small_terminal(home: Path) -> None:
    recorded_home(home)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        text = screen_text(app)
        for run in list_runs():
            line = next(line for line in text.splitlines() if run.name in line)
            assert str(run.state) in line
        assert "2.22 %" in text
        assert "Log" in text.splitlines()[1]


async def test_marks_are_counted_and_survive_a_new_look(home: Path) -> None:
    recorded_home(home, "quickstart", "half-way", "diverges")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        await press(pilot, "space", "space")
        await wait_for(pilot, lambda: "2 marked" in screen_text(app))
        before = [row.name for row in pane_of(app).marked]
        make_run("20990101-120000-curve-zzzzzz", {"a": make_stage("a")}, name="new", created=4e9)
        await look(app, pilot)
        await wait_for(pilot, lambda: "new" in listed(app))
        assert [row.name for row in pane_of(app).marked] == before == listed(app)[1:3]
        await press(pilot, "escape")
        assert pane_of(app).marked == []
