"""What the right side shows of the run under the cursor: one plot, and facts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, cast, final

from rich.table import Table
from rich.text import Text
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from mcworkbench.reports.durations import age_text, clock
from mcworkbench.reports.plot import Plot
from mcworkbench.reports.stage_text import SIGNS
from mcworkbench.screens.run.choices import Choices, ensemble_shown
from mcworkbench.screens.run.words import percent
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult

    from mcworkbench.screens.base import Workbench
    from mcworkbench.screens.pictures.run_picture import RunPicture
    from mcworkbench.screens.pictures.run_row import RunRow

_MAX_NAME = 40


def best_plot(picture: RunPicture) -> Plot:
    """Return the plot that says most: a loss along t, else an ensemble, else a training loss."""
    along = [plot for pair in picture.pairs for plot in pair.plots]
    if any(one.networks for one in picture.ensembles):
        along += ensemble_shown(picture, Choices()).scores
    active = [training for training in picture.trainings if training.is_active]
    trained = [plot for training in [*active, *picture.trainings[::-1]] for plot in training.plots]
    return next(filter(_has_numbers, [*along, *trained]), None) or nothing("no numbers yet")


def nothing(sentence: str) -> Plot:
    """Return a plot that says why it is empty."""
    return Plot("preview", "", "", "loss", empty=sentence)


def _has_numbers(plot: Plot) -> bool:
    return any(math.isfinite(y) for series in plot.series for y in series.ys)


def row_facts(row: RunRow, now_s: float) -> list[tuple[str, str]]:
    """Return what the list itself knows of a run, before more of it is read."""
    if row.problem:
        return [("run", row.id), ("state", f"unreadable: {row.problem}")]
    facts = [("state", f"{SIGNS[row.state][0]} {row.state}, {_progress(row)}")]
    line = f", line {row.line_short}" if row.line_short else ""
    facts += [("result", f"{row.best}{line}" if row.best else "")]
    facts += [("kind", row.kind), ("changes", " ".join(row.changes))]
    facts += [("made", f"{age_text(now_s - row.created)} ago"), ("title", row.title)]
    facts += [("group", row.group), ("tags", ", ".join(row.tags)), ("run", row.id)]
    return [(name, text) for name, text in facts if text]


def _progress(row: RunRow) -> str:
    stages = f"{row.num_done} of {row.num_nodes} stages"
    left = f", {clock(row.eta_s)} left" if row.eta_s is not None else ""
    return stages if row.num_done == row.num_nodes else f"{percent(row.fraction)}, {stages}{left}"


@final
class Overview(VerticalScroll):
    """Names and texts about one run."""

    HELP = "What the run is made of and how it stands. Enter in the list opens it."
    BINDINGS: ClassVar = []

    def __init__(self) -> None:
        super().__init__(name="Overview", id="overview", classes="pane")
        self._shown: object = None

    def compose(self) -> ComposeResult:
        """Lay out one text."""
        yield Static(id="facts")

    def show(self, row: RunRow | None, facts: Iterable[tuple[str, str]] = ()) -> None:
        """Show a run; `facts` are what its picture adds."""
        name = clean_line(row.name or row.id, limit=_MAX_NAME) if row is not None else ""
        self.border_title = Content(f"Overview · {name}" if name else "Overview")  # pyright: ignore[reportAttributeAccessIssue]
        now_s = cast("Workbench", self.app).wall_s()
        known = dict(row_facts(row, now_s)) if row is not None else {}
        merged = {**known, **dict(facts)}
        if merged == self._shown:
            return
        self._shown = merged
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, style=self.app.theme_variables.get("secondary", ""))
        table.add_column(overflow="fold")
        for fact, text in merged.items():
            table.add_row(Text(fact), Text(clean_line(text, limit=500)))
        self.query_one("#facts", Static).update(table if merged else Text("no run is selected"))
