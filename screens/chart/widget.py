"""The chart as it is steered: by keys, by mouse, by the screen it stands on.

A pane of its own: it writes title and state into its border. Charts of one screen share a
crosshair by passing on `CrosshairMoved` to `set_crosshair`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, final

from textual import on
from textual.events import Click, MouseEvent, MouseMove, MouseScrollDown, MouseScrollUp
from textual.message import Message
from typing_extensions import override

from mcworkbench.reports.chart_lines import nearest_x, next_x
from mcworkbench.screens.chart import keys
from mcworkbench.screens.chart.drawn import AbstractChart
from mcworkbench.screens.chart.smoothing import WEIGHTS
from mcworkbench.screens.chart.window import ALL, PAN, ZOOM, Window

if TYPE_CHECKING:
    from textual.binding import BindingType

    from mcworkbench.reports.plot import Plot
    from mcworkbench.screens.chart.settings import ChartSettings


@final
class Chart(AbstractChart, can_focus=True):
    """Shows one plot at a time and lets the user look closer."""

    HELP = keys.HELP
    BINDINGS: ClassVar[list[BindingType]] = [*keys.LOOKING, *keys.CROSSHAIR]
    _last_crosshair: float | None = None

    @dataclass
    class CrosshairMoved(Message):
        """The user moved the crosshair of a chart, or turned it off (None)."""

        chart: Chart
        x: float | None

        @property
        @override
        def control(self) -> Chart:
            """The chart, so that handlers may select by it."""
            return self.chart

    @override
    def show(self, plot: Plot) -> None:
        if plot.x_label != self.plot.x_label:
            # An epoch says nothing about a place on a path.
            self._move_crosshair(None)
            self._last_crosshair = None
        offered = self._has_numbers(), self._can_smooth()
        super().show(plot)
        if offered != (self._has_numbers(), self._can_smooth()):
            self.refresh_bindings()

    @property
    def crosshair(self) -> float | None:
        """Return where the crosshair is, None while it is off."""
        return self._crosshair

    def set_crosshair(self, x: float | None) -> None:
        """Put the crosshair at x, or turn it off, without telling anyone."""
        if x != self._crosshair:
            self._crosshair = x
            self._last_crosshair = x if x is not None else self._last_crosshair
            self.refresh_bindings()
            self._draw_now()

    # Keys.

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in keys.CROSSHAIR_ACTIONS:
            # Without a crosshair its keys belong to whatever is around the chart.
            return self._crosshair is not None
        if action == "smooth":
            return True if self._can_smooth() else None
        if action in keys.NEEDS_NUMBERS:
            return True if self._has_numbers() else None
        return True

    def _has_numbers(self) -> bool:
        return any(len(series.xs) for series in self.plot.series)

    def _can_smooth(self) -> bool:
        return any(series.is_smoothable and len(series.xs) for series in self.plot.series)

    def _choose(self, settings: ChartSettings) -> None:
        self._choices[self._plot.name] = settings
        self._draw_now()

    def action_log_y(self) -> None:
        """Change between logarithmic and linear y."""
        self._choose(replace(self.settings, is_log=not self._scene.is_log))

    def action_smooth(self, step: int) -> None:
        """Smooth more, or with -1 less."""
        place = min(max(self.settings.smoothing + step, 0), len(WEIGHTS) - 1)
        self._choose(replace(self.settings, smoothing=place))

    def action_zoom(self, direction: int) -> None:
        """Zoom in, or with -1 out, around the crosshair where there is one."""
        self._zoom(ZOOM**direction, self._crosshair)

    def _zoom(self, factor: float, centre: float | None) -> None:
        extent = self._scene.extent
        if extent is None:
            return
        window = self.settings.window
        if window.is_following and centre is None:
            centre = extent[1]
        self._look(window.zoomed(extent, factor, centre))

    def _look(self, window: Window) -> None:
        if window != self.settings.window:
            self._choose(replace(self.settings, window=window))

    def action_pan(self, direction: int) -> None:
        """Move the window of x by a quarter."""
        if self._scene.extent is not None:
            self._look(self.settings.window.panned(self._scene.extent, PAN * direction))

    def action_follow(self) -> None:
        """Follow the newest points, or stay."""
        if self._scene.extent is not None:
            self._look(self.settings.window.followed(self._scene.extent))

    def action_reset(self) -> None:
        """Show all of x."""
        self._look(ALL)

    # Crosshair.

    def action_crosshair(self) -> None:
        """Turn the crosshair on or off."""
        if self._crosshair is not None or self._scene.extent is None:
            self._move_crosshair(None)
            return
        low, high = self.settings.window.shown(self._scene.extent)
        last = self._last_crosshair
        middle = last if last is not None and low <= last <= high else (low + high) / 2
        self._move_crosshair(nearest_x(self._scene.lines, middle))

    def action_crosshair_off(self) -> None:
        """Turn the crosshair off."""
        self._move_crosshair(None)

    def action_step(self, step: int) -> None:
        """Move the crosshair by points, to the left where negative."""
        if self._crosshair is not None:
            self._move_crosshair(next_x(self._scene.lines, self._crosshair, step))

    def action_edge(self, direction: int) -> None:
        """Move the crosshair to the last point in the window, or with -1 to the first."""
        if self._scene.extent is not None:
            edges = self.settings.window.shown(self._scene.extent)
            self._move_crosshair(nearest_x(self._scene.lines, edges[direction > 0]))

    def _move_crosshair(self, x: float | None) -> None:
        if x == self._crosshair:
            return
        extent, window = self._scene.extent, self.settings.window
        if x is not None and extent is not None:
            self._choices[self._plot.name] = replace(
                self.settings, window=window.revealing(extent, x)
            )
        self.set_crosshair(x)
        self.post_message(self.CrosshairMoved(self, x))

    # Mouse.

    def _x_under(self, event: MouseEvent) -> float | None:
        offset = event.get_content_offset(self)
        return None if offset is None or self._drawing is None else self._drawing.x_at(offset.x)

    @on(MouseMove)
    @on(Click)
    def _point(self, event: MouseEvent) -> None:
        x = self._x_under(event)
        if self._crosshair is not None and x is not None:
            self._move_crosshair(nearest_x(self._scene.lines, x))

    @on(MouseScrollUp)
    def _wheel_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self._zoom(ZOOM, self._x_under(event))

    @on(MouseScrollDown)
    def _wheel_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self._zoom(1 / ZOOM, self._x_under(event))
