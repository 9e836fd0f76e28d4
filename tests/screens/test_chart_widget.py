"""The chart widget under keys and mouse, with odd data and in any size."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from textual.color import Color
from textual.events import MouseScrollUp

from mcworkbench.reports.plot import Mark
from mcworkbench.screens.chart import scene
from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.themes import DARK, LIGHT
from tests.screens.charts import Charts, losses, text_of
from tests.screens.pilots import press, wait_for


async def test_the_readout_is_the_data_at_every_step() -> None:
    app = Charts()
    plot = losses()
    train, test = plot.series
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.focus()
        app.one.show(plot)
        await press(pilot, "c", "home")
        for place in (0, 1, 2, 3, 4, 5):
            assert app.one.crosshair == train.xs[place]
            text = text_of(app.one)
            assert f"epoch {train.xs[place]:g} " in text
            assert f"train {train.ys[place]:.4f}" in text
            if place % 5 == 0:
                assert f"test {test.ys[place // 5]:.4f}" in text
            await press(pilot, "right")
        await press(pilot, "shift+right")
        assert app.one.crosshair == train.xs[16]
        await press(pilot, "end", "left")
        assert app.one.crosshair == train.xs[-2]


async def test_charts_share_a_crosshair_and_the_told_one_is_silent() -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.show(losses())
        app.two.show(losses(name="other"))
        app.one.focus()
        await press(pilot, "c", "home", "right")
        assert app.two.crosshair == app.one.crosshair == 2.0
        assert app.moves[-2:] == [1.0, 2.0]
        assert "epoch 2 " in text_of(app.two)
        await press(pilot, "escape")
        assert app.two.crosshair is app.one.crosshair is None
        assert app.moves[-1] is None


async def test_without_a_crosshair_its_keys_belong_to_the_screen() -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.show(losses())
        app.one.focus()
        await press(pilot, "left", "escape")
        assert app.seen == ["left", "escape"]
        await press(pilot, "c", "left", "escape")
        assert app.seen == ["left", "escape"]
        assert app.one.crosshair is None


async def test_settings_are_kept_for_each_plot() -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.focus()
        app.one.show(losses())
        await press(pilot, "y", "s", "plus")
        app.clock_s += 1
        app.one.show(losses(name="other"))
        assert app.one.border_subtitle == "nats · EMA .9"
        app.clock_s += 1
        app.one.show(losses())
        assert app.one.border_subtitle == "nats · log y · zoomed 1.5× · EMA .97"
        await press(pilot, "0", "S", "S", "S", "y")
        assert app.one.border_subtitle == "nats"


async def test_a_following_chart_keeps_up_with_new_points() -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.focus()
        app.one.show(losses(100))
        await press(pilot, "f")
        app.clock_s += 1
        app.one.show(losses(200))
        axis = next(line for line in text_of(app.one).splitlines() if "epoch" in line)
        ticks = [float(word) for word in axis.split() if word != "epoch"]
        assert min(ticks) > 170
        assert max(ticks) == 200
        assert "following" in str(app.one.border_subtitle)


async def test_the_mouse_moves_the_crosshair_and_the_wheel_zooms() -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.focus()
        app.one.show(losses())
        await press(pilot, "c")
        await pilot.hover("#one", offset=(30, 5))
        await pilot.pause()
        left = app.one.crosshair
        await pilot.click("#one", offset=(80, 5))
        await pilot.pause()
        assert left is not None
        assert app.one.crosshair is not None
        assert 1 <= left < app.one.crosshair <= 50
        await pilot._post_mouse_events([MouseScrollUp], "#one", offset=(60, 5))
        await wait_for(pilot, lambda: "zoomed" in str(app.one.border_subtitle))


async def test_every_role_has_its_colour_in_both_themes() -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.show(losses())
        await wait_for(pilot, lambda: "train" in text_of(app.one))
        for theme in (DARK, LIGHT):
            app.theme = theme.name
            await pilot.pause()
            expected = {
                Color.parse(theme.variables[f"role-{role}"]).rgb for role in ("train", "test")
            }
            await wait_for(pilot, lambda wanted=expected: wanted <= _colours(app.one), theme.name)


def _colours(chart: Chart) -> set[tuple[int, int, int]]:
    styles = [
        segment.style
        for row in range(chart.size.height)
        for segment in chart.render_line(row)
        if segment.style is not None
    ]
    return {
        tuple(style.color.triplet)  # pyright: ignore[reportReturnType]
        for style in styles
        if style.color is not None and style.color.triplet is not None
    }


async def test_a_hostile_title_is_shown_as_it_is() -> None:
    app = Charts()
    title = "[red]x[/red] [@click=app.quit]y[/] \x1b[31m"
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.show(replace(losses(), title=title))
        await wait_for(pilot, lambda: "train" in text_of(app.one))
        assert app.one._border_title is not None
        assert app.one._border_title.plain == "[red]x[/red] [@click=app.quit]y[/] <1b>[31m"
        assert app.one._border_title.spans == []


async def test_a_failure_while_drawing_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("no width [red]")

    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        monkeypatch.setattr(scene, "draw", broken)
        app.one.show(losses())
        await wait_for(pilot, lambda: "cannot draw: no width [red]" in text_of(app.one))


@pytest.mark.parametrize("size", [(24, 12), (200, 120), (10, 4), (3, 2), (60, 16)])
async def test_it_fits_any_terminal(size: tuple[int, int]) -> None:
    app = Charts()
    plot = replace(losses(), marks=(Mark(10.0, "resumed"), Mark(math.nan, "")))
    async with app.run_test(size=size) as pilot:
        app.one.focus()
        app.one.show(plot)
        await press(pilot, "c", "s", "y", "right")
        width, height = app.one.size
        rows = [app.one.render_line(row) for row in range(height)]
        assert all(row.cell_length == width for row in rows)
        text = text_of(app.one)
        assert "cannot draw" not in text
        is_large = width >= 20 and height >= 4
        assert ("epoch" in text) == is_large
        assert ("needs 20" in text) == (not is_large and width >= 10)


async def test_a_chart_shown_before_it_is_mounted_appears() -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        chart = Chart(name="late", classes="pane")
        chart.show(losses())
        await app.mount(chart)
        await wait_for(pilot, lambda: "train" in text_of(chart))


async def test_a_crosshair_of_epochs_is_not_taken_to_a_plot_along_t() -> None:
    app = Charts()
    async with app.run_test(size=(100, 40)) as pilot:
        app.one.focus()
        app.one.show(losses())
        await press(pilot, "c")
        app.clock_s += 1
        app.one.show(replace(losses(name="along"), x_label="t"))
        await pilot.pause()
        assert app.one.crosshair is None
        assert app.moves[-1] is None
