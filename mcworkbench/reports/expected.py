"""Put published numbers beside ours. Pure; called by `reports.summary`.

A key is "<node>.<column>.<statistic>": "curve.test_error.max", "line.train_loss.max",
"ends.test_error.min" (over the ends' own final statistics), "fge.test_error.2b" (the mean over
pools of two runs of a method). Numbers are fractions and nats.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mcworkbench.reports.document import Expectation
from mcworkbench.reports.quantities import as_float

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.reports.document import EndSummary, PathSummary
    from mcworkbench.reports.ensemble_document import BudgetSummary

_PARTS = 3
_OVER_ENDS = {"min": min, "max": max}


def expectations(
    published: Mapping[str, Any],
    paths: Sequence[PathSummary],
    ends: Sequence[EndSummary],
    budgets: Sequence[BudgetSummary] = (),
) -> list[Expectation]:
    """Return one entry per published number in the order given, ours NaN where we have none."""
    return [
        Expectation(key, _column(key), as_float(value), _ours(key, paths, ends, budgets))
        for key, value in published.items()
        if not isinstance(value, str)
    ]


def _column(key: str) -> str:
    parts = key.rsplit(".", 2)
    return parts[1] if len(parts) == _PARTS else ""


def _ours(
    key: str,
    paths: Sequence[PathSummary],
    ends: Sequence[EndSummary],
    budgets: Sequence[BudgetSummary],
) -> float:
    parts = key.rsplit(".", 2)
    if len(parts) != _PARTS:
        return math.nan
    node, column, statistic = parts
    if node == "ends":
        joined = {name for path in paths for name in path.pair}
        values = [
            end.values[column]
            for end in ends
            if column in end.values and (end.node in joined or not any(joined))
        ]
        pick = _OVER_ENDS.get(statistic)
        return pick(values) if pick and values else math.nan
    for record in budgets:
        if (record.method, f"{record.budget}b") == (node, statistic):
            return record.mean.get(column, math.nan)
    for path in paths:
        if path.node == f"evaluate-{node}" and not path.partial:
            found = {**path.barriers.get(column, {}), **path.statistics.get(column, {})}
            return found.get(statistic, math.nan)
    return math.nan
