"""What the user chose to see of a run, and what follows from it for one picture.

Pure: no widgets, no files. What was not chosen follows the run: the stage that trains, the pair
that grows, the curve's table before the line's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, final

from mcworkbench.reports.plot import Plot, Role, Series
from mcworkbench.reports.quantities import quantity, shown_scale
from mcworkbench.runs.state import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.screens.pictures.run_picture import (
        MembersPicture,
        PairPicture,
        PathTable,
        RunPicture,
        StageRow,
        TrainingPicture,
    )

_EVALUATE = "evaluate-"
# More lines of other networks would hide the chosen one.
_MOST_OTHERS = 6


@final
@dataclass
class Choices:
    """What the user chose; '' follows the run.

    Attributes:
        quantity: the name of a plot along t.
        pair: the label of a pair of ends.
        path: the path whose table shows.
        stage: the trained stage whose charts show.
        view: the way to look at the run: "paths" or the name of a part.
        ensemble: the stage whose members show.
        score: the name of a plot of its members' scores.
        toggled: by stage, the networks that the user took out of its what-if ensemble or, where
            they are no members, put in.
        busy: the pair that grew last; kept by the screen, not chosen.
        has_ghosts: earlier probes show; None leaves it to the layout.
        has_others: the other networks of the same kind show, faint; None leaves it to the layout.
    """

    quantity: str = ""
    pair: str = ""
    path: str = ""
    stage: str = ""
    view: str = ""
    ensemble: str = ""
    score: str = ""
    toggled: dict[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])
    busy: str = ""
    has_ghosts: bool | None = None
    has_others: bool | None = None


def place_of(names: Sequence[str], chosen: str, fallback: int = 0) -> int:
    """Return where a name stands, else the fallback kept within the names."""
    if chosen in names:
        return names.index(chosen)
    return max(0, min(fallback, len(names) - 1))


def stepped(names: Sequence[str], current: str, step: int) -> str:
    """Return the name `step` places on, around the end; '' where there is none."""
    return names[(place_of(names, current) + step) % len(names)] if names else ""


def active_stage(picture: RunPicture) -> StageRow | None:
    """Return the stage that is worked on, the last where there are several."""
    return next((row for row in reversed(picture.stages) if row.state in ACTIVE), None)


def pair_shown(picture: RunPicture, choices: Choices) -> PairPicture | None:
    """Return the chosen pair, else the one that grows, else the first with numbers.

    Nothing grows once the run is over: it then shows what it shows when it is opened.
    """
    by_label = {pair.label: pair for pair in picture.pairs}
    for label in (choices.pair, choices.busy if picture.row.state in ACTIVE else ""):
        if label in by_label:
            return by_label[label]
    filled = (pair for pair in picture.pairs if num_numbers(pair))
    return next(filled, picture.pairs[0] if picture.pairs else None)


def busy_pair(before: RunPicture | None, now: RunPicture) -> str:
    """Return the label of the pair that works: it grew, or a path of its is being evaluated."""
    if before is not None and before.row.id == now.row.id:
        counts = {pair.label: num_numbers(pair) for pair in before.pairs}
        grown = [p.label for p in now.pairs if num_numbers(p) > counts.get(p.label, 0)]
        if grown:
            return grown[-1]
    active = active_stage(now)
    return pair_of_stage(now, active.name) if active is not None else ""


def pair_of_stage(picture: RunPicture, stage: str) -> str:
    """Return the label of the pair to which a stage belongs, '' where it cannot be told."""
    path = stage.removeprefix(_EVALUATE)
    for pair in picture.pairs:
        if any(table.path == path for table in pair.tables):
            return pair.label
    return ""


def num_numbers(pair: PairPicture) -> int:
    """Return how many numbers a pair has so far."""
    points = sum(len(series.xs) for plot in pair.plots for series in plot.series)
    return points + sum(len(table.rows) for table in pair.tables)


def plot_shown(pair: PairPicture, choices: Choices, offset: int = 0) -> Plot | None:
    """Return the plot of the chosen quantity along t, or the one `offset` places after it."""
    if not pair.plots or offset >= len(pair.plots):
        return None
    place = place_of([plot.name for plot in pair.plots], choices.quantity)
    return pair.plots[(place + offset) % len(pair.plots)]


def table_shown(pair: PairPicture, choices: Choices) -> PathTable | None:
    """Return the chosen path's table, else the first with rows, else the first."""
    chosen = next((table for table in pair.tables if table.path == choices.path), None)
    if chosen is not None:
        return chosen
    return next((table for table in pair.tables if table.rows), next(iter(pair.tables), None))


