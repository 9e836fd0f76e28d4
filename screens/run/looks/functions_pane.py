"""The functions that the networks along a path compute, one of them bold, over the data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, final

from textual import on
from textual.containers import Container
from textual.content import Content
from typing_extensions import override

from mcworkbench.reports.plot import Bundle, Plot, Role, Series
from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.run.looks.at_t import KEYS, AbstractAtT
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from mcworkbench.screens.pictures.looks import Fitted

_NOTHING = "no functions are stored: evaluate.functions keeps them"
Points = tuple[tuple[float, ...], tuple[float, ...]]


@final
class FunctionsPane(Container, AbstractAtT):
    """One path's functions of one variable."""

    HELP = (
        "Every network along the path as a function of its one variable, faint; both ends and the "
        "one at t stand out, over the data they were fitted to. Left and right move t, here and in "
        "every other pane; with a crosshair in here they read the functions at one x."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    def __init__(self, *, id: str, name: str) -> None:  # noqa: A002
        super().__init__(id=id, name=name, classes="pane")
        self.chart = Chart(name=name, id=f"{id}-chart")
        self.fitted: Fitted | None = None
        self.empty = _NOTHING
        self._bundle: Bundle | None = None

    def compose(self) -> ComposeResult:
        """Lay out the chart."""
        yield self.chart

    def show(self, fitted: Fitted | None, empty: str = _NOTHING) -> None:
        """Show the functions of a path."""
        if fitted is not self.fitted or empty != self.empty or not self.chart.plot.name:
            self.fitted, self.empty = fitted, empty
            self._bundle = bundle_of(fitted) if fitted is not None else None
            self.show_place()

    @property
    @override
    def places(self) -> tuple[tuple[float, ...], ...]:
        return (self.fitted.ts,) if self.fitted is not None else ()

    @override
    def show_place(self) -> None:
        name = clean_line(self.fitted.name) if self.fitted is not None else ""
        self.border_title = Content(f"Functions · {name}" if name else "Functions")
        if self.fitted is None or self._bundle is None:
            self.chart.show(Plot("functions", "functions", "x", "y", empty=self.empty))
            return
        place = self.place_on(self.fitted.ts)
        self.chart.show(functions_plot(self.fitted, self._bundle, place))

    @override
    def focus(self, scroll_visible: bool = True) -> FunctionsPane:
        self.chart.focus(scroll_visible)
        return self

    @on(Chart.CrosshairMoved)
    def _read_x(self, event: Chart.CrosshairMoved) -> None:
        # An x of a function says nothing about a place on the path.
        event.stop()


def bundle_of(fitted: Fitted) -> Bundle:
    """Return all functions of a path."""
    count = len(fitted.ts)
    return Bundle(f"{count} networks along t", fitted.xs, fitted.values_TG.tolist())


def functions_plot(fitted: Fitted, bundle: Bundle, place: int) -> Plot:
    """Return the functions with the ends and one more standing out, over the data.

    Args:
        fitted: what lies along the path.
        bundle: of the same functions, made once.
        place: among its positions, which one is bold.
    """
    series = [
        _dots("training data", fitted.train, Role.ghost),
        _dots("test data", fitted.test, Role.validation),
        Series("first end", fitted.xs, fitted.values_TG[0].tolist(), Role.test),
        Series("last end", fitted.xs, fitted.values_TG[-1].tolist(), Role.straight),
        Series(
            f"t {fitted.ts[place]:.2f}",
            fitted.xs,
            fitted.values_TG[place].tolist(),
            Role.train,
            is_focused=True,
        ),
    ]
    return Plot(
        f"functions-{fitted.name}",
        f"functions along the {fitted.name}",
        "x",
        "y",
        tuple(one for one in series if len(one.xs)),
        is_log=False,
        task="regression",
        bundle=bundle,
    )


def _dots(label: str, points: Points, role: Role) -> Series:
    """Return points that no line joins: a gap stands between any two."""
    xs, ys = points
    doubled = [x for x in xs for _ in range(2)]
    gaps = [value for y in ys for value in (y, math.nan)]
    return Series(label, doubled, gaps, role, is_partial=True, is_scattered=True)
