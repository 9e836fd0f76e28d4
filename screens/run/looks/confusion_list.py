"""Which class was taken for which at one place of a path: a matrix, or a list where none fits.

The matrix has a count in every cell, shaded by its share of the true class; with many classes a
row per class names those it is most often taken for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import numpy as np
from rich.color import Color
from rich.style import Style
from rich.text import Text
from textual.content import Content
from typing_extensions import override

from mcworkbench.reports.chart_canvas import one_cell_each
from mcworkbench.reports.shades import COOL, WARM
from mcworkbench.screens.run.looks.at_t import KEYS, AbstractAtT
from mcworkbench.screens.widgets.cells import fitted
from mcworkbench.screens.widgets.lines import AbstractLines, Line

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from textual.binding import BindingType

    from mcworkbench.screens.pictures.looks import Classified

_NOTHING = "no predictions are stored: evaluate.store_predictions keeps them"
_MAX_NAME, _MIN_CELL, _MOST_CELL = 12, 3, 6
_RECALL = 8
_MOST_PAIRS = 6
# Confusions are rare: a part of them fills the whole scale.
_FULL = 0.25
_PERCENT = 100


@final
class ConfusionList(AbstractLines, AbstractAtT):  # pyright: ignore[reportIncompatibleMethodOverride]
    """The confusions of one path at t: a row for every true class."""

    HELP = (
        "Rows are true classes, columns what the network at t takes them for: counts of test "
        "examples, shaded by their share of the row; right of them the share that is right. Where "
        "the columns do not fit, every row names the classes it is most often taken for. Left and "
        "right move t, here and in every other pane."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    def __init__(self, *, id: str, name: str) -> None:  # noqa: A002
        super().__init__(id=id, name=name, classes="pane")
        self.classified: Classified | None = None
        self.class_names: tuple[str, ...] = ()
        self.empty = _NOTHING

    def show(
        self, classified: Classified | None, classes: tuple[str, ...], empty: str = _NOTHING
    ) -> None:
        """Show what the networks along a path took the examples for."""
        if (classified, classes, empty) != (self.classified, self.class_names, self.empty):
            self.classified, self.class_names, self.empty = classified, classes, empty
            self.show_place()

    @property
    @override
    def places(self) -> tuple[tuple[float, ...], ...]:
        return (self.classified.ts,) if self.classified is not None else ()

    @property
    def place(self) -> int:
        """Return which of the path's positions shows."""
        return self.place_on(self.places[0]) if self.places else 0

    @override
    def show_place(self) -> None:
        self._title()
        self.renew()

    @property
    @override
    def num_items(self) -> int:
        return self.classified.counts_TLL.shape[1] if self.classified is not None else 0

    def _title(self) -> None:
        found = self.classified
        name = one_cell_each(found.name, limit=30) if found is not None else ""
        what = f"Confusion · {name} · row true, column taken for"
        self.border_title = Content(what if found is not None else "Confusion")
        if found is None:
            self.border_subtitle = ""
            return
        counts_LL = found.counts_TLL[self.place]
        right = float(np.trace(counts_LL)) / max(int(counts_LL.sum()), 1)
        self.border_subtitle = f"t {found.ts[self.place]:.3f} · {_PERCENT * right:.2f} % right"

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        found = self.classified
        if found is None:
            return [], [Line(Text(self.empty, self.look("quiet"), end=""))]
        counts_LL = found.counts_TLL[self.place]
        names = short_names(self.class_names, len(counts_LL))
        label = min(max(map(len, names)), _MAX_NAME)
        cell = min(_MOST_CELL, (width - label - 1 - _RECALL) // len(names))
        if cell >= max(_MIN_CELL, 1 + len(str(int(counts_LL.max())))):
            return self._matrix(counts_LL, names, label, cell)
        return self._pairs(counts_LL, names, label, width)

    def _matrix(
        self, counts_LL: NDArray[np.int32], names: list[str], label: int, cell: int
    ) -> tuple[list[Text], list[Line]]:
        head = Text(" " * (label + 1), self.look("head"), no_wrap=True, end="")
        for name in names:
            head.append(fitted(name, cell - 1, is_right=True) + " ")
        head.append(fitted("right", _RECALL, is_right=True))
        lines: list[Line] = []
        for row, name in enumerate(names):
            text = Text(fitted(name, label) + " ", self.look("strong"), no_wrap=True, end="")
            total = max(int(counts_LL[row].sum()), 1)
            for column, count in enumerate(counts_LL[row].tolist()):
                shown = str(count) if count else "·"
                text.append(f"{shown:>{cell - 1}} ", _shade(count / total, is_right=row == column))
            text.append(_share(counts_LL, row))
            lines.append(Line(text, row))
        return [head], lines

    def _pairs(
        self, counts_LL: NDArray[np.int32], names: list[str], label: int, width: int
    ) -> tuple[list[Text], list[Line]]:
        head = Text(f"{'class':<{label}}{'right':>{_RECALL}}  taken for", self.look("head"), end="")
        lines: list[Line] = []
        for row, name in enumerate(names):
            text = Text(fitted(name, label), self.look("strong"), no_wrap=True, end="")
            text.append(_share(counts_LL, row))
            for column in np.argsort(-counts_LL[row], kind="stable")[: _MOST_PAIRS + 1].tolist():
                count = int(counts_LL[row, column])
                part = f"  {names[column]} {count}"
                if column == row or not count:
                    continue
                if text.cell_len + len(part) > width:
                    break
                text.append(part, self.look("quiet"))
            lines.append(Line(text, row))
        return [head], lines


def short_names(classes: tuple[str, ...], count: int) -> list[str]:
    """Return a short name for every class; its number where it has none."""
    given = [one_cell_each(name, limit=_MAX_NAME) for name in classes]
    return [
        given[place] if place < len(given) and given[place] else str(place)
        for place in range(count)
    ]


def _share(counts_LL: NDArray[np.int32], row: int) -> str:
    total = int(counts_LL[row].sum())
    text = f"{_PERCENT * int(counts_LL[row, row]) / total:.1f} %" if total else "–"
    return f"{text:>{_RECALL}}"


def _shade(part: float, *, is_right: bool) -> Style:
    if not part:
        return Style.null()
    ink, ground = COOL.at(part) if is_right else WARM.at(min(1.0, part / _FULL))
    return Style(color=_colour(ink), bgcolor=_colour(ground))


def _colour(packed: int) -> Color:
    return Color.from_rgb(packed >> 16, (packed >> 8) & 0xFF, packed & 0xFF)
