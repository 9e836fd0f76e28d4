"""One place of a path, in every pane that shows one: where it begins, and the keys that move it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcworkbench.reports.plot import Role
from mcworkbench.screens.run.looks.at_t import AbstractAtT
from mcworkbench.screens.run.looks.parts import CodesPart, PicturesPart
from tests.screens.look_pilots import part_of, view
from tests.screens.pilots import press, wait_for
from tests.screens.recorded import cut, hold, recorded_home
from tests.screens.run_pilots import SMALL, document, look, opened

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.screens.run.screen import RunScreen


def worst_t(name: str, node: str, column: str) -> float:
    table = document(name, node, "artifacts/table.json")
    values = table["columns"][column]
    return table["ts"][values.index(max(values))]


async def test_however_early_pictures_show_they_go_to_where_the_path_is_worst(home: Path) -> None:
    recorded_home(home, "pictures")
    wanted = worst_t("pictures", "evaluate-curve", "train_mse")
    replays = [cut("pictures", node, 0.6) for node in ("evaluate-line", "evaluate-curve")]
    with hold("pictures", "evaluate-line", "evaluate-curve"):
        async with opened("pictures") as (app, screen, pilot):
            strip, rows = part_of(screen, PicturesPart).strip, screen.table.rows
            assert screen.has_class("-pictures")
            assert rows.num_items > 0
            assert not rows.is_whole
            # The middle, until it is known where it is worst.
            assert strip.at == 0.5
            assert screen.along.first.crosshair is None
            for replay in replays:
                replay.finish()
            await look(app, pilot)
            await wait_for(pilot, lambda: rows.is_whole)
            assert strip.at == rows.t == screen.along.first.crosshair == wanted


async def test_a_table_that_was_watched_ends_at_its_worst_row(home: Path) -> None:
    recorded_home(home, "quickstart")
    wanted = worst_t("quickstart", "evaluate-curve", "train_nll")
    replay = cut("quickstart", "evaluate-curve", 0.5)
    with hold("quickstart", "evaluate-curve"):
        async with opened("quickstart") as (app, screen, pilot):
            replay.finish()
            await look(app, pilot)
            await wait_for(pilot, lambda: screen.table.rows.is_whole)
            assert screen.table.rows.t == wanted


async def test_a_path_that_begins_to_be_evaluated_does_not_take_t_with_it(home: Path) -> None:
    recorded_home(home, "quickstart")
    wanted = worst_t("quickstart", "evaluate-line", "train_nll")
    replay = cut("quickstart", "evaluate-curve", 0.1)
    replay.wipe()
    with hold("quickstart", "evaluate-curve"):
        async with opened("quickstart") as (app, screen, pilot):
            rows = screen.table.rows
            assert rows.t == wanted > 0
            replay.cut(0.3)
            await look(app, pilot)
            await wait_for(pilot, lambda: rows.table is not None and rows.table.path == "curve")
            assert rows.t is not None
            assert rows.t < wanted
            replay.finish()
            await look(app, pilot)
            await wait_for(pilot, lambda: rows.is_whole)
            assert rows.t == wanted


@pytest.mark.parametrize(
    ("name", "way", "num_panes"),
    [("classes", "confusion", 3), ("functions", "functions", 2), ("pictures", "codes", 1)],
)
async def test_left_and_right_move_t_from_every_pane_that_shows_one(
    home: Path, name: str, way: str, num_panes: int
) -> None:
    recorded_home(home, name)
    # A small terminal shows one pane at a time, so that the chart would be out of sight.
    async with opened(name, SMALL) as (_, screen, pilot):
        await view(screen, pilot, way)
        panes = [pane for pane in screen.panes() if isinstance(pane, AbstractAtT)]
        assert len(panes) == num_panes
        for pane in panes:
            screen.go_to_pane(pane)
            await wait_for(pilot, lambda pane=pane: pane.has_focus_within or pane.has_focus)
            ts = pane.places[0]
            before = pane.place_on(ts)
            await press(pilot, "right")
            assert pane.place_on(ts) == before + 1
            await wait_for(pilot, lambda: screen.along.first.crosshair == screen._t)
            assert len({other._t for other in panes}) == 1
            assert screen._t == ts[before + 1]
            await press(pilot, *["left"] * (len(ts) + 1))
            assert screen._t == ts[0]
            await press(pilot, *["right"] * (len(ts) // 2))


async def test_a_pane_with_nothing_to_show_has_no_such_keys(home: Path) -> None:
    recorded_home(home, "pictures")
    async with opened("pictures") as (_, screen, pilot):
        crossed = part_of(screen, CodesPart).crossed
        assert crossed.check_action("place", (1,)) is None
        await view(screen, pilot, "codes")
        assert crossed.check_action("place", (1,))


async def test_beside_pictures_the_chart_has_earlier_probes_only_once_they_are_asked_for(
    home: Path,
) -> None:
    recorded_home(home, "pictures", "quickstart")

    def has_ghosts(screen: RunScreen) -> bool:
        return any(series.role is Role.ghost for series in screen.along.first.plot.series)

    async with opened("pictures") as (_, screen, pilot):
        assert screen.has_class("-pictures")
        assert not has_ghosts(screen)
        await press(pilot, "g")
        assert has_ghosts(screen)
        await press(pilot, "g", "v")
        assert not screen.has_class("-pictures")
        assert not has_ghosts(screen)
    async with opened("pictures", SMALL) as (_, screen, _pilot):
        assert has_ghosts(screen)
    async with opened("quickstart") as (_, screen, _pilot):
        assert has_ghosts(screen)
