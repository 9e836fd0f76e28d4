"""Panes of pictures, codes, confusions: what they repaint, when they rest, what they withstand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mcworkbench.screens.pictures.looks import OVER, Between, Codes, Crossed, Fitted
from mcworkbench.screens.run.looks.between_pane import BetweenPane
from mcworkbench.screens.run.looks.codes_pane import CodesPane
from mcworkbench.screens.run.looks.confusion_list import ConfusionList
from mcworkbench.screens.run.looks.crossed_pane import CrossedPane, logarithmic_parts
from mcworkbench.screens.run.looks.density_list import DensityList, bars_of
from mcworkbench.screens.run.looks.functions_pane import FunctionsPane
from mcworkbench.screens.run.looks.recon_strip import ReconStrip
from mcworkbench.screens.widgets.pixels import AbstractPixels
from tests.screens.look_pilots import HOSTILE, Panes, classified, reconstructions
from tests.screens.pilots import press, wait_for
from tests.screens.run_pilots import painted

if TYPE_CHECKING:
    from textual.geometry import Region

CURVE = reconstructions()
LINE = reconstructions(name="line", is_line=True)


def strip_pane() -> ReconStrip:
    strip = ReconStrip(id="strip")
    strip.show((CURVE, LINE), ())
    return strip


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> list[AbstractPixels]:
    """Return the panes drawn, in order, kept up to date."""
    drawn: list[AbstractPixels] = []
    paint = AbstractPixels._paint

    def counted(self: AbstractPixels) -> list[int]:
        drawn.append(self)
        return paint(self)

    monkeypatch.setattr(AbstractPixels, "_paint", counted)
    return drawn


async def test_a_step_repaints_only_the_rows_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    strip = strip_pane()
    asked: list[Region] = []
    async with Panes(strip).run_test(size=(120, 24)) as pilot:
        await wait_for(pilot, lambda: "curve" in painted(strip))
        strip.focus()
        await pilot.pause()
        refresh = ReconStrip.refresh

        def noted(self: ReconStrip, *regions: Region, **others: Any) -> ReconStrip:
            asked.extend(regions)
            return refresh(self, *regions, **others)

        monkeypatch.setattr(ReconStrip, "refresh", noted)
        await press(pilot, "right")
        rows = {row for region in asked for row in region.line_range}
        # Inputs and names stand still; pictures, numbers, errors and the slider move.
        top = 4 + 1
        assert not rows & set(range(top))
        assert {top, strip.size.height - 1} <= rows


async def test_the_same_pictures_are_not_drawn_again(draws: list[AbstractPixels]) -> None:
    strip = strip_pane()
    async with Panes(strip).run_test(size=(120, 24)) as pilot:
        await wait_for(pilot, lambda: strip in draws)
        count = len(draws)
        for _ in range(3):
            strip.show((CURVE, LINE), ())
            strip.set_at(strip.at)
            await pilot.pause(0.3)
        assert len(draws) == count


@pytest.mark.parametrize("key", ["space", ""])
async def test_nothing_is_drawn_while_it_is_hidden(key: str, draws: list[AbstractPixels]) -> None:
    strip = strip_pane()
    app = Panes(strip)
    async with app.run_test(size=(120, 24)) as pilot:
        await wait_for(pilot, lambda: strip in draws)
        strip.focus()
        if key:
            await press(pilot, key)
        strip.display = False
        await wait_for(pilot, lambda: not strip.size)
        count, at, told = len(draws), strip.at, len(app.told)
        if not key:
            strip.set_at(0.9)
            at = strip.at
        await pilot.pause(0.7)
        assert (len(draws), strip.at, len(app.told)) == (count, at, told)
        strip.display = True
        await wait_for(pilot, lambda: len(draws) > count)
        if key:
            await wait_for(pilot, lambda: strip.at != at, "it plays on")


async def test_playing_goes_there_and_back_at_most_five_times_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    intervals: list[float] = []
    start = ReconStrip.set_interval

    def noted(self: ReconStrip, interval: float, *others: Any, **more: Any) -> Any:
        intervals.append(interval)
        return start(self, interval, *others, **more)

    monkeypatch.setattr(ReconStrip, "set_interval", noted)
    strip = ReconStrip(id="strip")
    strip.show((reconstructions(3),), ())
    app = Panes(strip)
    async with app.run_test(size=(100, 24)) as pilot:
        strip.focus()
        await press(pilot, "home", "space")
        await wait_for(pilot, lambda: len(app.told) >= 6)
        assert app.told[1:6] == [0.5, 1.0, 0.5, 0.0, 0.5]
    assert min(intervals) >= 0.2


async def test_a_network_that_trains_is_followed_until_the_user_looks_back() -> None:
    strip = ReconStrip(id="strip")
    strip.show((reconstructions(3, axis=OVER),), ())
    app = Panes(strip)
    async with app.run_test(size=(100, 24)) as pilot:
        strip.focus()
        assert strip.at == 2
        strip.show((reconstructions(4, axis=OVER),), ())
        assert strip.at == 3
        await press(pilot, "left")
        strip.show((reconstructions(5, axis=OVER),), ())
        assert strip.at == 2
        await press(pilot, "end")
        strip.show((reconstructions(6, axis=OVER),), ())
        assert strip.at == 5
        assert app.told == []


async def test_without_pictures_a_sentence_and_no_keys() -> None:
    strip = ReconStrip(id="strip")
    strip.show((), (), "no reconstructions yet — curve runs")
    async with Panes(strip).run_test(size=(80, 12)) as pilot:
        strip.focus()
        await wait_for(pilot, lambda: "curve runs" in painted(strip))
        await press(pilot, "right", "space", "f", "down", "end")
        assert not strip.is_playing
        assert strip.at is None


async def test_paths_of_other_images_are_left_out() -> None:
    strip = ReconStrip(id="strip")
    strip.show((CURVE, reconstructions(num_images=3, name="line")), ())
    assert [path.name for path in strip.paths] == ["curve"]


async def test_without_colours_pictures_are_ink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    strip = strip_pane()
    async with Panes(strip).run_test(size=(120, 24)) as pilot:
        strip.set_at(1.0)
        await wait_for(pilot, lambda: "@@@@@@@@" in painted(strip))
        assert "▀" not in painted(strip)


async def test_a_matrix_stands_where_it_fits_and_a_list_where_not() -> None:
    few, many = ConfusionList(id="few", name="few"), ConfusionList(id="many", name="many")
    few.show(classified(10), ())
    many.show(classified(100), tuple(f"class {place}" for place in range(100)))
    async with Panes(few, many).run_test(size=(90, 40)) as pilot:
        for pane in (few, many):
            pane.set_t(0.0)
        await wait_for(pilot, lambda: "90.00 % right" in painted(few))
        rows = painted(few).splitlines()[2:12]
        assert rows[0].split()[1:4] == ["90", "10", "·"]
        assert "class 7 " in painted(many)
        assert "class 8 10" in painted(many)
        many.focus()
        await press(pilot, "end")
        await wait_for(pilot, lambda: "class 99" in painted(many))
        assert many.at == 99


@pytest.mark.parametrize("size", [(120, 40), (60, 16), (20, 8)])
async def test_names_of_classes_are_shown_as_plain_text(size: tuple[int, int]) -> None:
    confusion, density = ConfusionList(id="confusion", name="c"), DensityList(id="density")
    codes, strip = CodesPane(id="codes"), ReconStrip(id="strip")
    names = (HOSTILE,) * 10
    rng = np.random.default_rng(0)
    ends = (("a", rng.normal(size=(50, 2))), ("b", rng.normal(size=(50, 2))))
    app = Panes(confusion, density, codes, strip)
    async with app.run_test(size=size) as pilot:
        confusion.show(replace(classified(), name=HOSTILE), names)
        density.show((classified(), replace(classified(is_line=True), name=HOSTILE)), names)
        codes.show(Codes(((HOSTILE, ends[0][1]), ends[1]), np.arange(50) % 10, (0.5, 0.2)), names)
        strip.show((replace(CURVE, name=HOSTILE),), names)
        await pilot.pause(0.6)
        text = "\n".join(painted(pane) for pane in (confusion, density, codes, strip))
        assert "cannot draw" not in text
        assert not {"\x1b", "\u202e"} & set(text)
        assert app.return_value is None


def test_bars_are_roots_of_the_density_and_no_peak_is_lost() -> None:
    density = np.zeros(101)
    density[[0, 100]] = 1.0, 4.0
    assert bars_of(density, 5) == "▄   █"
    assert bars_of(np.zeros(101), 4) == "    "
    assert bars_of(np.full(101, np.nan), 3) == "   "
    for place in range(101):
        peak = np.zeros(101)
        peak[place] = 1
        assert bars_of(peak, 17).count("█") >= 1
    assert bars_of(np.ones(3), 7) == "█" * 7


def test_shades_of_crossed_errors_are_logarithmic() -> None:
    parts = logarithmic_parts(np.array([[0.001, 0.01], [0.1, np.nan]]))
    assert parts[0].tolist() == pytest.approx([0, 0.5])
    assert parts[1, 0] == pytest.approx(1)
    assert np.isnan(parts[1, 1])
    assert logarithmic_parts(np.ones((2, 2))).tolist() == [[0, 0], [0, 0]]
    assert logarithmic_parts(np.full((2, 2), np.nan)).tolist() == [[0, 0], [0, 0]]


async def test_crossed_errors_have_numbers_where_there_is_room() -> None:
    pane = CrossedPane(id="crossed")
    mse = np.array([[0.01, 0.2, 0.3], [0.2, 0.05, 0.2], [0.4, 0.2, 0.02]])
    async with Panes(pane).run_test(size=(40, 12)) as pilot:
        pane.show(Crossed((0.0, 0.5, 1.0), mse))
        pane.set_t(1.0)
        await wait_for(pilot, lambda: "t 1.00: 0.0200 · ends crossed: 0.3500" in painted(pane))
        rows = painted(pane).splitlines()
        assert rows[2].split()[1:5] == ["0", ".0100", ".2000", ".3000"]
        assert rows[4].split()[1:5] == ["1", ".4000", ".2000", ".0200"]
    small = CrossedPane(id="small")
    async with Panes(small).run_test(size=(30, 5)) as pilot:
        small.show(Crossed((0.0, 0.5, 1.0), mse))
        await wait_for(pilot, lambda: "needs" in painted(small))


async def test_between_shows_one_pair_of_images_and_the_next() -> None:
    pane = BetweenPane(id="between")
    images = np.zeros((2, 3, 4, 4, 1), np.uint8)
    images[1] = 255
    async with Panes(pane).run_test(size=(60, 12)) as pilot:
        pane.show(Between((0.0, 0.5, 1.0), (("first", images), ("last", images))))
        pane.focus()
        await wait_for(pilot, lambda: "pair 1 of 2" in painted(pane))
        await press(pilot, "down")
        await wait_for(pilot, lambda: "pair 2 of 2" in painted(pane))
        await press(pilot, "down")
        await wait_for(pilot, lambda: "pair 1 of 2" in painted(pane))


async def test_functions_of_odd_values_do_not_end_the_app() -> None:
    pane = FunctionsPane(id="functions", name="Functions")
    values = np.array([[1.0, np.nan, 3.0], [np.inf, 2.0, -1e300]])
    fitted = Fitted("curve", False, (0.0, 1.0), (0.0, 1.0, 2.0), values, ((0.5,), (1.0,)), ((), ()))
    async with Panes(pane).run_test(size=(60, 16)) as pilot:
        pane.show(fitted)
        pane.set_t(1.0)
        await wait_for(pilot, lambda: "2 networks along t" in painted(pane))
        assert "cannot draw" not in painted(pane)
        pane.show(None, "no functions yet")
        await wait_for(pilot, lambda: "no functions yet" in painted(pane))
