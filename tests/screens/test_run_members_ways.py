"""Ways to an ensemble: from the plan, and back from another mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.screens.pilots import press, wait_for
from tests.screens.recorded import cut, hold, recorded_home
from tests.screens.run_pilots import LARGE, look, opened, painted
from tests.screens.test_run_members import NAME, part_of, shown, told, words

if TYPE_CHECKING:
    from pathlib import Path


async def test_enter_on_a_stage_of_the_plan_shows_its_ensemble_or_its_training(home: Path) -> None:
    recorded_home(home, NAME)
    async with opened(NAME, LARGE) as (_, screen, pilot):
        part = part_of(screen)
        names = [row.name for row in screen.plan.stages]

        async def enter(name: str) -> None:
            screen.go_to_pane(screen.plan)
            await wait_for(pilot, lambda: screen.plan.has_focus)
            screen.plan.move_to(names.index(name))
            await press(pilot, "enter")

        await enter("fge-2")
        await wait_for(pilot, lambda: "2/3 fge-2" in part.scores.plot.title)
        await wait_for(pilot, lambda: part.scores.has_focus)
        await enter("endpoint-1")
        await wait_for(pilot, lambda: screen.training.display)
        assert screen.training.node == "endpoint-1"
        assert not part.scores.display
        await enter("ensemble")
        await wait_for(pilot, lambda: part.budgets.display)
        assert "3/3 ensemble" in part.scores.plot.title


async def test_what_came_while_another_mode_showed_is_there_on_return(home: Path) -> None:
    recorded_home(home, NAME)
    replay = cut(NAME, "fge-1", 0.55)
    with hold(NAME, "fge-1"):
        async with opened(NAME) as (app, screen, pilot):
            part = await shown(screen, pilot, "fge-1")
            await press(pilot, "1")
            await wait_for(pilot, lambda: app.front is not screen)
            replay.play(replay.num_left)
            await look(app, pilot)
            laid_out = part.pane.rows.num_laid_out
            await press(pilot, "2")
            await wait_for(pilot, lambda: part.pane.rows.num_laid_out > laid_out)
            await wait_for(pilot, lambda: "all 4 members" in words(part))
            assert f"{told('fge-1')[4]['values']['test_nll']:.4f}" in painted(part.pane.rows)
