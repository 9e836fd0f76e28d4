"""The Run screen shows a recorded run as its own files tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcworkbench.reports.plot import Role
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.widgets.lines import AbstractLines
from tests.screens.pilots import press, wait_for
from tests.screens.recorded import Replay, recorded_home, run_id_of
from tests.screens.run_pilots import LARGE, SMALL, document, opened, painted

if TYPE_CHECKING:
    from pathlib import Path

    from textual.message import Message


async def test_the_table_holds_the_numbers_of_the_evaluation_in_shown_units(home: Path) -> None:
    recorded_home(home, "quickstart")
    table = document("quickstart", "evaluate-curve", "artifacts/table.json")
    async with opened("quickstart") as (_, screen, _pilot):
        shown = screen.table.rows.table
        assert shown is not None
        columns = dict(zip(shown.heads, zip(*shown.rows, strict=True), strict=True))
        assert list(columns["t"]) == [f"{t:.3f}" for t in table["ts"]]
        for column, head in (("train_nll", "train nll, nats"), ("test_nll", "test nll, nats")):
            assert list(columns[head]) == [f"{value:.4f}" for value in table["columns"][column]]
        percents = [f"{100 * value:.2f}" for value in table["columns"]["test_error"]]
        assert list(columns["test error, %"]) == percents
        text = painted(screen.table)
        assert f"{max(table['columns']['train_nll']):.4f}" in text
        assert f"{table['barriers']['train_nll']['above_chord']:.4f}" in text
        assert f"{100 * max(table['columns']['test_error']):.2f} %" in text


async def test_the_highest_row_is_marked_and_opened(home: Path) -> None:
    recorded_home(home, "quickstart")
    table = document("quickstart", "evaluate-curve", "artifacts/table.json")
    losses = table["columns"]["train_nll"]
    worst_t = table["ts"][losses.index(max(losses))]
    async with opened("quickstart") as (_, screen, _pilot):
        marked = [line for line in painted(screen.table.rows).splitlines() if "▲" in line]
        assert [line.split()[1] for line in marked] == [f"{worst_t:.3f}"]
        assert screen.table.rows.t == worst_t


async def test_the_chart_along_t_has_the_curve_and_the_line(home: Path) -> None:
    recorded_home(home, "quickstart")
    curve = document("quickstart", "evaluate-curve", "artifacts/table.json")
    line = document("quickstart", "evaluate-line", "artifacts/table.json")
    async with opened("quickstart") as (_, screen, pilot):
        for column, key in (("nll", ""), ("error", "m")):
            if key:
                await press(pilot, key)
            by_role = {series.role: series for series in screen.along.first.plot.series}
            assert list(by_role[Role.train].ys) == curve["columns"][f"train_{column}"]
            assert list(by_role[Role.test].ys) == curve["columns"][f"test_{column}"]
            beside = "train_nll" if column == "nll" else "test_error"
            assert list(by_role[Role.straight].ys) == line["columns"][beside]


async def test_without_a_path_the_training_of_every_network_leads(home: Path) -> None:
    recorded_home(home, "three-ends")
    last = Replay("three-ends", "endpoint-3")
    last.cut(1.0)
    epochs = [e["data"] for e in last.events if e["type"] == "EpochFinished"]
    recorded_home(home, "three-ends")
    async with opened("three-ends") as (_, screen, pilot):
        assert not screen.along.first.display
        assert not screen.table.display
        losses = {series.label: series for series in screen.training.charts[0].plot.series}
        watched = [e["values"]["test_nll"] for e in epochs if "test_nll" in e["values"]]
        assert list(losses["test"].ys) == watched
        assert {"endpoint-1, test", "endpoint-2, test"} <= set(losses)
        await press(pilot, "a")
        labels = {series.label for series in screen.training.charts[0].plot.series}
        assert not any("endpoint" in label for label in labels)


async def test_the_row_and_the_crosshair_go_together_without_an_echo(home: Path) -> None:
    recorded_home(home, "quickstart")
    told: list[Message] = []

    def hear(message: Message) -> None:
        if isinstance(message, Chart.CrosshairMoved | AbstractLines.Moved):
            told.append(message)

    async with opened("quickstart", LARGE, hook=hear) as (_, screen, pilot):
        first, second, rows = screen.along.first, screen.along.second, screen.table.rows
        screen.go_to_pane(screen.table)
        await wait_for(pilot, lambda: rows.has_focus)
        before = rows.at
        await press(pilot, "down")
        await wait_for(pilot, lambda: first.crosshair == second.crosshair == rows.t)
        assert rows.at == before + 1
        assert {type(message) for message in told} == {AbstractLines.Moved}
        told.clear()
        screen.go_to_pane(second)
        await wait_for(pilot, lambda: second.has_focus)
        await press(pilot, "left")
        await wait_for(pilot, lambda: rows.at == before)
        assert first.crosshair == second.crosshair == rows.t
        assert {type(message) for message in told} == {Chart.CrosshairMoved}


async def test_a_crosshair_in_a_training_chart_leaves_the_table_alone(home: Path) -> None:
    recorded_home(home, "quickstart")
    async with opened("quickstart") as (_, screen, pilot):
        charts, at = screen.training.charts, screen.table.rows.at
        charts[0].focus()
        await press(pilot, "c")
        await wait_for(pilot, lambda: charts[1].crosshair is not None)
        assert charts[0].crosshair == charts[1].crosshair
        assert screen.along.first.crosshair is None
        assert screen.table.rows.at == at


async def test_pairs_are_shown_one_after_the_other_with_their_own_numbers(home: Path) -> None:
    recorded_home(home, "all-pairs")
    async with opened("all-pairs") as (_, screen, pilot):
        seen: list[str] = []
        for ends in ("1-2", "1-3", "2-3"):
            table = document("all-pairs", f"evaluate-curve-{ends}", "artifacts/table.json")
            shown = screen.table.rows.table
            assert shown is not None
            assert shown.path == f"curve-{ends}"
            losses = [row[shown.heads.index("train nll, nats")] for row in shown.rows]
            assert losses == [f"{value:.4f}" for value in table["columns"]["train_nll"]]
            assert screen.training.node == f"curve-{ends}"
            first, second = ends.split("-")
            assert f"endpoint-{first} ↔ endpoint-{second}" in screen.along.first.plot.title
            seen.append(screen.along.first.plot.title)
            await press(pilot, "full_stop")
        assert len(set(seen)) == 3
        await press(pilot, "comma")
        assert screen.along.first.plot.title == seen[-1]


async def test_another_key_shows_the_table_of_the_line(home: Path) -> None:
    recorded_home(home, "quickstart")
    async with opened("quickstart") as (_, screen, pilot):
        t = screen.table.rows.t
        await press(pilot, "P")
        shown = screen.table.rows.table
        assert shown is not None
        assert shown.path == "line"
        assert screen.table.rows.t == t


async def test_ghosts_go_and_come_back(home: Path) -> None:
    recorded_home(home, "quickstart")
    async with opened("quickstart") as (_, screen, pilot):
        for expected in (True, False, True):
            roles = {series.role for series in screen.along.first.plot.series}
            assert (Role.ghost in roles) is expected
            await press(pilot, "g")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("quickstart", ("✓ done", "p writes a report")),
        ("half-way", ("■ stopped", "R goes on from the checkpoint")),
        ("was-killed", ("✗ lost", "last sign of life", "R goes on", "L opens the log")),
        ("diverges", ("✗ failed", "endpoint-1:", "L opens the log", "R tries again")),
    ],
)
async def test_a_state_is_told_in_words_with_what_to_press(
    home: Path, name: str, words: tuple[str, ...]
) -> None:
    recorded_home(home, name)
    async with opened(name) as (_, screen, _pilot):
        text = " ".join(painted(screen.status).split())
        assert all(word in text for word in words), text


async def test_the_plan_has_every_stage_and_why_one_broke(home: Path) -> None:
    recorded_home(home, "diverges")
    run = RunFolder(run_id_of("diverges")).document()
    assert run is not None
    async with opened("diverges", (120, 60)) as (_, screen, _pilot):
        text = painted(screen.plan)
        assert all(name in text for name in run.nodes)
        assert "learning rate 900" in " ".join(text.split())


async def test_enter_on_a_stage_shows_what_it_measured(home: Path) -> None:
    recorded_home(home, "all-pairs")
    async with opened("all-pairs") as (_, screen, pilot):
        screen.go_to_pane(screen.plan)
        await wait_for(pilot, lambda: screen.plan.has_focus)
        names = [row.name for row in screen.plan.stages]
        for name in ("evaluate-line-1-3", "endpoint-3"):
            screen.go_to_pane(screen.plan)
            await wait_for(pilot, lambda: screen.plan.has_focus)
            screen.plan.move_to(names.index(name))
            await press(pilot, "enter")
        shown = screen.table.rows.table
        assert shown is not None
        assert shown.path == "line-1-3"
        assert screen.training.node == "endpoint-3"


async def test_a_small_terminal_shows_one_pane_and_names_all(home: Path) -> None:
    recorded_home(home, "half-way")
    async with opened("half-way", SMALL) as (_, screen, pilot):
        assert [str(pane.name) for pane in screen.panes()] == [
            *("Curve", "Training", "Table", "Plan", "Log")
        ]
        for expected in [*screen.panes(), screen.along.first]:
            await wait_for(pilot, lambda pane=expected: pane.display)
            assert sum(pane.display for pane in screen.panes()) == 1
            await press(pilot, "tab")
        assert painted(screen.status).strip().startswith("half-way  ■ stopped")


async def test_a_large_terminal_has_two_charts_along_t(home: Path) -> None:
    recorded_home(home, "quickstart")
    async with opened("quickstart", LARGE) as (_, screen, _pilot):
        names = [chart.plot.name for chart in (screen.along.first, screen.along.second)]
        assert names == ["loss-along-t", "error-along-t"]
        assert screen.along.second.region.area > 0
        assert sum(chart.display for chart in screen.training.charts) == 3


async def test_the_training_charts_can_be_walked_where_not_all_fit(home: Path) -> None:
    recorded_home(home, "quickstart")
    async with opened("quickstart", SMALL) as (_, screen, pilot):
        screen.go_to_pane(screen.training)
        await wait_for(pilot, lambda: screen.training.charts[0].has_focus)
        for expected in ("error", "learning-rate"):
            await press(pilot, "down")
            focused = screen.focused
            assert isinstance(focused, Chart)
            assert focused.plot.name == expected
