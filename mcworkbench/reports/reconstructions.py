"""One table on how far reconstructions fall along every path, and its spread over pairs.

Pure; called by `reports.page`. On the column that the verdict speaks of.
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from mcworkbench.reports.quantities import MISSING, RECONSTRUCTION, quantity, shown
from mcworkbench.reports.table import Table
from mcworkbench.reports.verdict import share_of_baseline, verdict_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.document import PathSummary, RunSummary

_HEADS = ["path", "ends", "worse end", "worst", "t", "barrier", "area above chord", "to mean image"]
_NUM_WORDS = 2


def reconstruction_table(summary: RunSummary) -> Table:
    """Return one row per evaluated path, and mean ± deviation per method where there are pairs."""
    column = verdict_column(summary.task)
    is_ours = summary.task.partition(":")[0] == RECONSTRUCTION
    paths = [path for path in summary.paths if is_ours and not path.partial]
    known = [path for path in paths if column in path.statistics and path.baseline]
    rows = [_row(path, column, summary.task) for path in known]
    for method in dict.fromkeys(path.method for path in known):
        alike = [path for path in known if path.method == method]
        if len(alike) > 1:
            rows.append(_spread(method, alike, column, summary.task))
    label = quantity(column, task=summary.task).label
    baselines = {shown(column, path.baseline.get(column), task=summary.task) for path in known}
    notes = [
        f"The mean training image has {label} {', '.join(sorted(baselines))}; area: mean over t of "
        "how far the path lies above the chord; to mean image: how far the worst point lies from "
        "the worse end (0 %) to the mean image (100 %)."
    ]
    return Table(f"Reconstructions, {label}", _HEADS, rows, _NUM_WORDS, notes if rows else [])


def area_above_chord(ts: Sequence[float], values: Sequence[float]) -> float:
    """Return the mean over t of the rise above the chord between the ends, never negative.

    Trapezoids over the evaluated t; NaN where an end is missing.
    """
    if len(ts) < _NUM_WORDS or ts[0] != 0 or ts[-1] != 1:
        return math.nan
    first, last = values[0], values[-1]
    rises = [
        max(0.0, value - ((1 - t) * first + t * last)) for t, value in zip(ts, values, strict=True)
    ]
    return math.fsum((rises[i] + rises[i - 1]) / 2 * (ts[i] - ts[i - 1]) for i in range(1, len(ts)))


def _numbers(path: PathSummary, column: str) -> tuple[float, float, float, float, float]:
    """Return worse end, worst value, barrier, area and share of the way to the mean image."""
    found = path.statistics[column]
    return (
        max(found.get("start", math.nan), found.get("end", math.nan)),
        found.get("max", math.nan),
        path.barriers.get(column, {}).get("above_chord", math.nan),
        area_above_chord(path.ts, path.columns.get(column, [])),
        share_of_baseline(path, column),
    )


def _row(path: PathSummary, column: str, task: str) -> list[str]:
    end, worst, barrier, area, share = _numbers(path, column)
    values = path.columns.get(column, [])
    t = f"{path.ts[values.index(worst)]:.3g}" if worst in values else MISSING
    texts = [shown(column, value, task=task) for value in (end, worst, barrier, area)]
    return [path.method, path.pair_label or MISSING, *texts[:2], t, *texts[2:], _percent(share)]


def _spread(method: str, paths: Sequence[PathSummary], column: str, task: str) -> list[str]:
    columns = list(zip(*(_numbers(path, column) for path in paths), strict=True))
    texts = [
        f"{shown(column, statistics.fmean(values), task=task)} ± "
        f"{shown(column, statistics.stdev(values), task=task)}"
        for values in columns[:-1]
    ]
    share = f"{_percent(statistics.fmean(columns[-1]))} ± {_percent(statistics.stdev(columns[-1]))}"
    where = f"{len(paths)} pairs, mean ± deviation"
    return [method, where, *texts[:2], MISSING, *texts[2:], share]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if math.isfinite(share) else MISSING
