"""CPU time of one refresh of the terminal's chart, beside its floor and a rasteriser in a loop.

Run: python benchmarks/chart_refresh.py

Four noisy lines in 120 by 30 characters, moving average and crosshair on, every array new at
every refresh. The app runs without a terminal; times are of the process, not of the wall, since
machines are shared.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from measuring import Ratio, publish
from textual.app import App, ComposeResult
from textual.widgets import Static

import mcworkbench
from mcworkbench.reports.plot import Plot, Role, Series
from mcworkbench.screens.chart.scene import Scene
from mcworkbench.screens.chart.settings import ChartSettings
from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.themes import DARK

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH, HEIGHT = 120, 30
NUM_LINES = 4
ROUNDS, LOOPED_ROUNDS = 24, 5
SMOOTHED = ChartSettings(smoothing=2)
STYLES = Path(mcworkbench.__file__).parent / "screens" / "styles"


def noisy(num_points: int, seed: int) -> Plot:
    """Return four falling, noisy lines as tuples, as the pictures of a run hold them."""
    rng = np.random.default_rng(seed)
    xs = np.arange(1.0, num_points + 1)
    series: list[Series] = []
    for place, role in enumerate((Role.train, Role.test, Role.straight, Role.other)):
        ys = (1 + 0.3 * place) * np.exp(-3 * xs / num_points) + 0.1 * rng.normal(size=xs.size) ** 2
        points = tuple(xs.tolist()), tuple((ys + 0.01).tolist())
        series.append(Series(f"line {place}", *points, role, is_smoothable=True))
    return Plot("loss", "loss", "epoch", "train_nll", tuple(series))


def looped(plot: Plot, width: int, height: int) -> list[str]:
    """Return the lines of the same picture, point by point, as a plain program would draw them.

    Moving averages and straight lines between neighbours like the chart; no axes, no legend, no
    colours, which the chart's time includes.
    """
    rows, columns = 4 * height, 2 * width
    every = [y for series in plot.series for y in series.ys]
    low, high = min(every), max(every)
    first, last = plot.series[0].xs[0], plot.series[0].xs[-1]
    bits = [[0] * width for _ in range(height)]
    table = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
    for series in plot.series:
        average, debias = 0.0, 1.0
        averages: list[float] = []
        for y in series.ys:
            average = 0.9 * average + 0.1 * y
            debias *= 0.9
            averages.append(average / (1 - debias))
        for ys in (series.ys, averages):
            before: tuple[int, int] | None = None
            for x, y in zip(series.xs, ys, strict=True):
                across = round((x - first) / (last - first) * (columns - 1))
                up = round((y - low) / (high - low) * (rows - 1))
                start = before or (across, up)
                steps = max(abs(across - start[0]), abs(up - start[1]), 1)
                for step in range(steps + 1):
                    column = round(start[0] + step / steps * (across - start[0]))
                    row = rows - 1 - round(start[1] + step / steps * (up - start[1]))
                    bits[row // 4][column // 2] |= table[row % 4][column % 2]
                before = across, up
    return ["".join(chr(0x2800 + bit) for bit in row) for row in bits]


class Screen(App[None]):
    """One chart and one line of text."""

    CSS_PATH = [STYLES / "shared.tcss", STYLES / "chart.tcss"]  # noqa: RUF012
    CSS = f"#chart {{ height: {HEIGHT}; border: none; }}"

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        """Lay out the two."""
        # A clock that leaps, so that no refresh waits for the next.
        yield Chart(id="chart", clock_s=lambda: time.monotonic() * 1e6)
        yield Static("", id="floor")


@dataclass(frozen=True)
class Spread:
    """CPU milliseconds of a refresh: lowest and median."""

    least_ms: float
    median_ms: float


def spread(seconds: list[float]) -> Spread:
    """Return the lowest and the median of CPU seconds, the first, cold one left out."""
    warm = seconds[1:]
    return Spread(round(1e3 * min(warm), 2), round(1e3 * statistics.median(warm), 2))


async def refreshes(num_points: int) -> tuple[list[float], list[float]]:
    """Return the CPU seconds of every refresh of the chart, and of the line of text in turn."""
    app = Screen()
    plots = [noisy(num_points, seed) for seed in range(3)]
    times: tuple[list[float], list[float]] = ([], [])
    async with app.run_test(size=(WIDTH, HEIGHT + 2)) as pilot:
        chart, floor = app.query_one("#chart", Chart), app.query_one("#floor", Static)
        chart.focus()
        chart.show(plots[-1])
        await pilot.press("s", "s", "c")
        await pilot.pause()
        for turn in range(ROUNDS):
            plot = plots[turn % len(plots)]
            acts = (partial(chart.show, plot), partial(floor.update, str(turn)))
            for place, act in enumerate(acts):
                gc.collect()
                began_s = time.process_time()
                act()
                await painted(app)
                times[place].append(time.process_time() - began_s)
    return times


async def painted(app: App[None]) -> None:
    """Return once the screen has painted what was asked for."""
    done = asyncio.Event()
    app.call_after_refresh(done.set)
    await done.wait()
    await asyncio.sleep(1 / 30)


def prepared_and_drawn(scene: Scene, plot: Plot) -> None:
    """Draw a plot with its moving averages and a crosshair in the middle."""
    scene.prepare(plot, SMOOTHED)
    scene.draw(plot, SMOOTHED, WIDTH, HEIGHT, plot.series[0].xs[-1] / 2)


def drawings(num_points: int) -> tuple[list[float], list[float]]:
    """Return the CPU seconds of the drawing alone, and of the loop in turn."""
    plots = [noisy(num_points, seed) for seed in range(3)]
    times: tuple[list[float], list[float]] = ([], [])
    scene = Scene()
    for turn in range(1 + ROUNDS):
        plot = plots[turn % len(plots)]

        # The loop is far slower: a few rounds tell as much.
        works: list[Callable[[], object]] = [partial(prepared_and_drawn, scene, plot)]
        if turn < LOOPED_ROUNDS:
            works.append(partial(looped, plot, WIDTH, HEIGHT))
        for place, work in enumerate(works):
            began_s = time.process_time()
            work()
            times[place].append(time.process_time() - began_s)
    return times


def measure() -> list[Ratio]:
    """Return for each size the refresh beside its floor, and the drawing beside the loop."""
    found: list[Ratio] = []
    for num_points in (1_000, 10_000, 100_000):
        what = f"{NUM_LINES} × {num_points:,} points, {WIDTH} × {HEIGHT}, CPU"
        refreshed, floor = asyncio.run(refreshes(num_points))
        drawn, loop = drawings(num_points)
        found.append(_ratio(f"{what}: one refresh", ("Chart", refreshed), ("Static.update", floor)))
        found.append(_ratio(f"{what}: drawing alone", ("numpy", drawn), ("loop", loop)))
        print(f"{what}: refresh {spread(refreshed)}, floor {spread(floor)}, draw {spread(drawn)}")
    return found


def _ratio(what: str, ours: tuple[str, list[float]], other: tuple[str, list[float]]) -> Ratio:
    pairs = list(zip(ours[1][1:], other[1][1:], strict=False))
    ratios = [theirs / mine for mine, theirs in pairs]
    lower, _, upper = statistics.quantiles(ratios, n=4)
    least = f"{what} (least {1e3 * min(ours[1][1:]):.1f} ms)"
    return Ratio(
        least,
        ours[0],
        other[0],
        spread(ours[1]).median_ms,
        spread(other[1]).median_ms,
        round(statistics.median(ratios), 3),
        (round(lower, 3), round(upper, 3)),
    )


if __name__ == "__main__":
    publish("chart-refresh", "cpu", measure())