def training_shown(picture: RunPicture, choices: Choices) -> TrainingPicture | None:
    """Return the chosen stage's training, else what the view follows.

    That is the curve of a chosen pair, else the stage that trains, else the curve of the pair
    that shows, else the last stage that measured anything.
    """
    by_node = {one.node: one for one in picture.trainings}
    if choices.stage in by_node:
        return by_node[choices.stage]
    pair = pair_shown(picture, choices)
    curves = [by_node[t.path] for t in pair.tables if t.path in by_node] if pair else []
    active = [one for one in picture.trainings if one.is_active]
    measured = [one for one in picture.trainings if one.plots]
    ranked = [curves, active] if choices.pair else [active, curves]
    for found in (*ranked, measured):
        if found:
            return found[-1]
    return picture.trainings[0] if picture.trainings else None


def followed(picture: RunPicture, choices: Choices) -> str:
    """Return the stage whose training shows while none is chosen, '' for none."""
    found = training_shown(picture, replace(choices, stage=""))
    return found.node if found is not None else ""


def others_of(picture: RunPicture, chosen: TrainingPicture) -> list[TrainingPicture]:
    """Return the trainings of other stages of the same kind."""
    kinds = {row.name: row.kind for row in picture.stages}
    return [
        one
        for one in picture.trainings
        if one.node != chosen.node and kinds.get(one.node) == kinds.get(chosen.node)
    ]


def ensemble_shown(picture: RunPicture, choices: Choices) -> MembersPicture:
    """Return the chosen ensemble, else the one that grows, else the pool of several, else the last.

    A pool of one stage's members and of networks beside them says less than that stage itself.
    """
    found = picture.ensembles
    by_node = {one.node: one for one in found}
    if choices.ensemble in by_node:
        return by_node[choices.ensemble]
    active = [one for one in found if one.is_active]
    grown = [one for one in found if one.networks and one.budgets is None]
    pools = [one for one in found if one.networks and one.budgets is not None]
    ranked = [pools, grown] if len(grown) == 1 else [grown, pools]
    return [*found[:1], *ranked[0], *ranked[1], *active][-1]


def without_ghosts(plot: Plot) -> Plot:
    """Return the plot without what earlier probes measured."""
    kept = tuple(series for series in plot.series if series.role is not Role.ghost)
    return plot if len(kept) == len(plot.series) else replace(plot, series=kept)


def with_others(plot: Plot, others: Sequence[TrainingPicture]) -> Plot:
    """Return the plot with the same quantity of other networks, faint, below it.

    Learning rates stay alone: networks of one kind share them.
    """
    if all(series.role is Role.lr for series in plot.series):
        return plot
    wanted = next((s.role for s in plot.series if s.role is Role.test), Role.train)
    found: list[Series] = []
    for other in others[:_MOST_OTHERS]:
        twin = next((one for one in other.plots if one.name == plot.name), None)
        if twin is None or not twin.series:
            continue
        line = next((s for s in twin.series if s.role is wanted), twin.series[0])
        label = f"{other.node}, {line.label}"
        found.append(
            replace(line, label=label, role=Role.ghost, is_faint=True, low=None, high=None)
        )
    return replace(plot, series=(*plot.series, *found)) if found else plot


def highest_row(table: PathTable, plot: Plot) -> int:
    """Return the place of the row where the plotted quantity is largest, -1 without a number.

    Cells are rounded, so among rows that look the same the plot's own numbers decide.
    """
    head = quantity(plot.column, task=plot.task).axis
    if head not in table.heads:
        return -1
    cells = [row[table.heads.index(head)] for row in table.rows]
    values = [_as_number(cell) for cell in cells]
    highest = max((value for value in values if math.isfinite(value)), default=math.nan)
    tied = [place for place, value in enumerate(values) if value == highest]
    if len(tied) <= 1:
        return tied[0] if tied else -1
    scale = shown_scale(plot.column, task=plot.task)
    rounding = 10.0 ** -len(cells[tied[0]].partition(".")[2])
    for series in plot.series:
        by_t = dict(zip(series.xs, series.ys, strict=False))
        exact = [scale * by_t.get(table.ts[place], math.nan) for place in tied]
        if all(abs(value - highest) < rounding for value in exact):
            return tied[exact.index(max(exact))]
    return tied[0]


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def nearest(ts: Sequence[float], t: float) -> int:
    """Return the place of the position nearest to t, 0 where there is none."""
    return min(range(len(ts)), key=lambda place: abs(ts[place] - t), default=0)
