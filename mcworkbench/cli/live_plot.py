"""The small plot under a running run: what its active stage has measured so far.

Training a network shows its loss by epoch, training a curve the loss along t as it was probed
last, evaluating the points so far; the straight line stays beside them. The pictures of the
app's screens, drawn for a plain terminal.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, final

from rich.text import Text

from mcworkbench.reports.braille import Drawing, View, draw, starts_log
from mcworkbench.reports.ensemble_plots import members_plot
from mcworkbench.reports.plot import Plot
from mcworkbench.runs.state import ACTIVE
from mcworkbench.screens.pictures.along import pairs_of
from mcworkbench.screens.pictures.pairs import Pairs
from mcworkbench.screens.pictures.training import Trainings

if TYPE_CHECKING:
    from mcworkbench.reports.plot import Series
    from mcworkbench.runs.views import NodeView, RunView

STYLES = ("cyan", "yellow", "magenta", "green", "blue", "red")
_MIN_POINTS = 2
_NOTHING = Plot("", "", "", "")


@final
class LivePlot:
    """The plot of one run; what did not change is not computed again."""

    def __init__(self) -> None:
        self._trainings = Trainings()
        self._pairs = Pairs()

    def lines(self, run: RunView, width: int, height: int) -> list[Text]:
        """Return the rows of the plot; none where nothing was measured yet."""
        active = [node for node in run.nodes.values() if node.state in ACTIVE]
        for node in reversed(active):
            plot = _simple(self._plot(node, run), num_ghosts=int(node.kind == "curve"))
            if any(map(_is_line, plot.series)):
                view = View(is_log=starts_log(plot), title=f"{plot.title}:")
                return styled(draw(plot, width, height, view))
        return []

    def _plot(self, node: NodeView, run: RunView) -> Plot:
        """Return the loss along t or the ensemble that a stage forms, else its training's loss."""
        if any(event.ensemble for event in node.view.members.values()):
            return members_plot(node.view)
        if node.kind == "evaluate" or node.view.probes:
            for between, picture in zip(pairs_of(run), self._pairs.pictures(run), strict=True):
                if node in (*between.paths, *between.evaluations):
                    return picture.plots[0]
        trainings = self._trainings.pictures(run)
        plots = [plot for one in trainings if one.node == node.name for plot in one.plots]
        return plots[0] if plots else _NOTHING


def styled(drawing: Drawing) -> list[Text]:
    """Return a drawing's rows with every series in its colour."""
    rows = [Text(row) for row in drawing.rows]
    for span in drawing.spans:
        rows[span.row].stylize(STYLES[span.series % len(STYLES)], span.start, span.stop)
    return rows


def _simple(plot: Plot, *, num_ghosts: int) -> Plot:
    """Return a plot without most of its faint lines, for which a small one has no room."""
    faint = [series for series in plot.series if series.is_faint]
    clear = [series for series in plot.series if not series.is_faint]
    if not any(map(_is_line, clear)):
        return plot
    return replace(plot, series=(*clear, *faint[:num_ghosts]))


def _is_line(series: Series) -> bool:
    return sum(map(math.isfinite, series.ys)) >= _MIN_POINTS
