"""The segments of a chain through many networks: each one's highest values and barriers.

Pure: built from a RunSummary; a segment is a stretch of the chain's evaluated points.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.quantities import quantity, shown
from mcworkbench.reports.table import Table
from mcworkbench.runs.path_summary import barriers

if TYPE_CHECKING:
    from mcworkbench.reports.document import PathSummary, RunSummary

_COLUMNS = ("train_nll", "test_nll", "test_error", "test_rmse")
_TOLERANCE = 1e-9


def segment_tables(summary: RunSummary) -> list[Table]:
    """Return one row per segment of every chain: highest value, barrier above the chord."""
    tables: list[Table] = []
    for path in summary.paths:
        if path.num_segments < 1 or path.partial:
            continue
        columns = [column for column in _COLUMNS if column in path.columns]
        heads = [
            f"{word} {quantity(column, task=summary.task).label}"
            for column in columns
            for word in ("highest", "barrier of")
        ]
        rows = [_row(path, segment, columns, summary.task) for segment in range(path.num_segments)]
        notes = ["A barrier is the largest rise above the chord between the segment's own ends."]
        tables.append(Table(f"Segments of the {path.method}", ["segment", *heads], rows, 1, notes))
    return tables


def segment_values(path: PathSummary, column: str, segment: int) -> tuple[list[float], list[float]]:
    """Return position within a segment, 0 to 1, and value at each of its evaluated points."""
    low, high = segment / path.num_segments, (segment + 1) / path.num_segments
    within = [
        ((t - low) * path.num_segments, value)
        for t, value in zip(path.ts, path.columns[column], strict=True)
        if low - _TOLERANCE <= t <= high + _TOLERANCE
    ]
    ts = [min(1.0, max(0.0, round(t, 12))) for t, _ in within]
    return ts, [value for _, value in within]


def _row(path: PathSummary, segment: int, columns: list[str], task: str) -> list[str]:
    cells = [f"{segment + 1} to {segment + 2}"]
    for column in columns:
        ts, values = segment_values(path, column, segment)
        found = barriers(ts, values) if values else {}
        highest = max(values) if values else math.nan
        barrier = shown(column, found.get("above_chord"), task=task).replace(" %", " points")
        cells += [shown(column, highest, task=task), barrier]
    return cells
