"""The Run screen shows an ensemble as its stage captures it, and what other members would do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcworkbench.runs.members import MEMBERS_FILE, predictions_file
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.views import RunView
from mcworkbench.screens.run.members import MembersPart
from tests.screens.pilots import press, wait_for
from tests.screens.recorded import Replay, cut, hold, recorded_home, run_id_of
from tests.screens.run_pilots import LARGE, SMALL, look, opened, painted

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from mcworkbench.screens.run.screen import RunScreen

NAME = "fge-pool"
HOSTILE = "[red]x[/red] [@click=app.quit]y[/] \x1b[31m\u202e"


def part_of(screen: RunScreen) -> MembersPart:
    return next(part for part in screen.parts if isinstance(part, MembersPart))


def stage_of(node: str) -> StageFolder:
    return StageFolder(RunView(run_id_of(NAME)).document.nodes[node].key)


def told(node: str) -> list[dict[str, Any]]:
    replay = Replay(NAME, node)
    replay.num_events = replay.num_left
    return [event["data"] for event in replay.events if event["type"] == "MemberCaptured"]


async def shown(screen: RunScreen, pilot: Pilot[str], node: str) -> MembersPart:
    """Go to one ensemble of the run, wait until its what-if is answered."""
    part = part_of(screen)
    for _ in range(4):
        if node in str(part.pane.border_title):
            break
        await press(pilot, "full_stop")
    await wait_for(pilot, lambda: node in str(part.pane.border_title), node)
    await wait_for(pilot, lambda: "→" in painted(part.pane), "the what-if")
    return part


def words(part: MembersPart) -> str:
    return next(line for line in painted(part.pane).splitlines() if "what-if" in line)


async def test_a_run_that_pools_ensembles_opens_at_its_budgets(home: Path) -> None:
    recorded_home(home, NAME)
    table = json.loads((stage_of("ensemble").artifacts / "ensemble.json").read_text())
    async with opened(NAME) as (_, screen, _pilot):
        part = part_of(screen)
        assert part.budgets.display
        assert not part.training.display
        text = painted(part.budgets)
        for record in table["budgets"]:
            assert f"{100 * record['mean']['test_accuracy']:.2f}" in text
        assert "at 2B: FGE" in painted(screen.status)
        assert not screen.along.first.display
        assert not screen.plan.display


async def test_the_keys_of_pairs_walk_through_the_ensembles(home: Path) -> None:
    recorded_home(home, NAME)
    async with opened(NAME) as (_, screen, pilot):
        seen: list[str] = []
        for _ in range(3):
            seen.append(part_of(screen).scores.plot.title)
            await press(pilot, "full_stop")
        assert [title.partition(" · ")[0] for title in seen] == [
            "3/3 ensemble",
            "1/3 fge-1",
            "2/3 fge-2",
        ]
        await press(pilot, "comma")
        assert part_of(screen).scores.plot.title == seen[2]
        assert part_of(screen).training.display


async def test_the_list_has_the_numbers_of_the_captures(home: Path) -> None:
    recorded_home(home, NAME)
    async with opened(NAME, LARGE) as (_, screen, pilot):
        part = await shown(screen, pilot, "fge-1")
        rows = painted(part.pane.rows).splitlines()[2:]
        members = told("fge-1")
        for row, member in zip(rows, [*members[1:], members[0]], strict=False):
            assert f"{member['values']['test_nll']:.4f}" in row
            assert f"{100 * member['values']['test_accuracy']:.2f}" in row
            assert ("[x]" in row) is bool(member["index"])
        assert "start" in rows[len(members) - 1]
        last = members[-1]["ensemble"]
        assert f"accuracy {100 * last['test_accuracy']:.2f} %" in words(part)
        assert f"nll {last['test_nll']:.4f}" in words(part)


async def test_space_takes_a_member_out_and_the_others_are_scored_at_once(home: Path) -> None:
    recorded_home(home, NAME)
    async with opened(NAME) as (_, screen, pilot):
        part = await shown(screen, pilot, "fge-1")
        screen.go_to_pane(part.pane)
        await wait_for(pilot, lambda: part.pane.rows.has_focus)
        await press(pilot, "down", "down", "down", "space")
        # Three members are left: the running ensemble after the third.
        third = told("fge-1")[3]["ensemble"]
        accuracy, nll = 100 * third["test_accuracy"], third["test_nll"]
        wanted = f"3 networks → accuracy {accuracy:.2f} % · nll {nll:.4f}"
        await wait_for(pilot, lambda: wanted in words(part), wanted)
        point = next(s for s in part.sizes.plot.series if s.label == "what-if")
        assert (list(point.xs), list(point.ys)) == ([3.0], [third["test_accuracy"]])
        await press(pilot, "A")
        await wait_for(pilot, lambda: "all 4 members" in words(part))
        await press(pilot, "home", "space", "down", "space", "down", "space", "down", "space")
        await wait_for(pilot, lambda: "nobody is in" in words(part))


async def test_what_is_in_stays_while_other_ensembles_are_looked_at(home: Path) -> None:
    recorded_home(home, NAME)
    async with opened(NAME) as (_, screen, pilot):
        part = await shown(screen, pilot, "fge-1")
        screen.go_to_pane(part.pane)
        await wait_for(pilot, lambda: part.pane.rows.has_focus)
        await press(pilot, "space")
        await wait_for(pilot, lambda: "3 networks" in words(part))
        await shown(screen, pilot, "fge-2")
        assert "all 4 members" in words(part)
        await shown(screen, pilot, "fge-1")
        await wait_for(pilot, lambda: "3 networks" in words(part))


async def test_the_quantity_is_one_for_charts_and_list(home: Path) -> None:
    recorded_home(home, NAME)
    async with opened(NAME, LARGE) as (_, screen, pilot):
        part = await shown(screen, pilot, "fge-1")
        columns: list[str] = []
        for _ in part.scores.plot.series:
            columns.append(part.scores.plot.column)
            assert part.sizes.plot.column == part.scores.plot.column
            head = painted(part.pane.rows).splitlines()[0]
            assert {"test_accuracy": "acc", "test_error": "error", "test_nll": "nll"}[
                columns[-1]
            ] in head
            await press(pilot, "m")
        assert columns == ["test_accuracy", "test_error", "test_nll"]


async def test_row_and_crosshairs_go_together(home: Path) -> None:
    recorded_home(home, NAME)
    async with opened(NAME) as (_, screen, pilot):
        part = await shown(screen, pilot, "fge-1")
        screen.go_to_pane(part.pane)
        await wait_for(pilot, lambda: part.pane.rows.has_focus)
        await press(pilot, "down", "down")
        charts = [part.scores, *part.training.charts[:2]]
        await wait_for(pilot, lambda: [chart.crosshair for chart in charts] == [5.0] * 3)
        assert part.sizes.crosshair == 3.0
        screen.go_to_pane(part.scores)
        await wait_for(pilot, lambda: part.scores.has_focus)
        await press(pilot, "right", "right")
        await wait_for(pilot, lambda: part.pane.rows.index == 4)
        assert [chart.crosshair for chart in charts] == [7.0] * 3


async def test_members_stream_in_and_only_rows_that_changed_are_painted(home: Path) -> None:
    recorded_home(home, NAME)
    replay = cut(NAME, "fge-1", 0.55)
    with hold(NAME, "fge-1"):
        async with opened(NAME) as (app, screen, pilot):
            part = await shown(screen, pilot, "fge-1")
            assert "Members · fge-1 · 2 of 4" in str(part.pane.border_title)
            assert "cycle" in painted(screen.status)
            screen.go_to_pane(part.pane)
            await wait_for(pilot, lambda: part.pane.rows.has_focus)
            await press(pilot, "down")
            while not str(part.pane.border_title).endswith("3 of 4"):
                assert replay.num_left
                replay.play(5)
                await look(app, pilot)
            assert part.pane.rows.index == 2
            rows: set[int] = set()
            paint = part.pane.rows.render_line

            def seen(y: int) -> Any:
                rows.add(y)
                return paint(y)

            part.pane.rows.render_line = seen  # pyright: ignore[reportAttributeAccessIssue]
            await pilot.pause()
            rows.clear()
            laid_out = part.pane.rows.num_laid_out
            part.pane.rows.renew()
            await wait_for(pilot, lambda: part.pane.rows.num_laid_out > laid_out)
            await pilot.pause()
            assert rows == set()


async def test_before_anything_is_captured_the_training_before_it_shows(home: Path) -> None:
    recorded_home(home, NAME)
    replay = cut(NAME, "endpoint-1", 0.5)
    for node in ("fge-2", "predict-endpoint-2", "ensemble"):
        Replay(NAME, node).wipe()
    with hold(NAME, "endpoint-1"):
        async with opened(NAME) as (_, screen, pilot):
            part = part_of(screen)
            assert not part.scores.display
            assert screen.training.display
            await press(pilot, "v")
            await wait_for(pilot, lambda: part.scores.display)
            assert "no network has been captured yet — endpoint-1 runs" in painted(part.scores)
            assert "no network has been captured yet" in painted(part.pane)
    assert replay.num_left


async def test_missing_predictions_are_told_where_the_numbers_would_be(home: Path) -> None:
    recorded_home(home, NAME)
    (stage_of("fge-1").artifacts / predictions_file(2)).unlink()
    async with opened(NAME, LARGE) as (_, screen, pilot):
        part = part_of(screen)
        await press(pilot, "full_stop")
        await wait_for(pilot, lambda: "predictions-2.npy" in painted(part.pane))
        assert "[x]" in painted(part.pane.rows)


async def test_without_any_file_the_captures_still_show(home: Path) -> None:
    recorded_home(home, NAME)
    (stage_of("fge-1").artifacts / MEMBERS_FILE).unlink()
    async with opened(NAME, LARGE) as (_, screen, pilot):
        part = part_of(screen)
        await press(pilot, "full_stop")
        await wait_for(pilot, lambda: "no predictions are stored yet" in painted(part.pane))
        assert f"{told('fge-1')[1]['values']['test_nll']:.4f}" in painted(part.pane.rows)


async def test_hidden_panes_draw_and_lay_out_nothing(home: Path) -> None:
    recorded_home(home, NAME)
    async with opened(NAME, SMALL) as (_, screen, pilot):
        part = part_of(screen)
        assert [str(pane.name) for pane in screen.panes()] == [
            *("Scores", "Budgets", "Members", "Size", "Plan", "Log")
        ]
        await press(pilot, "full_stop", "full_stop")
        assert part.pane.rows.num_laid_out == 0
        screen.go_to_pane(part.pane)
        await wait_for(pilot, lambda: "→" in painted(part.pane), "the what-if")
        assert part.pane.rows.num_laid_out > 0


async def test_a_large_terminal_has_plan_and_log_too(home: Path) -> None:
    recorded_home(home, NAME)
    async with opened(NAME, LARGE) as (_, screen, _pilot):
        assert screen.plan.region.area > 0
        assert screen.log_list.region.area > 0


async def test_hostile_names_are_inert(home: Path) -> None:
    recorded_home(home, NAME)
    async with opened(NAME, LARGE) as (app, screen, pilot):
        picture = app.opened
        assert picture is not None
        ensembles = tuple(
            replace(
                one,
                node=HOSTILE,
                training=replace(one.training, node=HOSTILE),
                networks=tuple(replace(network, name=HOSTILE) for network in one.networks),
            )
            for one in picture.ensembles[:1]
        )
        screen.show_opened(replace(picture, ensembles=ensembles, version=picture.version + 1))
        part = part_of(screen)
        await wait_for(pilot, lambda: "[red]x" in painted(part.pane))
        for widget in (part.pane, part.training):
            await wait_for(pilot, lambda shown=widget: "[red]x" in painted(shown))
            text = painted(widget)
            assert "\x1b" not in text
            assert "\u202e" not in text
        assert app.is_running
