"""Tables of ensembles: every method by budget, and the members of each with what they are worth.

Pure: built from a RunSummary, in the cells of `reports.table`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.quantities import MISSING, averaged_task, number, quantity, shown
from mcworkbench.reports.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.document import RunSummary
    from mcworkbench.reports.ensemble_document import BudgetSummary, EnsembleSummary, MemberSummary

BUDGET_COLUMNS = ("test_error", "test_rmse", "test_nll", "test_ece", "test_brier")
_OWN = ("test_error", "test_rmse", "test_nll")
_METHODS = {
    "fge": "FGE",
    "snapshot": "snapshot ensemble",
    "swa": "SWA",
    "swag": "SWAG",
    "swag-diagonal": "SWAG, diagonal",
    "independent": "independent networks",
    "given": "given networks",
    "path": "points of the path",
    "soup-uniform": "uniform soup",
    "soup-greedy": "greedy soup",
}
MAX_ROWS = 60
_MAX_BUDGETS = 5


def method_words(method: str) -> str:
    """Return what tables and legends call a method."""
    return _METHODS.get(method, method)


def budgets_table(summary: RunSummary) -> Table:
    """Return one row per quantity and method, one column per budget: mean ± deviation of pools."""
    records = summary.budgets
    task = averaged_task((name for record in records for name in record.mean), summary.task)
    sizes = sorted({record.budget for record in records})
    sizes = [*sizes[: _MAX_BUDGETS - 1], *sizes[_MAX_BUDGETS - 1 :][-1:]]
    rows: list[list[str]] = []
    for column in BUDGET_COLUMNS:
        for method in dict.fromkeys(record.method for record in records):
            own = {record.budget: record for record in records if record.method == method}
            if any(column in record.mean for record in own.values()):
                cells = [_cell(column, own.get(size), task) for size in sizes]
                rows.append([_labelled(column, task), method_words(method), *cells])
    heads = ["quantity", "ensemble of", *(f"{size}B" for size in sizes)]
    return Table("Ensembles by budget", heads, rows, 2, _budget_notes(records))


def _cell(column: str, record: BudgetSummary | None, task: str) -> str:
    if record is None:
        return MISSING
    mean = shown(column, record.mean.get(column), task=task)
    spread = record.sd.get(column, math.nan)
    if not math.isfinite(spread):
        return mean
    return f"{mean} ± {shown(column, spread, task=task).removesuffix(' %')}"


def _budget_notes(records: Sequence[BudgetSummary]) -> list[str]:
    if not records:
        return []
    counts = ", ".join(
        f"{method_words(record.method)} {record.members:g}"
        for record in records
        if record.budget == 1
    )
    notes = [f"kB pools the members of k runs of one method; networks in one run: {counts}."]
    if any(record.pools > 1 for record in records):
        notes.append("Mean ± sample standard deviation over the choices of k runs.")
    return notes


def member_tables(summary: RunSummary) -> list[Table]:
    """Return one table per ensemble: every member, and the ensemble of all up to it."""
    pooled = [one for one in summary.ensembles if one.kind == "ensemble"]
    staged = [one for one in summary.ensembles if one.kind != "ensemble"]
    # A table of pools repeats what its stages' own tables say, except where it is the run itself.
    chosen = pooled if summary.kind == "ensemble" and pooled else staged or pooled
    return [_members(one, summary.task) for one in chosen]


def _members(ensemble: EnsembleSummary, task: str) -> Table:
    task = averaged_task((name for m in ensemble.members for name in m.values), task)
    columns = [c for c in _OWN if any(c in member.values for member in ensemble.members)]
    together = "average" if ensemble.is_average else "ensemble"
    heads = ["member", *(_labelled(c, task).removeprefix("test ") for c in columns)]
    heads += [f"{together} {_labelled(c, task).removeprefix('test ')}" for c in columns]
    has_without = any(member.without for member in ensemble.members)
    distances = _distances(ensemble.members)
    word = quantity(columns[0], task=task).word if columns else ""
    if has_without:
        alike = "agreement with" if task == "classification" else "rms difference from"
        heads += [f"{alike} the last", f"{word} if removed"]
    heads += [name.replace("_", " ") for name in distances]
    chosen = ensemble.members[:MAX_ROWS]
    rows = [_row(member, ensemble, columns, distances, task) for member in chosen]
    notes: list[str] = []
    if len(ensemble.members) > MAX_ROWS:
        notes.append(f"The first {MAX_ROWS} of {len(ensemble.members)}.")
    if has_without:
        notes.append(
            f"'if removed' is how the whole ensemble's {word} changes without the member: positive "
            "where it helps."
        )
    title = method_words(ensemble.method) if ensemble.method else ensemble.node
    return Table(f"Members, {title}", heads, rows, 1, notes)


def _row(
    member: MemberSummary,
    ensemble: EnsembleSummary,
    columns: Sequence[str],
    distances: Sequence[str],
    task: str,
) -> list[str]:
    cells = [member.name]
    cells += [shown(c, member.values.get(c), task=task) for c in columns]
    cells += [shown(c, member.ensemble.get(c), task=task) for c in columns]
    if any(one.without for one in ensemble.members):
        is_of_classes = task == "classification"
        alike = member.agreement if is_of_classes else 1 - member.agreement
        cells.append(number(alike, percent=is_of_classes))
        cells.append(_change(member, ensemble, columns[0], task))
    cells += [_distance(name, member.distances.get(name)) for name in distances]
    return cells


def _distance(name: str, value: float | None) -> str:
    """Return a distance as text; a cosine close to 1 says little with four digits."""
    is_cosine = name.startswith("cosine") and value is not None and math.isfinite(value)
    return f"{value:.6f}" if is_cosine else number(value)


def _change(member: MemberSummary, ensemble: EnsembleSummary, column: str, task: str) -> str:
    """Return how a score of the whole changes without a member."""
    whole = ensemble.members[-1].ensemble.get(column, math.nan)
    change = member.without.get(column, math.nan) - whole
    return shown(column, change, task=task, signed=True).replace(" %", " points")


def _distances(members: Sequence[MemberSummary]) -> list[str]:
    return list(dict.fromkeys(name for member in members for name in member.distances))


def _labelled(column: str, task: str) -> str:
    described = quantity(column, task=task)
    return described.label if described.is_fraction else described.axis
