"""When the chart draws and what it repaints: as little as it can."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from textual.geometry import Region

from mcworkbench.reports.braille import draw
from mcworkbench.screens.chart import scene
from mcworkbench.screens.chart.widget import Chart
from tests.screens.charts import Charts, Dialog, Elsewhere, losses, text_of
from tests.screens.pilots import press, wait_for

if TYPE_CHECKING:
    from mcworkbench.reports.plot import Plot


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the plots drawn, in order, kept up to date."""
    drawn: list[str] = []

    def counted(plot: Plot, *others: Any) -> Any:
        drawn.append(plot.name)
        return draw(plot, *others)

    monkeypatch.setattr(scene, "draw", counted)
    return drawn


def _refreshed(chart: Chart, monkeypatch: pytest.MonkeyPatch) -> list[Region]:
    """Return the regions that a chart asks to repaint, kept up to date."""
    found: list[Region] = []
    refresh = Chart.refresh

    def noted(self: Chart, *regions: Region, **others: Any) -> Chart:
        if self is chart:
            found.extend(regions or (Region(0, 0, *self.size),))
        return refresh(self, *regions, **others)

    monkeypatch.setattr(Chart, "refresh", noted)
    return found


async def test_only_the_rows_that_changed_are_repainted(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.show(losses(last=0.30))
        await wait_for(pilot, lambda: "train" in text_of(app.one))
        before = text_of(app.one).splitlines()
        regions = _refreshed(app.one, monkeypatch)
        app.clock_s += 1
        app.one.show(losses(last=0.20))
        after = text_of(app.one).splitlines()
        pairs = enumerate(zip(before, after, strict=True))
        changed = {row for row, (old, new) in pairs if old != new}
        asked = {row for region in regions for row in region.line_range}
        assert changed
        assert changed <= asked
        assert len(asked) <= len(changed) + 1
        assert len(asked) < len(after) / 2


async def test_an_equal_plot_is_not_drawn_again(draws: list[str]) -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.show(losses())
        await wait_for(pilot, lambda: draws.count("loss") == 1)
        for _ in range(3):
            app.clock_s += 1
            app.one.show(losses())
        assert draws.count("loss") == 1


async def test_a_burst_of_data_is_drawn_once_and_shows_the_newest(draws: list[str]) -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.show(losses(5))
        await wait_for(pilot, lambda: draws.count("loss") == 1)
        app.clock_s += 0.01
        for size in range(10, 40):
            app.one.show(replace(losses(size), title=f"size {size}"))
        await pilot.pause()
        assert draws.count("loss") == 1
        app.clock_s += 1
        await wait_for(pilot, lambda: draws.count("loss") == 2)
        assert "size 39" in str(app.one.border_title)


async def test_a_key_is_drawn_at_once(draws: list[str]) -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.focus()
        app.one.show(losses())
        await wait_for(pilot, lambda: len(draws) > 0)
        before = draws.count("loss")
        await press(pilot, "y", "y", "y")
        assert draws.count("loss") >= before + 3
        assert "log y" in str(app.one.border_subtitle)


@pytest.mark.parametrize("hiding", ["display", "mode", "dialog"])
async def test_nothing_is_drawn_while_it_cannot_be_seen(hiding: str, draws: list[str]) -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.show(losses(name="seen"))
        await wait_for(pilot, lambda: "seen" in draws)
        chart = app.one
        if hiding == "display":
            chart.display = False
        else:
            await app.push_screen(Dialog() if hiding == "dialog" else Elsewhere())
        await wait_for(pilot, lambda: hiding != "display" or not chart.size)
        app.clock_s += 1
        for size in (20, 30, 40):
            chart.show(losses(size, name="hidden"))
            await pilot.pause(0.3)
        assert "hidden" not in draws
        if hiding == "display":
            chart.display = True
        else:
            app.pop_screen()
        await wait_for(pilot, lambda: draws.count("hidden") == 1)
        app.clock_s += 1
        await wait_for(pilot, lambda: "40" in text_of(chart))
