"""The part of a chart that draws: when, which rows, and what its border says.

While it cannot be seen it draws nothing; bursts of data are drawn at most four times a second;
only rows that changed are repainted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.content import Content
from textual.events import Show
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from mcworkbench.reports.braille import sentence
from mcworkbench.reports.plot import Plot
from mcworkbench.screens.chart.painting import COMPONENTS, Painter, regions
from mcworkbench.screens.chart.scene import Scene, is_same
from mcworkbench.screens.chart.settings import ChartSettings
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style
    from textual.timer import Timer

    from mcworkbench.reports.braille import Drawing

_PERIOD_S = 0.25
_NOTHING = Plot("", "", "", "")


class AbstractChart(Widget):
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
        super().__init__(name=name, id=id, classes=classes)
        self._plot = _NOTHING
        self._choices: dict[str, ChartSettings] = {}
        self._crosshair: float | None = None
        self._scene = Scene()
        self._painter = Painter(self._component_style)
        self._drawing: Drawing | None = None
        self._border = ("", "")
        self._is_dirty = True
        self._clock_s = clock_s
        self._drawn_at_s = -_PERIOD_S
        self._pending: Timer | None = None

    def show(self, plot: Plot) -> None:
        """Show a plot; an equal one costs nothing. Its sequences must not change afterwards."""
        if is_same(plot, self._plot):
            return
        is_other = plot.name != self._plot.name
        self._plot = plot
        self._is_dirty = True
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
    def render_line(self, y: int) -> Strip:
        if self._drawing is None or not self._fits(self._drawing):
            self._paint()
        return self._painter.strip(y) or Strip.blank(self.size.width, self.rich_style)

    @override
    def notify_style_update(self) -> None:
        self._painter.forget_styles()
        self._drawing = None
        super().notify_style_update()

    @on(Show)
    def _shown(self) -> None:
        if self._is_dirty:
            self._draw_now()

    def _component_style(self, name: str) -> Style:
        return self.get_component_rich_style(name) if name else self.rich_style

    def _fits(self, drawing: Drawing) -> bool:
        return (drawing.canvas.width, drawing.canvas.height) == tuple(self.size)

    def _can_be_seen(self) -> bool:
        return (
            self.is_attached
            and bool(self.size)
            and self.app.screen is self.screen
            and self.is_on_screen
        )

    def _draw_soon(self) -> None:
        """Draw data that came: now, when the last drawing is old enough, or when it can be seen."""
        if not self.is_running:
            return
        wait_s = self._drawn_at_s + _PERIOD_S - self._clock_s()
        if wait_s <= 0 and self._can_be_seen():
            self._draw_now()
        elif self._pending is None:
            # Nothing tells a widget that a dialog above it was closed: it looks again.
            delay_s = wait_s if wait_s > 0 else _PERIOD_S
            self._pending = self.set_timer(delay_s, self._drawing_is_due)

    def _drawing_is_due(self) -> None:
        self._pending = None
        if self._is_dirty:
            self._draw_soon()

    def _draw_now(self) -> None:
        """Draw, and let Textual repaint the rows that changed."""
        self._is_dirty = True
        if not self.is_running or not self._can_be_seen():
            self._draw_soon()
            return
        changed = self._paint()
        if changed:
            self.refresh(*regions(changed, self.size.width))

    def _paint(self) -> list[int]:
        """Draw into the painter and return the rows that changed; odd data never raise."""
        width, height = self.size
        try:
            self._scene.prepare(self._plot, self.settings)
            drawing = self._scene.draw(self._plot, self.settings, width, height, self._crosshair)
        except Exception as error:  # noqa: BLE001
            drawing = sentence(f"cannot draw: {error}", width, height)
            self.log.error(error)  # noqa: TRY400
        self._drawing, self._is_dirty = drawing, False
        self._drawn_at_s = self._clock_s()
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
