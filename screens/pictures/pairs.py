"""What lies between every pair of ends: loss and error along t, tables, the numbers in a line.

Every plot holds one kind of loss: cross-entropy (for values their squared error), which probes,
evaluations and both splits have alike; the regularised loss stands in the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mcworkbench.reports.plot import Plot
from mcworkbench.reports.quantities import quantity, task_of
from mcworkbench.screens.pictures.along import Tables, pairs_of, summaries_of
from mcworkbench.screens.pictures.lines_along import (
    error_series,
    loss_series,
    other_scores,
    score_series,
    title_of,
)
from mcworkbench.screens.pictures.run_picture import PairPicture
from mcworkbench.screens.pictures.tables import headline_of, table_of

if TYPE_CHECKING:
    from mcworkbench.reports.document import PathSummary
    from mcworkbench.runs.views import RunView
    from mcworkbench.screens.pictures.along import Between

_RANGE = (0.0, 1.0)


@final
class Pairs:
    """The pair pictures of one run, kept until one of their stages says something new."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._kept: dict[tuple[str, str], tuple[object, PairPicture]] = {}
        self._pictures: tuple[PairPicture, ...] = ()

    def pictures(self, run: RunView) -> tuple[PairPicture, ...]:
        """Return one picture per pair of ends that a path joins."""
        found: list[PairPicture] = []
        for between in pairs_of(run):
            nodes = (*between.paths, *between.evaluations)
            stamp = tuple((node.view.version, node.state) for node in nodes)
            kept = self._kept.get(between.pair)
            if kept is None or kept[0] != stamp:
                kept = (stamp, pair_picture(between, run, self._tables))
                self._kept[between.pair] = kept
            found.append(kept[1])
        if tuple(found) != self._pictures:
            self._pictures = tuple(found)
        return self._pictures


def pair_picture(between: Between, run: RunView, tables: Tables | None = None) -> PairPicture:
    """Return plots, tables and headline of one pair."""
    paths = summaries_of(between, run, tables or Tables())
    task = _task_of(between, paths)
    kinds = ("loss", "error", *other_scores(paths, task))
    return PairPicture(
        label=between.label,
        plots=tuple(along_plot(kind, between, paths, task) for kind in kinds),
        tables=tuple(table_of(path, paths, task) for path in paths),
        headline=headline_of(paths, task),
    )


def along_plot(what: str, between: Between, paths: list[PathSummary], task: str) -> Plot:
    """Return the plot of "loss", "error" or another score along t; without numbers it says so."""
    if what == "loss":
        column, series = loss_series(between, paths, task)
    elif what == "error":
        column, series = error_series(between, paths, task)
    else:
        column, series = score_series(what, between, paths, task)
    return Plot(
        f"{what}-along-t",
        title_of(quantity(column, task=task).word, between, paths),
        "t",
        column,
        series,
        x_range=_RANGE,
        task=task,
        empty="no point of the path is measured yet",
    )


def _task_of(between: Between, paths: list[PathSummary]) -> str:
    told = {name for path in paths for name in path.columns}
    for node in between.paths:
        probes = node.view.probes
        told |= set(probes[-1].values) if probes else set()
    options = [node.view.options for node in (*between.paths, *between.evaluations)]
    return task_of(told, next((found for found in options if found.get("loss")), None))
