"""The Run screen grows with its run, keeps the cursor, and draws only what shows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from mcworkbench.app import WorkbenchApp
from mcworkbench.runs.actions import request_stop
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.screens.run.screen import RunScreen
from mcworkbench.screens.run.words import NOTHING_OPEN, READING
from tests.screens.pilots import press, wait_for
from tests.screens.recorded import cut, hold, recorded_home, run_id_of
from tests.screens.run_pilots import FULL, SMALL, look, opened, painted

if TYPE_CHECKING:
    from pathlib import Path


HOSTILE = "[red]x[/red] [@click=app.quit]y[/] \x1b[31m\u202e"


async def test_points_stream_in_and_the_cursor_stays_at_its_t(home: Path) -> None:
    recorded_home(home, "quickstart")
    replay = cut("quickstart", "evaluate-curve", 0.5)
    with hold("quickstart", "evaluate-curve"):
        async with opened("quickstart") as (app, screen, pilot):
            rows = screen.table.rows
            assert rows.table is not None
            assert rows.table.path == "curve"
            before, points = rows.num_items, len(screen.along.first.plot.series[0].xs)
            assert 0 < before < rows.table.total
            screen.go_to_pane(screen.table)
            await wait_for(pilot, lambda: rows.has_focus)
            await press(pilot, "end", "up")
            t = rows.t
            replay.play(replay.num_left // 2)
            await look(app, pilot)
            await wait_for(pilot, lambda: rows.num_items > before)
            evaluated = [e for e in replay.events if e["type"] == "PathPointEvaluated"]
            assert rows.num_items == len(evaluated)
            assert len(screen.along.first.plot.series[0].xs) > points
            assert rows.t == t
            assert rows.has_focus


async def test_the_view_follows_the_stage_that_trains_until_another_is_chosen(home: Path) -> None:
    recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.3)
    with hold("quickstart", "curve"):
        async with opened("quickstart") as (app, screen, pilot):
            assert screen.training.node == "curve"
            assert "epoch" in painted(screen.status)
            await press(pilot, "less_than_sign")
            assert screen.training.node == "endpoint-2"
            assert "(held)" in screen.training.charts[0].plot.title
            replay.play(40)
            await look(app, pilot)
            assert screen.training.node == "endpoint-2"
            await press(pilot, "greater_than_sign")
            told = [e["data"] for e in replay.events if e["type"] == "Progress"][-1]
            epochs = next(e["data"] for e in replay.events if e["type"] == "EpochFinished")
            epoch = math.ceil(told["done"] / told["total"] * epochs["epochs"])
            await wait_for(pilot, lambda: f"epoch {epoch}" in painted(screen.status))
            assert screen.training.node == "curve"


async def test_an_empty_chart_says_what_runs_meanwhile(home: Path) -> None:
    recorded_home(home, "quickstart")
    cut("quickstart", "endpoint-1", 0.4)
    with hold("quickstart", "endpoint-1"):
        async with opened("quickstart") as (_, screen, _pilot):
            assert "not been trained yet — endpoint-1 runs" in painted(screen.along.first)
            assert screen.training.node == "endpoint-1"


async def test_the_log_follows_until_it_is_scrolled_up(home: Path) -> None:
    recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.3)
    with hold("quickstart", "curve"):
        async with opened("quickstart") as (app, screen, pilot):
            log = screen.log_list
            await wait_for(pilot, lambda: log.scroll_y == log.max_scroll_y > 0)
            assert log.border_subtitle == "follow"
            screen.go_to_pane(log)
            await wait_for(pilot, lambda: log.has_focus)
            await press(pilot, "pageup")
            await wait_for(pilot, lambda: "held" in str(log.border_subtitle))
            held = log.scroll_y
            replay.play(60)
            await look(app, pilot)
            assert log.scroll_y == held < log.max_scroll_y
            await press(pilot, "end")
            await wait_for(pilot, lambda: log.border_subtitle == "follow")
            assert log.scroll_y == log.max_scroll_y


async def test_nothing_is_drawn_while_another_mode_shows_or_nothing_changed(home: Path) -> None:
    recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.3)
    with hold("quickstart", "curve"):
        async with opened("quickstart") as (app, screen, pilot):
            picture = app.opened
            assert picture is not None
            drawn = screen.num_draws
            screen.show_opened(replace(picture))
            assert screen.num_draws == drawn
            await press(pilot, "1")
            await wait_for(pilot, lambda: app.front is not screen)
            laid_out = screen.log_list.num_laid_out
            replay.play(60)
            await look(app, pilot)
            assert app.opened is not picture
            assert (screen.num_draws, screen.log_list.num_laid_out) == (drawn, laid_out)
            await press(pilot, "2")
            await wait_for(pilot, lambda: screen.num_draws > drawn)


async def test_hidden_panes_lay_out_nothing(home: Path) -> None:
    recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.3)
    with hold("quickstart", "curve"):
        async with opened("quickstart", SMALL) as (app, screen, pilot):
            assert not screen.log_list.display
            replay.play(60)
            await look(app, pilot)
            assert screen.log_list.num_laid_out == 0
            screen.go_to_pane(screen.log_list)
            await wait_for(pilot, lambda: screen.log_list.num_laid_out > 0)
            assert "epoch" in painted(screen.log_list)


async def test_without_a_run_one_sentence_says_where_to_go() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=FULL) as pilot:
        await press(pilot, "2")
        await wait_for(pilot, lambda: isinstance(app.front, RunScreen))
        screen = cast("RunScreen", app.front)
        await wait_for(pilot, lambda: NOTHING_OPEN in painted(screen.query_one("#run-nothing")))
        assert screen.panes() == []
        await press(pilot, "m", "full_stop", "g", "P", "a", "greater_than_sign", "tab")


async def test_a_run_that_is_not_read_yet_says_so(home: Path) -> None:
    recorded_home(home, "quickstart")
    app = WorkbenchApp(run_id_of("quickstart"), is_polling=False)
    async with app.run_test(size=FULL) as pilot:
        await wait_for(pilot, lambda: isinstance(app.front, RunScreen))
        screen = cast("RunScreen", app.front)
        await wait_for(pilot, lambda: READING in painted(screen.query_one("#run-nothing")))


async def test_hostile_names_are_shown_as_text(home: Path) -> None:
    recorded_home(home, "diverges")
    async with opened("diverges", (120, 60)) as (app, screen, pilot):
        picture = app.opened
        assert picture is not None
        stages = tuple(
            replace(row, name=HOSTILE[:20], message=HOSTILE, words=HOSTILE)
            for row in picture.stages
        )
        pairs = tuple(replace(pair, label=HOSTILE) for pair in (*picture.pairs, *picture.pairs))
        log = tuple(replace(line, node=HOSTILE[:9], text=HOSTILE) for line in picture.log)
        row = replace(picture.row, name=HOSTILE, reason=HOSTILE)
        screen.show_opened(
            replace(picture, row=row, stages=stages, pairs=pairs, log=log, messages=(HOSTILE,),
                    version=picture.version + 1)
        )  # fmt: skip
        await wait_for(pilot, lambda: "[red]x" in painted(screen.along.first))
        for widget in (screen.status, screen.plan, screen.log_list, screen.along.first):
            text = painted(widget)
            assert "[red]x" in text
            assert "\x1b" not in text
            assert "\u202e" not in text
        assert app.is_running


async def test_a_run_that_stops_says_what_happens(home: Path) -> None:
    recorded_home(home, "quickstart")
    cut("quickstart", "curve", 0.3)
    with hold("quickstart", "curve"):
        request_stop(run_id_of("quickstart"), StopLevel.now, by="test")
        async with opened("quickstart") as (_, screen, _pilot):
            text = painted(screen.status)
            assert "◐ stopping" in text
            assert "it ends with a checkpoint" in text


async def test_a_run_that_waits_says_why(home: Path) -> None:
    recorded_home(home, "quickstart")
    cut("quickstart", "endpoint-1", 0.4).wipe()
    with hold("quickstart"):
        RunFolder(run_id_of("quickstart")).say_waiting("waiting for a free slot on cpu")
        async with opened("quickstart") as (_, screen, _pilot):
            text = painted(screen.status)
            assert "○ queued" in text
            assert "waiting for a free slot on cpu" in text
            assert "the run is queued" in painted(screen.along.first)


async def test_another_run_is_shown_from_its_start(home: Path) -> None:
    recorded_home(home, "quickstart", "three-ends")
    async with opened("quickstart") as (app, screen, pilot):
        await press(pilot, "less_than_sign", "P", "m")
        app.open_run(run_id_of("three-ends"))
        await look(app, pilot)
        await wait_for(pilot, lambda: screen.training.node == "endpoint-3")
        assert not screen.table.display
        app.open_run(run_id_of("quickstart"))
        await look(app, pilot)
        await wait_for(pilot, lambda: screen.training.node == "curve")
        shown = screen.table.rows.table
        assert shown is not None
        assert shown.path == "curve"
        assert screen.along.first.plot.name == "loss-along-t"
        await wait_for(pilot, lambda: screen.focused is not None and screen.focused.display)
