"""How a plot is looked at, and what comes of it: a drawing that knows where its x lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mcworkbench.reports.chart_axes import x_of
from mcworkbench.reports.chart_canvas import Canvas
from mcworkbench.reports.chart_lines import Range

if TYPE_CHECKING:
    from mcworkbench.reports.chart_canvas import Span


@final
@dataclass(frozen=True, slots=True)
class View:
    """How a plot is looked at.

    Attributes:
        is_log: logarithmic y; values at or below zero are gaps.
        x_range: the lowest and highest x to show; the plot's own where None.
        y_range: likewise for y, in the unit that text shows.
        crosshair: the x whose values are read out.
        has_grid: faint lines at the ticks of y.
        title: shown before the legend.
        is_legend_below: below the chart instead of above.
    """

    is_log: bool = False
    x_range: Range | None = None
    y_range: Range | None = None
    crosshair: float | None = None
    has_grid: bool = False
    title: str = ""
    is_legend_below: bool = False


@final
@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A drawn plot.

    Attributes:
        canvas: its characters and paints.
        left: the first column of the area where lines are.
        num_columns: how wide that area is, 0 where a sentence stands instead.
        x_range: the x of its first and last dots.
        y_range: likewise for y; logarithms on a logarithmic axis.
    """

    canvas: Canvas
    left: int = 0
    num_columns: int = 0
    x_range: Range = (0.0, 1.0)
    y_range: Range = (0.0, 1.0)

    @property
    def rows(self) -> tuple[str, ...]:
        """Return the text of every row."""
        return tuple(self.canvas.row(row) for row in range(self.canvas.height))

    @property
    def spans(self) -> list[Span]:
        """Return the runs of cells that belong to a series."""
        every = (span for row in range(self.canvas.height) for span in self.canvas.spans(row))
        return [span for span in every if span.series >= 0]

    def x_at(self, column: int) -> float | None:
        """Return the x under a column of the canvas, None outside of the lines' area."""
        if not self.left <= column < self.left + self.num_columns:
            return None
        return x_of(column - self.left, self.x_range, self.num_columns)
