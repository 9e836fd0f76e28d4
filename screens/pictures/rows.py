"""Lines of the runs list: a `RunLine` of the index, with what an opened view adds, as a RunRow.

Pure; the words are those of the command line's list.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.quantities import quantity, shown
from mcworkbench.reports.stage_text import headline_text
from mcworkbench.runs.headline import ENSEMBLE, MAX, Headline, ensemble_headline
from mcworkbench.runs.state import ACTIVE, State
from mcworkbench.screens.pictures.run_row import RunRow

if TYPE_CHECKING:
    from mcworkbench.runs.index import RunLine
    from mcworkbench.runs.views import RunView

_SHORT = 8
# What a run is known by while it trains: the first of these that its newest stage has.
_LIVE = (
    "probe_nll_max",
    "test_error",
    "test_rmse",
    # An autoencoder by its pixels, whatever its loss.
    "test_mse",
    "test_nll",
    "validation_error",
    "validation_rmse",
    "validation_mse",
    "validation_nll",
)


def row_of(line: RunLine, view: RunView | None = None) -> RunRow:
    """Return a run as the list shows it.

    Args:
        line: what the index knows of it.
        view: its view where one is open; it gives the fraction within stages, the seconds left
            and, before anything was evaluated, the newest number of what trains.
    """
    head = line.headline
    fraction = line.fraction
    eta_s = None
    if view is not None:
        fraction = view.fraction if line.state is not State.done else 1.0
        eta_s = view.eta_s if line.state in ACTIVE else None
        head = (_growing(view) if line.state in ACTIVE else None) or head or _newest(view)
    beside = line.line
    if head is None or beside is None or beside.name != head.name or beside == head:
        beside = None
    return RunRow(
        id=line.id,
        name=line.name,
        kind=line.kind,
        title=line.title,
        state=line.state,
        reason=line.reason,
        fraction=fraction,
        eta_s=eta_s,
        best=headline_text(head) if head is not None else "",
        best_short=_short(head),
        best_value=_value(head),
        line_value=_value(beside),
        line_short=_short(beside),
        created=line.created,
        num_done=line.num_done,
        num_nodes=line.num_nodes,
        group=line.group,
        tags=line.tags,
        changes=line.changes,
        is_supervised=line.is_supervised,
    )


def problem_row(run_id: str, problem: str) -> RunRow:
    """Return the row of a folder that cannot be read."""
    return RunRow(
        id=run_id,
        name="",
        kind="",
        title="",
        state=State.lost,
        reason="",
        fraction=0.0,
        eta_s=None,
        best="",
        best_short="",
        best_value=None,
        line_value=None,
        line_short="",
        created=0.0,
        num_done=0,
        num_nodes=0,
        problem=problem,
    )


def _growing(view: RunView) -> Headline | None:
    """Return what the ensemble that grows scores so far, None where none does."""
    for name, node in reversed(view.nodes.items()):
        scores = [told.ensemble for told in node.view.members.values() if told.ensemble]
        if node.state in ACTIVE and scores:
            return ensemble_headline(name, {f"{ENSEMBLE}{k}": v for k, v in scores[-1].items()})
    return None


def _newest(view: RunView) -> Headline | None:
    """Return the newest number of what trains, None before the first.

    Of training data alone only a curve's highest loss is worth a place in the list.
    """
    for name, node in reversed(view.nodes.items()):
        epochs = node.view.epochs
        values = epochs[-1].values if epochs else {}
        column = next((column for column in _LIVE if column in values), None)
        if column is not None:
            return Headline(name, column, values[column])
    return None


def _value(head: Headline | None) -> float | None:
    return head.value if head is not None and math.isfinite(head.value) else None


def _short(head: Headline | None) -> str:
    """Return the number alone in at most eight characters, '' where there is none."""
    value = _value(head)
    if head is None or value is None:
        return ""
    column = head.name.removesuffix(MAX)
    text = shown(column, value)
    if len(text) <= _SHORT:
        return text
    return f"{100 * value:.0f} %" if quantity(column).is_fraction else f"{value:.1e}"
