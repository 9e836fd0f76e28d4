"""A pool of the members of several stages: what every method is worth at every budget.

Made of the ensemble.json that the stage publishes; its predictions are those of its inputs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mcworkbench.errors import InvalidInputError
from mcworkbench.reports.ensemble_tables import method_words
from mcworkbench.reports.ensembles import budgets
from mcworkbench.reports.plot import Plot, Series
from mcworkbench.reports.quantities import MISSING, PERCENT, number, quantity, task_of
from mcworkbench.runs.documents import integer, line, mapping
from mcworkbench.runs.documents import number as as_number
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.state import ACTIVE
from mcworkbench.screens.pictures.along import source_of
from mcworkbench.screens.pictures.lines_of_members import (
    METHOD_ROLES,
    NO_MEMBER,
    line_of,
    quantities_of,
    sizes_plot,
)
from mcworkbench.screens.pictures.run_picture import (
    Budgets,
    MembersPicture,
    Network,
    TrainingPicture,
)
from mcworkbench.screens.pictures.training import filled
from mcworkbench.screens.pictures.what_if import Predictions, by_index

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mcworkbench.reports.ensemble_document import BudgetSummary
    from mcworkbench.runs.views import NodeView, RunView

POOL_FILE = "ensemble.json"
_BUDGET_KINDS = ("accuracy", "error", "rmse", "nll", "ece")
_SHOWN_IN_TABLE = ("accuracy", "rmse", "nll", "ece")


def pooled_picture(
    node: NodeView, run: RunView, table: dict[str, Any], stamp: object
) -> MembersPicture:
    """Return what a stage pooled.

    Args:
        node: the stage as its run sees it.
        run: whose other stages the members may come from.
        table: what ensemble.json holds, empty while there is none.
        stamp: of that file.
    """
    rows = [mapping(row) for row in _listed(table.get("rows"))]
    split = line(table.get("split")) or "test"
    networks = tuple(_network(row, rows) for row in rows)
    records = budgets({node.name: {"ensemble": table}})
    task = task_of(name for network in networks for name in network.values)
    kinds = [kind for kind in quantities_of(networks, split) if kind in _BUDGET_KINDS]
    total = max((network.size for network in networks), default=0)
    return MembersPicture(
        node=node.name,
        kind=node.kind,
        is_active=node.state in ACTIVE,
        is_begun=bool(rows),
        total=len(rows),
        split=split,
        networks=networks,
        predictions=_predictions(node, run, table, rows, stamp),
        task=task,
        scores=tuple(budget_plot(f"{split}_{kind}", records, task) for kind in kinds),
        sizes=tuple(sizes_plot(f"{split}_{kind}", networks, total, task) for kind in kinds),
        training=TrainingPicture(node.name, node.state in ACTIVE, ()),
        budgets=budgets_table(records, split, task),
        headline=_headline(records, split, task),
        empty="" if rows else "members are pooled once all of them are there",
    )


def budget_plot(column: str, records: Sequence[BudgetSummary], task: str) -> Plot:
    """Return what each method is worth by how many budgets are pooled; the table has the spread."""
    series: list[Series] = []
    for place, method in enumerate(dict.fromkeys(record.method for record in records)):
        points = [
            (float(record.budget), record.mean.get(column, math.nan))
            for record in records
            if record.method == method
        ]
        role = METHOD_ROLES[place % len(METHOD_ROLES)]
        series.append(line_of(method_words(method), points, role, is_focused=not place))
    return Plot(
        f"{column}-by-budget",
        f"{quantity(column, task=task).label} by budget",
        "budgets",
        column,
        filled(series),
        is_log=False,
        task=task,
        empty=NO_MEMBER,
    )


def budgets_table(records: Sequence[BudgetSummary], split: str, task: str) -> Budgets:
    """Return every method at every budget, mean and sd over the choices of runs, by quantity."""
    sizes = sorted({record.budget for record in records})
    blocks: list[tuple[str, tuple[tuple[str, tuple[tuple[str, str], ...]], ...]]] = []
    for column in (f"{split}_{kind}" for kind in _SHOWN_IN_TABLE):
        rows: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        for method in dict.fromkeys(record.method for record in records):
            own = {record.budget: record for record in records if record.method == method}
            if any(column in record.mean for record in own.values()):
                cells = tuple(_cell(own.get(size), column, task) for size in sizes)
                rows.append((method_words(method), cells))
        if rows:
            blocks.append((quantity(column, task=task).axis, tuple(rows)))
    return Budgets(tuple(f"{size}B" for size in sizes), tuple(blocks))


def _cell(record: BudgetSummary | None, column: str, task: str) -> tuple[str, str]:
    """Return mean and deviation as text, '' where there is none."""
    mean = record.mean.get(column, math.nan) if record is not None else math.nan
    spread = record.sd.get(column, math.nan) if record is not None else math.nan
    if not math.isfinite(mean):
        return MISSING, ""
    if quantity(column, task=task).is_fraction:
        mean, spread = PERCENT * mean, PERCENT * spread
        return f"{mean:.2f}", f"{spread:.2f}" if math.isfinite(spread) else ""
    return number(mean), number(spread) if math.isfinite(spread) else ""


def _headline(records: Sequence[BudgetSummary], split: str, task: str) -> str:
    """Return what each method is worth at the largest budget that it has."""
    known = {name for record in records for name in record.mean}
    column = next((f"{split}_{k}" for k in _SHOWN_IN_TABLE if f"{split}_{k}" in known), "")
    largest: dict[str, BudgetSummary] = {}
    for record in records:
        if record.budget >= largest.get(record.method, record).budget:
            largest[record.method] = record
    if not column or not largest:
        return ""
    is_one = len({record.budget for record in largest.values()}) == 1
    told = [
        f"{method_words(record.method)} {_cell(record, column, task)[0]}"
        f"{'' if is_one else f' ({record.budget}B)'}"
        for record in largest.values()
    ]
    at = f" at {records[-1].budget}B" if is_one else ""
    return f"{quantity(column, task=task).axis}{at}: {' · '.join(told)}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _network(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Network:
    method = line(row.get("method"))
    return Network(
        index=integer(row.get("index")),
        label=str(integer(row.get("index"))),
        name=line(row.get("name")),
        method=method,
        # Pools never mix methods: the first one's members are in.
        is_in=method == line(rows[0].get("method")),
        size=integer(row.get("size")),
        when="",
        at=float(integer(row.get("index"))),
        values=_numbers(row.get("values")),
        ensemble=_numbers(row.get("ensemble")),
        distances={},
    )


def _numbers(values: Any) -> dict[str, float]:
    return {line(name): as_number(value, math.nan) for name, value in mapping(values).items()}


def _predictions(
    node: NodeView,
    run: RunView,
    table: dict[str, Any],
    rows: Sequence[dict[str, Any]],
    stamp: object,
) -> Predictions | None:
    places: dict[int, tuple[Path, int]] = {}
    for row in rows:
        folder = _folder_of(node, run, line(row.get("role")))
        if folder is None:
            return None
        places[integer(row.get("index"))] = (folder, integer(row.get("row")))
    if not places:
        return None
    apart: dict[int, dict[int, float]] = {}
    for method, compared in mapping(table.get("methods")).items():
        indices = [integer(row.get("index")) for row in rows if line(row.get("method")) == method]
        matrix = [
            [as_number(value, math.nan) for value in _listed(cells)]
            for cells in _listed(mapping(compared).get("disagreement"))
        ]
        apart |= by_index(indices, matrix)
    averages = "values" if table.get("averages") == "values" else "probabilities"
    return Predictions(averages, line(table.get("split")) or "test", places, apart, stamp)


def _folder_of(node: NodeView, run: RunView, role: str) -> Path | None:
    """Return where the predictions of an input are stored, None where it cannot be told."""
    source = source_of(node, role, run)
    if source is not None:
        return source.view.artifacts
    try:
        # A stage of another run goes by its key.
        return StageFolder(node.inputs.get(role, "")).artifacts
    except InvalidInputError:
        return None
