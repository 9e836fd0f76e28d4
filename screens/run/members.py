"""A run seen by its ensembles: scores by epoch, who is in, what more members are worth.

The way in which runs open that capture networks while they train.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, final

from textual.widget import Widget
from typing_extensions import override

from mcworkbench.reports.plot import Role, Series
from mcworkbench.reports.quantities import quantity
from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.pictures.lines_of_members import NO_MEMBER
from mcworkbench.screens.pictures.members import TRAINED
from mcworkbench.screens.run.budget_list import BudgetList
from mcworkbench.screens.run.choices import ensemble_shown, place_of
from mcworkbench.screens.run.members_pane import MembersPane
from mcworkbench.screens.run.parts import PAIR, QUANTITY, AbstractPart
from mcworkbench.screens.run.training import TrainingPane
from mcworkbench.screens.run.words import why_empty

if TYPE_CHECKING:
    from mcworkbench.reports.plot import Plot
    from mcworkbench.screens.pictures.run_picture import MembersPicture, RunPicture
    from mcworkbench.screens.pictures.what_if import Answer
    from mcworkbench.screens.run.choices import Choices

_NOT_TRAINED = "no training yet"


@final
class MembersPart(AbstractPart):
    """Four panes: scores by epoch, learning rate and loss, the members, scores by size."""

    view: ClassVar[str] = "members"
    keeps_apart: ClassVar[frozenset[str]] = frozenset({"plan", "run-log"})

    def __init__(self) -> None:
        self.scores = Chart(name="Scores", classes="pane", id="member-scores")
        self.training = TrainingPane(id="member-training")
        self.pane = MembersPane(
            id="members", on_answer=self._answered, on_moved=self._moved_to_member
        )
        self.sizes = Chart(name="Size", classes="pane", id="member-sizes")
        self.budgets = BudgetList(id="member-budgets")
        self.top = (self.scores, self.training, self.budgets)
        self.bottom = (self.pane, self.sizes)
        self._picture: MembersPicture | None = None
        self._shown = ("", "")
        self._by_size: Plot | None = None
        self._answer: Answer | None = None
        self._drawn: tuple[object, ...] = ()

    @override
    def has(self, picture: RunPicture) -> bool:
        return bool(picture.ensembles)

    @override
    def leads(self, picture: RunPicture) -> bool:
        # Until something is captured from, the trainings before it are what happens.
        return not picture.pairs and any(one.is_begun for one in picture.ensembles)

    @override
    def absent(self, picture: RunPicture, choices: Choices) -> frozenset[Widget]:
        ensemble = ensemble_shown(picture, choices)
        if ensemble.budgets is not None:
            return frozenset({self.training})
        if ensemble.kind in TRAINED:
            return frozenset({self.budgets})
        # Where nothing trains, scores by epoch would be those by size; points of a path have t.
        is_path = any("." in one.when for one in ensemble.networks)
        more = frozenset[Widget]() if is_path else frozenset({self.scores})
        return more | {self.budgets, self.training}

    @override
    def headline(self, picture: RunPicture, choices: Choices) -> str:
        return ensemble_shown(picture, choices).headline

    @override
    def names(self, what: str, picture: RunPicture, choices: Choices) -> tuple[list[str], str]:
        ensemble = ensemble_shown(picture, choices)
        if what == PAIR:
            return [one.node for one in picture.ensembles], ensemble.node
        names = [quantity_of(plot) for plot in ensemble.scores]
        return names, names[score_shown(ensemble, choices)]

    @override
    def choose(self, what: str, name: str, choices: Choices) -> None:
        if what == PAIR:
            choices.ensemble = name
        elif what == QUANTITY:
            choices.score = name

    @override
    def show(self, picture: RunPicture, choices: Choices) -> None:
        ensemble = ensemble_shown(picture, choices)
        shown = (picture.row.id, ensemble.node)
        if shown != self._shown:
            self._shown, self._answer = shown, None
            self.pane.forget()
        self._picture = ensemble
        place = score_shown(ensemble, choices)
        scores, self._by_size = ensemble.scores[place], ensemble.sizes[place]
        empty = why_empty(picture, ensemble.empty or NO_MEMBER)
        head = _head(picture, ensemble)
        drawn = (scores, head, "" if scores.series else empty)
        if drawn != self._drawn:
            self._drawn = drawn
            self.scores.show(replace(scores, title=f"{head}{scores.title}", empty=empty))
        self.training.show(ensemble.training, empty=why_empty(picture, _NOT_TRAINED))
        self.budgets.show(ensemble.budgets, empty)
        self.pane.show(ensemble, choices, column=scores.column, empty=empty)
        self._show_sizes()

    def _answered(self, answer: Answer) -> None:
        self._answer = answer
        self._show_sizes()

    def _show_sizes(self) -> None:
        if self._by_size is not None:
            self.sizes.show(with_what_if(self._by_size, self._answer))

    # Crosshair and list.

    @override
    def takes_crosshair(self, chart: Chart, x: float | None) -> bool:
        by_epoch = [self.scores, *self.training.charts]
        if chart is self.sizes:
            if x is not None and self._picture is not None:
                sized = [one for one in self._picture.networks if one.size == round(x)]
                if sized:
                    self.pane.rows.move_to_index(sized[0].index)
            return True
        if chart not in by_epoch:
            return False
        for other in by_epoch:
            if other is not chart:
                other.set_crosshair(x)
        networks = self._picture.networks if self._picture is not None else ()
        if x is not None and networks and not self._is_pool:
            self.pane.rows.move_to_index(min(networks, key=lambda one: abs(one.at - x)).index)
        return True

    def _moved_to_member(self, index: int) -> None:
        networks = self._picture.networks if self._picture is not None else ()
        found = next((one for one in networks if one.index == index), None)
        if found is None:
            return
        if not self._is_pool:
            for chart in (self.scores, *self.training.charts):
                chart.set_crosshair(found.at)
        self.sizes.set_crosshair(float(found.size) if found.size else None)

    @property
    def _is_pool(self) -> bool:
        return self._picture is not None and self._picture.budgets is not None


def score_shown(ensemble: MembersPicture, choices: Choices) -> int:
    """Return the place of the quantity that is shown."""
    return place_of([quantity_of(plot) for plot in ensemble.scores], choices.score)


def quantity_of(plot: Plot) -> str:
    """Return what a plot shows by the name that every ensemble has for it: "accuracy"."""
    return quantity(plot.column, task=plot.task).word


def with_what_if(plot: Plot, answer: Answer | None) -> Plot:
    """Return scores by size with the point of the what-if ensemble."""
    value = answer.values.get(plot.column) if answer is not None else None
    if answer is None or value is None:
        return plot
    point = Series("what-if", [float(len(answer.chosen))], [value], Role.validation)
    return replace(plot, series=(*plot.series, point))


def _head(picture: RunPicture, ensemble: MembersPicture) -> str:
    if len(picture.ensembles) == 1:
        return ""
    place = [one.node for one in picture.ensembles].index(ensemble.node) + 1
    return f"{place}/{len(picture.ensembles)} {ensemble.node} · "
