"""Every table of a report as plain text cells: the terminal, Markdown and HTML show the same.

Pure: built from a RunSummary. Units are applied here through `reports.quantities`; escaping is
the business of whoever shows a cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mcworkbench.reports.quantities import (
    MISSING,
    image_columns,
    is_further,
    number,
    quantity,
    shown,
)
from mcworkbench.reports.remarks import conditions_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcworkbench.reports.document import EndSummary, PathSummary, RunSummary

STATISTICS = ("start", "end", "min", "max", "avg", "int")
SHOWN_COLUMNS = (
    "train_loss",
    "train_nll",
    "train_error",
    "validation_nll",
    "validation_error",
    "test_nll",
    "test_error",
    "test_ece",
    "test_f1",
)
_FURTHER_METRICS = ("nll", "error", "rmse")
_BARRIER_WORDS = {
    "above_chord": "above the chord",
    "over_worse_end": "over the worse end",
    "over_mean": "over the mean of the ends",
}
_KEY_DIGITS = 12
_MINUTE_S = 60
_HOUR_S = 3600


@final
@dataclass(frozen=True, slots=True)
class Table:
    """One table: text cells, how many leading columns are words, notes below it."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    num_words: int
    notes: list[str]


def statistics_tables(summary: RunSummary) -> list[Table]:
    """Return each quantity's statistics, barrier above the chord and the path's length, by pair."""
    return [
        Table(
            _pair_title("Along the path", paths, summary),
            ["quantity", "path", *STATISTICS, "t of max", "barrier", "length"],
            [
                _statistics_row(column, path, summary.task)
                for column in _present(paths, summary.task)
                for path in paths
                if column in path.statistics
            ],
            2,
            _conditions_notes(paths, summary.task),
        )
        for paths in summary.pairs().values()
    ]


def barrier_tables(summary: RunSummary) -> list[Table]:
    """Return the three named barriers of each quantity, one table per pair of ends."""
    tables: list[Table] = []
    for paths in summary.pairs().values():
        rows = [
            [
                _labelled(column, summary.task),
                path.method,
                *(
                    _points(column, path.barriers[column].get(name), summary.task)
                    for name in _BARRIER_WORDS
                ),
            ]
            for column in _present(paths, summary.task)
            for path in paths
            if column in path.barriers
        ]
        if rows:
            title = _pair_title("Barriers", paths, summary)
            note = "The chord is the straight interpolation of the two ends' values."
            tables.append(
                Table(title, ["quantity", "path", *_BARRIER_WORDS.values()], rows, 2, [note])
            )
    return tables


def paths_table(summary: RunSummary) -> Table:
    """Return one row per evaluated path: ends, points, length and its ratio to the line."""
    rows: list[list[str]] = []
    for paths in summary.pairs().values():
        lines = [path.length for path in paths if path.is_line]
        straight = lines[0] if lines else math.nan
        for path in paths:
            ratio = path.length / straight if straight > 0 else math.nan
            points = f"{len(path.ts)} of {path.num_points}" if path.partial else str(len(path.ts))
            rows.append(
                [
                    path.path,
                    path.method,
                    path.pair_label or MISSING,
                    points,
                    number(path.length),
                    f"{ratio:.3f}" if math.isfinite(ratio) else MISSING,
                ]
            )
    columns = ["path", "method", "ends", "points", "length ‖Δw‖", "length / line"]
    return Table("Paths", columns, rows, 3, [])


def ends_table(summary: RunSummary) -> Table:
    """Return one row per network: its seeds, its own final statistics, its value on a path."""
    known = _columns(summary.task)
    on_path = "test_error" if summary.task == "classification" else "test_nll"
    columns = [name for name in known if any(name in end.values for end in summary.ends)]
    rows = [
        [
            end.node,
            end.label,
            _seeds(end),
            str(end.epochs) if end.epochs else MISSING,
            *(shown(name, end.values.get(name), task=summary.task) for name in columns),
            shown(on_path, end.on_path, task=summary.task),
        ]
        for end in summary.ends
    ]
    heads = ["end", "network", "seeds", "epochs", *(_labelled(c, summary.task) for c in columns)]
    normed = any(path.conditions.bn_refreshed for path in summary.paths)
    statistics = ", the batch-norm statistics of its training" if normed else ""
    notes = [
        f'Own numbers of each network: no augmentation{statistics}; "on the path" is the '
        "path's value at t = 0 or t = 1."
    ]
    label = quantity(on_path, task=summary.task).label
    return Table("Ends", [*heads, f"{label} on the path"], rows, 3, notes)


