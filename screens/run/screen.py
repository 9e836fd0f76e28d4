"""The Run screen: one run as it forms, its curve, its training, its plan, its log.

Laid out by what the run has: where something joins two ends, the chart along t leads; else the
charts of training do. What the user did not choose follows the run by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual import on
from textual.containers import Container, Vertical
from textual.events import Resize, ScreenResume
from textual.widgets import Static
from typing_extensions import override

from mcworkbench.screens.base import PaneColumn
from mcworkbench.screens.run.choices import (
    Choices,
    busy_pair,
    followed,
    highest_row,
    others_of,
    pair_of_stage,
    pair_shown,
    plot_shown,
    table_shown,
    training_shown,
)
from mcworkbench.screens.run.parts import PAIR, PATHS, part_shown
from mcworkbench.screens.run.plan import PlanList
from mcworkbench.screens.run.shared_t import AbstractSharedT
from mcworkbench.screens.run.status import RunStatus
from mcworkbench.screens.run.words import NOTHING_OPEN, READING, why_empty
from mcworkbench.screens.widgets.lines import AbstractLines
from mcworkbench.screens.widgets.log_list import LogList

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from mcworkbench.screens.pictures.run_picture import RunPicture, StageRow
    from mcworkbench.screens.pictures.run_row import RunRow
    from mcworkbench.screens.run.parts import AbstractPart

# From this size on a second chart along t stands beside the first.
_LARGE_COLUMNS, _LARGE_ROWS = 150, 44
_NOT_TRAINED = "no training yet"


@final
class PaneRow(PaneColumn):
    """Panes beside one another; it vanishes where none of them shows."""


@final
class RunScreen(AbstractSharedT):
    """One run, live or as it ended."""

    MODE: ClassVar[str] = "run"
    HELP = (
        "One run as it forms. The view follows the stage that works and the pair that grows until "
        "you choose another. m changes the quantity, < and > the trained stage, comma and full "
        "stop the pair of ends or the ensemble, v the way to look at the run where there are "
        "several."
    )

    def __init__(self) -> None:
        super().__init__()
        self.num_draws = 0
        self.status = RunStatus(id="run-status")
        self.plan = PlanList(id="plan")
        self.log_list = LogList(id="run-log")
        self._part: AbstractPart | None = None
        self._nothing = Static("", id="run-nothing-text", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the status above what all screens have."""
        yield self.status
        yield from super().compose()

    def compose_panes(self) -> ComposeResult:
        """Lay out chart and training above, table, plan and log below."""
        with Container(id="run-nothing"):
            yield self._nothing
        with Vertical(id="run-body"):
            with PaneRow(id="run-top"):
                yield self.along.first
                yield self.along.second
                for part in self.parts:
                    yield from part.top
                yield self.training
            with PaneRow(id="run-bottom"):
                yield self.table
                for part in self.parts:
                    yield from part.bottom
                with PaneColumn(id="run-side"):
                    yield self.plan
                    yield self.log_list

    def on_mount(self) -> None:
        """Begin without a run."""
        self._draw()
        super().on_mount()

    # What the app tells.

    @override
    def target(self) -> RunRow | None:
        return self._shown.row if self._shown is not None else None

    @override
    def show_opened(self, picture: RunPicture | None) -> None:
        before = self._shown
        if picture is None:
            if before is not None:
                self._begin_anew()
            self._shown = None
            self._draw()
            return
        if before is None or before.row.id != picture.row.id:
            self._begin_anew()
        elif _is_same(before, picture):
            return
        self.choices.busy = busy_pair(before, picture) or self.choices.busy
        self._shown = picture
        self._draw()

    def _begin_anew(self) -> None:
        self.choices = Choices(has_ghosts=self.choices.has_ghosts)
        self.log_list.forget()
        self._forget_t()

    # Drawing.

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        picture = self._shown
        self.num_draws += 1
        pair = self._pair()
        part = part_shown(self.parts, picture, self.choices) if picture is not None else None
        headline = part.headline(picture, self.choices) if part and picture else ""
        self.status.show(picture, headline or (pair.headline if pair is not None else ""))
        self._arrange()
        if picture is None:
            told = READING if self.workbench.opened_id else NOTHING_OPEN
            self._nothing.update(Text(told))
            self._offer(None)
            return
        self.plan.show(picture.stages)
        self.plan.border_subtitle = f"{picture.row.num_done} of {picture.row.num_nodes} done"
        self.log_list.show(picture.log)
        self._draw_along(picture)
        self._draw_training(picture)
        if part is not None:
            part.show(picture, self.choices)
            if part.has_t:
                self._begin_at_worst()
        self._offer(picture)

    def _draw_along(self, picture: RunPicture) -> None:
        pair = pair_shown(picture, self.choices)
        if pair is None:
            return
        self.along.show(picture, pair, self.choices, has_ghosts=self.has_ghosts)
        table = table_shown(pair, self.choices)
        plot = plot_shown(pair, self.choices)
        highest = highest_row(table, plot) if table is not None and plot is not None else -1
        self.table.show(table, highest, has_others=sum(bool(one.rows) for one in pair.tables) > 1)

    def _draw_training(self, picture: RunPicture) -> None:
        choices = self.choices
        if self._part is not None and not choices.stage:
            choices = replace(choices, stage=self._part.stage(picture, choices))
        chosen = training_shown(picture, choices)
        has_others = self.choices.has_others
        is_overlaid = self.is_ends if has_others is None else has_others
        others = others_of(picture, chosen) if chosen is not None and is_overlaid else []
        self.training.show(
            chosen,
            others,
            is_held=bool(self.choices.stage),
            empty=why_empty(picture, _NOT_TRAINED),
        )

    def _arrange(self) -> None:
        """Take out the panes that this run has nothing for."""
        is_open = self._shown is not None
        is_large = self.size.width >= _LARGE_COLUMNS and self.size.height >= _LARGE_ROWS
        pair = self._pair()
        wanted: dict[Widget, bool] = {
            self.along.first: is_open and not self.is_ends,
            self.along.second: pair is not None and is_large and len(pair.plots) > 1,
            self.training: is_open,
            self.table: is_open and not self.is_ends,
            self.plan: is_open,
            self.log_list: is_open,
        }
        shown = self._shown
        chosen = part_shown(self.parts, shown, self.choices) if shown is not None else None
        if chosen is not None:
            kept = chosen.keeps | (chosen.keeps_apart if is_large or self.is_narrow else set())
            wanted = {pane: is_in and pane.id in kept for pane, is_in in wanted.items()}
        for part in self.parts:
            self.set_class(part is chosen, f"-{part.view}")
            wanted |= dict.fromkeys((*part.top, *part.bottom), part is chosen)
        if shown is not None and chosen is not None:
            wanted |= dict.fromkeys(chosen.absent(shown, self.choices), False)
        is_changed = any(pane.disabled == is_in for pane, is_in in wanted.items())
        self.set_class(not is_open, "-empty")
        self.set_class(self.is_ends, "-ends")
        self.set_class(is_large, "-large")
        if not is_changed:
            return
        for pane, is_in in wanted.items():
            pane.disabled = not is_in
        self.refresh_panes()
        self._lay_training(chosen)
        panes = self.panes()
        leading = chosen.leading if chosen is not None else None
        if chosen is not self._part and leading is not None:
            self.go_to_pane(leading)
        elif panes and (self.focused is None or self.focused.disabled):
            self.go_to_pane(panes[0])
        self._part = chosen

    def _lay_training(self, part: AbstractPart | None) -> None:
        is_row = self.is_ends or (part is not None and part.training_is_row)
        self.training.set_row(is_row and not self.is_narrow)

    @on(ScreenResume)
    def _show_lists(self) -> None:
        for lines in self.query(AbstractLines):
            lines.catch_up()

    @on(Resize)
    def _fit(self) -> None:
        self._arrange()
        self._lay_training(self._part)
        if self._shown is not None:
            self._draw_along(self._shown)

    # Plan.

    @on(AbstractLines.Picked, "#plan")
    def _stage_picked(self, event: AbstractLines.Picked) -> None:
        if self._shown is not None and event.item < len(self._shown.stages):
            self._show_stage(self._shown, self._shown.stages[event.item])

    def _show_stage(self, picture: RunPicture, stage: StageRow) -> None:
        is_trained = any(one.node == stage.name for one in picture.trainings)
        pair, shown = pair_of_stage(picture, stage.name), self._chosen_part()
        part = self._part_of(picture, stage.name)
        if part is not None and (part is shown or not (is_trained or pair)):
            self.choices.view = part.view
            part.choose(PAIR, stage.name, self.choices)
            self._draw()
            self.go_to_pane(next(pane for pane in self.panes() if pane in part.top + part.bottom))
            return
        if is_trained:
            self.choices.stage = "" if stage.name == followed(picture, self.choices) else stage.name
        if pair:
            self.choices.pair, self.choices.path = pair, stage.name.removeprefix("evaluate-")
        if not is_trained and not pair:
            self.workbench.tell(f"{stage.name} has nothing to draw: it is {stage.state}.")
            return
        pane = self.training if is_trained and not pair else self.along.first
        if shown is not None and pane.id not in shown.keeps:
            self.choices.view = PATHS
        self._draw()
        self.go_to_pane(pane)

    def _part_of(self, picture: RunPicture, stage: str) -> AbstractPart | None:
        """Return the way to look at a run that shows a stage by its name."""
        found = (part for part in self.parts if part.has(picture))
        return next((p for p in found if stage in p.names(PAIR, picture, self.choices)[0]), None)


def _is_same(one: RunPicture, other: RunPicture) -> bool:
    # Versions count anew where a run is opened again, so they alone do not prove it.
    return one.version == other.version and (one.row, one.stages) == (other.row, other.stages)
