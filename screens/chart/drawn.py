"""The part of a chart that draws: the plot it was given, and what its border says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from typing_extensions import override

from mcworkbench.reports.braille import sentence
from mcworkbench.reports.plot import Plot
from mcworkbench.screens.chart.painting import COMPONENTS, Painter
from mcworkbench.screens.chart.scene import Scene, is_same
from mcworkbench.screens.chart.settings import ChartSettings
from mcworkbench.screens.widgets.drawn import AbstractDrawn
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style
    from textual.strip import Strip

    from mcworkbench.reports.braille import Drawing

_NOTHING = Plot("", "", "", "")


class AbstractChart(AbstractDrawn):
    """A pane that draws a plot; what was chosen for a plot is kept by the plot's name."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare an empty chart; `clock_s` gives monotonic seconds."""
        super().__init__(name=name, id=id, classes=classes, clock_s=clock_s)
        self._plot = _NOTHING
        self._choices: dict[str, ChartSettings] = {}
        self._crosshair: float | None = None
        self._scene = Scene()
        self._painter = Painter(self._component_style)
        self._drawing: Drawing | None = None
        self._border = ("", "")

    def show(self, plot: Plot) -> None:
        """Show a plot; an equal one costs nothing. Its sequences must not change afterwards."""
        if is_same(plot, self._plot):
            return
        is_other = plot.name != self._plot.name
        self._plot = plot
        if is_other:
            self._draw_now()
        else:
            self._draw_soon()

    @property
    def plot(self) -> Plot:
        """Return what is shown."""
        return self._plot

    @property
    def settings(self) -> ChartSettings:
        """Return what was chosen for the plot that is shown."""
        return self._choices.get(self._plot.name, ChartSettings())

    @override
    def _strip(self, row: int) -> Strip | None:
        return self._painter.strip(row)

    @override
    def _forget_styles(self) -> None:
        self._painter.forget_styles()

    def _component_style(self, name: str) -> Style:
        return self.get_component_rich_style(name) if name else self.rich_style

    @override
    def _paint(self) -> list[int]:
        width, height = self.size
        try:
            self._scene.prepare(self._plot, self.settings)
            drawing = self._scene.draw(self._plot, self.settings, width, height, self._crosshair)
        except Exception as error:  # noqa: BLE001 - odd data must not end the app
            drawing = sentence(f"cannot draw: {error}", width, height)
            self.log.error(error)  # noqa: TRY400
        self._drawing = drawing
        self._write_border()
        return self._painter.paint(drawing, self._plot)

    def _write_border(self) -> None:
        """Write title and state, only what changed: Textual repaints everything for it."""
        has_crosshair = self._crosshair is not None
        title = clean_line(self._plot.title)
        state = self._scene.words(self._plot, self.settings, has_crosshair=has_crosshair)
        if title != self._border[0]:
            self.border_title = Content(title) if title else None
        if state != self._border[1]:
            self.border_subtitle = Content(state) if state else None
        self._border = (title, state)