def expectations_table(summary: RunSummary) -> Table:
    """Return every published number beside ours."""
    rows = [
        [
            item.key,
            shown(item.column, item.published, task=summary.task),
            shown(item.column, item.ours, task=summary.task),
            _points(item.column, item.ours - item.published, summary.task, signed=True),
        ]
        for item in summary.expectations
    ]
    notes = [f"Published: {summary.expect_source}"] if summary.expect_source else []
    return Table(
        "Beside published numbers", ["number", "published", "ours", "difference"], rows, 1, notes
    )


def nodes_table(summary: RunSummary) -> Table:
    """Return one row per node: kind, state, time, digest, and the run that made it."""
    rows = [
        [
            node.name,
            node.kind,
            node.state,
            duration(node.seconds),
            node.key[:_KEY_DIGITS],
            f"reused from {node.made_by}" if node.made_by else "this run",
        ]
        for node in summary.nodes
    ]
    return Table("Stages", ["node", "kind", "state", "time", "key", "made by"], rows, 6, [])


def pairs_table(title: str, values: Iterable[tuple[str, object]]) -> Table:
    """Return named values as a table of two columns."""
    rows = [[name, str(value)] for name, value in values]
    return Table(title, ["name", "value"], rows, 2, [])


def duration(seconds: float) -> str:
    """Return a time as text: 0.42 s, 12.3 s, 4 min 05 s, 2 h 06 min."""
    if not math.isfinite(seconds):
        return MISSING
    if seconds < _MINUTE_S:
        return f"{seconds:.3g} s"
    if seconds < _HOUR_S:
        return f"{int(seconds // _MINUTE_S)} min {int(seconds % _MINUTE_S):02d} s"
    return f"{int(seconds // _HOUR_S)} h {int(seconds % _HOUR_S // _MINUTE_S):02d} min"


def _columns(task: str) -> tuple[str, ...]:
    return (*SHOWN_COLUMNS, *image_columns(task))


def _present(paths: Sequence[PathSummary], task: str) -> list[str]:
    every = dict.fromkeys(name for path in paths for name in path.statistics)
    further = [
        name for name in every if is_further(name) and name.endswith(tuple(_FURTHER_METRICS))
    ]
    return [*(name for name in _columns(task) if name in every), *further]


def _statistics_row(column: str, path: PathSummary, task: str) -> list[str]:
    statistics = path.statistics[column]
    highest = statistics.get("max", math.nan)
    values = path.columns.get(column, [])
    place = path.ts[values.index(highest)] if highest in values else math.nan
    name = f"{path.method} (partial)" if path.partial else path.method
    return [
        _labelled(column, task),
        name,
        *(shown(column, statistics.get(statistic), task=task) for statistic in STATISTICS),
        f"{place:.3g}" if math.isfinite(place) else MISSING,
        _points(column, path.barriers.get(column, {}).get("above_chord"), task),
        number(path.length),
    ]


def _labelled(column: str, task: str) -> str:
    """Return the label; cells of percentages carry their sign, so only other units are named."""
    described = quantity(column, task=task)
    return described.label if described.is_fraction else described.axis


def _points(column: str, value: float | None, task: str, *, signed: bool = False) -> str:
    """Return a difference as text: percent points are no percentage."""
    text = shown(column, value, task=task, signed=signed)
    return text.replace(" %", " points")


def _pair_title(title: str, paths: Sequence[PathSummary], summary: RunSummary) -> str:
    label = paths[0].pair_label
    return f"{title}, {label}" if label and len(summary.pairs()) > 1 else title


def _conditions_notes(paths: Sequence[PathSummary], task: str) -> list[str]:
    """Return how the numbers were measured, once where all paths agree."""
    finished = [path for path in paths if not path.partial] or list(paths)
    sentences = {path.method: conditions_sentence(path.conditions, task=task) for path in finished}
    if len(set(sentences.values())) == 1:
        return [next(iter(sentences.values()))]
    return [f"{method}: {sentence}" for method, sentence in sentences.items()]


def _seeds(end: EndSummary) -> str:
    values = set(end.seeds.values())
    if not values:
        return MISSING
    if len(values) == 1:
        return str(values.pop())
    return ", ".join(f"{name} {seed}" for name, seed in end.seeds.items())
