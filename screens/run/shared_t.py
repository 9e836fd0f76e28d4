"""One position along the path for the whole Run screen: charts, table and every other way to look.

Whichever pane the user moves it in tells the screen, which puts all others there; nobody echoes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.run.along import AlongCharts
from mcworkbench.screens.run.keys import AbstractRunKeys
from mcworkbench.screens.run.parts import PositionMoved
from mcworkbench.screens.run.path_table import TablePane
from mcworkbench.screens.run.training import TrainingPane
from mcworkbench.screens.widgets.lines import AbstractLines

if TYPE_CHECKING:
    from textual.widget import Widget


class AbstractSharedT(AbstractRunKeys):
    """The part of the Run screen that keeps all panes at one t.

    Attributes:
        along: the charts along t.
        training: charts of a training, which share a crosshair of their own.
        table: the table along t.
    """

    def __init__(self) -> None:
        super().__init__()
        self.along = AlongCharts()
        self.training = TrainingPane(id="training")
        self.table = TablePane(id="table")
        # None before anything was moved.
        self._t: float | None = None

    def _begin_at_worst(self) -> None:
        """Put charts and parts to where the path is worst, unless the user moved them before."""
        if self._t is None and self.table.rows.is_whole:
            self._move_t(self.table.rows.t)

    def _forget_t(self) -> None:
        """Begin anew with another run."""
        self._t = None
        self.table.rows.forget()
        with self.prevent(Chart.CrosshairMoved):
            self.along.set_crosshair(None)

    @on(Chart.CrosshairMoved)
    def _crosshair_moved(self, event: Chart.CrosshairMoved) -> None:
        event.stop()
        with self.prevent(Chart.CrosshairMoved):
            if event.chart in self.training.charts:
                for chart in self.training.charts:
                    if chart is not event.chart:
                        chart.set_crosshair(event.x)
                return
            if any(part.takes_crosshair(event.chart, event.x) for part in self.parts):
                return
        self._move_t(event.x, but=event.chart)

    @on(AbstractLines.Moved, "#table-rows")
    def _row_moved(self) -> None:
        self._move_t(self.table.rows.t, but=self.table)

    @on(PositionMoved)
    def _position_moved(self, event: PositionMoved) -> None:
        event.stop()
        self._move_t(event.t, but=event.pane)

    def _move_t(self, t: float | None, *, but: Widget | None = None) -> None:
        """Put every pane but the one that told to a position; None takes the crosshair off."""
        self._t = t if t is not None else self._t
        with self.prevent(Chart.CrosshairMoved):
            self.along.set_crosshair(t, but=but)
        for part in self.parts:
            part.set_t(t)
        if t is not None and but is not self.table:
            self.table.rows.move_to_t(t)
