"""Ways to look at a run beside its paths and trainings: each a part with panes of its own.

The screen lays the panes out, shows one way at a time and tells the part what to draw. To add
one: a class here below `AbstractPart`, in a file of its own, and a line in `make_parts`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.widget import Widget

from mcworkbench.screens.run.choices import pair_shown, plot_shown

if TYPE_CHECKING:
    from mcworkbench.screens.chart.widget import Chart
    from mcworkbench.screens.pictures.run_picture import RunPicture
    from mcworkbench.screens.run.choices import Choices

# The way every run has: paths where something joins its networks, and trainings.
PATHS = "paths"
# What keys walk through: the quantity that charts show, and what of the run they show it of.
QUANTITY, PAIR = "quantity", "pair"


@dataclass
class PositionMoved(Message):
    """The user moved the position along the path in a pane of a part."""

    pane: Widget
    t: float


class AbstractPart(ABC):
    """One way to look at a run.

    Attributes:
        view: its name, a word for the user; the screen has the class "-<view>" while it shows.
        top: panes of the upper row.
        bottom: panes of the lower row.
        keeps: ids of panes of the usual way that stay: "training", "plan", "run-log", ….
        keeps_apart: ids of those that stay in a large terminal, and in one so small that a
            pane has it for itself.
        leading: the pane that has the focus when this way is chosen, None for the first.
        has_t: it shows one position along the path, which then stands in the charts too.
        training_is_row: the charts of training stand beside one another.
    """

    view: ClassVar[str]
    keeps: ClassVar[frozenset[str]] = frozenset()
    keeps_apart: ClassVar[frozenset[str]] = frozenset()
    top: tuple[Widget, ...] = ()
    bottom: tuple[Widget, ...] = ()
    leading: Widget | None = None
    has_t: ClassVar[bool] = False
    training_is_row: ClassVar[bool] = False

    @abstractmethod
    def has(self, picture: RunPicture) -> bool:
        """Return whether the run has, or will have, something to show this way."""

    def leads(self, picture: RunPicture) -> bool:
        """Return whether the run is opened this way."""
        return self.has(picture)

    @abstractmethod
    def show(self, picture: RunPicture, choices: Choices) -> None:
        """Draw the run; called only while this way shows."""

    def absent(self, picture: RunPicture, choices: Choices) -> frozenset[Widget]:
        """Return those of its panes that have no place for what shows."""
        del picture, choices
        return frozenset()

    def headline(self, picture: RunPicture, choices: Choices) -> str:
        """Return the numbers of what shows, one line of words, '' for those of the pair."""
        del picture, choices
        return ""

    def names(self, what: str, picture: RunPicture, choices: Choices) -> tuple[list[str], str]:
        """Return what the keys of QUANTITY or PAIR walk through, and which of it shows."""
        del what, picture, choices
        return [], ""

    def choose(self, what: str, name: str, choices: Choices) -> None:
        """Have one of the names of QUANTITY or PAIR shown from the next drawing on."""
        del what, name, choices

    def stage(self, picture: RunPicture, choices: Choices) -> str:
        """Return the stage whose training shows beside it while none is chosen, '' for any."""
        del picture, choices
        return ""

    def takes_crosshair(self, chart: Chart, x: float | None) -> bool:
        """Follow the crosshair of a chart; return whether the chart is one of this part's own."""
        del chart, x
        return False

    def set_t(self, t: float | None) -> None:
        """Follow the position along the path that another pane was put to."""
        del t


def names_along(what: str, picture: RunPicture, choices: Choices) -> tuple[list[str], str]:
    """Return the pairs of ends, or the quantities along t of the pair that shows; and which."""
    pair = pair_shown(picture, choices)
    if pair is None:
        return [], ""
    if what == PAIR:
        return [one.label for one in picture.pairs], pair.label
    plot = plot_shown(pair, choices)
    return [one.name for one in pair.plots], plot.name if plot is not None else ""


def choose_along(what: str, name: str, choices: Choices) -> None:
    """Have another pair of ends shown, or another quantity along t."""
    if what == PAIR:
        choices.pair, choices.path = name, ""
    else:
        choices.quantity = name


def make_parts() -> tuple[AbstractPart, ...]:
    """Return every part, in the order in which the key walks through them."""
    # They are made of what stands above.
    from mcworkbench.screens.run.looks import parts as looks
    from mcworkbench.screens.run.members import MembersPart

    return (
        MembersPart(),
        looks.PicturesPart(),
        looks.StripsPart(),
        looks.CodesPart(),
        looks.ConfusionPart(),
        looks.FunctionsPart(),
    )


def views_of(parts: tuple[AbstractPart, ...], picture: RunPicture) -> list[str]:
    """Return the ways to look at a run, the one it is opened with first."""
    found = [part for part in parts if part.has(picture)]
    first = [part.view for part in found if part.leads(picture)]
    rest = [part.view for part in found if part.view not in first]
    return [*first, PATHS, *rest]


def part_shown(
    parts: tuple[AbstractPart, ...], picture: RunPicture, choices: Choices
) -> AbstractPart | None:
    """Return the chosen part, else the one that leads; None for the usual way."""
    views = views_of(parts, picture)
    view = choices.view if choices.view in views else views[0]
    return next((part for part in parts if part.view == view), None)
