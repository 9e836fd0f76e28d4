"""Two charts in an app of their own, and plots for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, final

from textual import on
from textual.app import App
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

import mcworkbench
from mcworkbench.reports.plot import Plot, Role, Series
from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.themes import DARK, LIGHT

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

_STYLES = Path(mcworkbench.__file__).parent / "screens" / "styles"


@final
class Dialog(ModalScreen[None]):
    def compose(self) -> ComposeResult:
        yield Static("a dialog")


@final
class Elsewhere(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Static("another mode")


@final
class Charts(App[None]):
    """Two charts that share a crosshair."""

    CSS_PATH = [_STYLES / "shared.tcss", _STYLES / "chart.tcss"]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [("left", "seen('left')"), ("escape", "seen('escape')")]

    def __init__(self) -> None:
        super().__init__()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name
        self.clock_s = 1000.0
        self.seen: list[str] = []
        self.moves: list[float | None] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            for name in ("one", "two"):
                yield Chart(name=name, classes="pane", id=name, clock_s=lambda: self.clock_s)

    @property
    def one(self) -> Chart:
        return self.query_one("#one", Chart)

    @property
    def two(self) -> Chart:
        return self.query_one("#two", Chart)

    def action_seen(self, key: str) -> None:
        self.seen.append(key)

    @on(Chart.CrosshairMoved)
    def share(self, event: Chart.CrosshairMoved) -> None:
        self.moves.append(event.x)
        for chart in self.query(Chart):
            if chart is not event.chart:
                chart.set_crosshair(event.x)


def losses(num_points: int = 50, last: float | None = None, name: str = "loss") -> Plot:
    xs = tuple(float(epoch) for epoch in range(1, num_points + 1))
    ys = [0.5 / x + 0.1 * (x % 3) for x in xs]
    if last is not None:
        ys[-1] = last
    series = (
        Series("train", xs, tuple(ys), Role.train, is_smoothable=True),
        Series("test", xs[::5], tuple(y + 0.5 for y in ys[::5]), Role.test),
    )
    return Plot(name, "loss by epoch", "epoch", "train_nll", series, is_log=False)


def text_of(chart: Chart) -> str:
    return "\n".join(chart.render_line(row).text for row in range(chart.size.height))
