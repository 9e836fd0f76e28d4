"""The charts along t: the chosen quantity, and where there is room the next one beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.run.choices import plot_shown, without_ghosts
from mcworkbench.screens.run.words import why_empty

if TYPE_CHECKING:
    from textual.widget import Widget

    from mcworkbench.reports.plot import Plot
    from mcworkbench.screens.pictures.run_picture import PairPicture, RunPicture
    from mcworkbench.screens.run.choices import Choices

_NO_CURVE = "the curve has not been trained yet"
_NO_LINE = "no point of the path has been measured yet"


@final
class AlongCharts:
    """Two charts that share a crosshair; a plot that did not change is not shown again."""

    def __init__(self) -> None:
        self.first = Chart(name="Curve", classes="pane", id="curve")
        self.second = Chart(name="Curve 2", classes="pane", id="curve-2")
        self._sources: dict[Chart, tuple[object, ...]] = {}

    def show(
        self, picture: RunPicture, pair: PairPicture, choices: Choices, *, has_ghosts: bool
    ) -> None:
        """Show a pair's quantities, with what earlier probes measured or without."""
        has_curve = any(row.kind == "curve" for row in picture.stages)
        empty = why_empty(picture, _NO_CURVE if has_curve else _NO_LINE)
        head = _head(picture, pair)
        for offset, chart in enumerate((self.first, self.second)):
            plot = plot_shown(pair, choices, offset)
            if plot is None or chart.disabled:
                continue
            # An empty plot says what runs meanwhile; others do not depend on it.
            source = (plot, has_ghosts, head, "" if plot.series else empty)
            if _is_same(source, self._sources.get(chart)):
                continue
            self._sources[chart] = source
            chart.show(_dressed(plot, head, empty, has_ghosts=has_ghosts))

    def set_crosshair(self, x: float | None, *, but: Widget | None = None) -> None:
        """Put the crosshair of both charts, but of the one that told, at a position."""
        for chart in (self.first, self.second):
            if chart is not but:
                chart.set_crosshair(x)


def _head(picture: RunPicture, pair: PairPicture) -> str:
    if len(picture.pairs) == 1:
        return ""
    place = [one.label for one in picture.pairs].index(pair.label) + 1
    return f"{place}/{len(picture.pairs)} {pair.label} · "


def _dressed(plot: Plot, head: str, empty: str, *, has_ghosts: bool) -> Plot:
    shown = plot if has_ghosts else without_ghosts(plot)
    return replace(shown, title=f"{head}{plot.title}", empty=empty)


def _is_same(one: tuple[object, ...], other: tuple[object, ...] | None) -> bool:
    return other is not None and one[0] is other[0] and one[1:] == other[1:]
