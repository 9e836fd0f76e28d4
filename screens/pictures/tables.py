"""The numbers along evaluated paths as text: a table per path, and a headline for the pair."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.quantities import MISSING, number, quantity, shown, to_shown
from mcworkbench.screens.pictures.run_picture import PathTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.document import PathSummary

# Columns in the order of the table, as far as a path has them.
_COLUMNS = (
    "train_nll",
    "train_error",
    "train_rmse",
    "validation_nll",
    "validation_error",
    "validation_rmse",
    "test_nll",
    "test_error",
    "test_rmse",
    "dl",
    "train_loss",
    "test_ece",
    "test_disagreement_first",
    "test_disagreement_last",
    "l2",
)
_HEADS = {
    "dl": "|Δw|",
    "train_loss": "regularised",
    "test_ece": "test calibration, %",
    "test_disagreement_first": "test ≠ first end, %",
    "test_disagreement_last": "test ≠ last end, %",
    "l2": "|w|²",
}
_BARRIER_OF = "train_nll"
_ABOVE = "above the chord"


def table_of(path: PathSummary, paths: Sequence[PathSummary], task: str) -> PathTable:
    """Return every statistic along one path, as text in shown units."""
    has_lengths = not path.partial
    columns = [name for name in _COLUMNS if name in path.columns or (name == "dl" and has_lengths)]
    heads = ("t", *(_head(name, task) for name in columns))
    cells = [_cells(path, name, task) for name in columns]
    rows = tuple(
        (f"{t:.3f}", *(column[index] for column in cells)) for index, t in enumerate(path.ts)
    )
    return PathTable(
        path=path.path,
        ts=tuple(path.ts),
        heads=heads,
        rows=rows,
        footer=_footer(path, paths, task),
        total=path.num_points,
    )


def _head(column: str, task: str) -> str:
    short = _HEADS.get(column)
    if short is None:
        return quantity(column, task=task).axis
    # Only classes differ by a share of the examples; values differ by a distance.
    return short if quantity(column, task=task).is_fraction else short.removesuffix(", %")


def _cells(path: PathSummary, column: str, task: str) -> list[str]:
    values = path.dl if column == "dl" else path.columns[column]
    if not quantity(column, task=task).is_fraction:
        return [number(value) for value in values]
    scaled = to_shown(column, values, task=task)
    return [f"{value:.2f}" if math.isfinite(value) else MISSING for value in scaled]


def _footer(path: PathSummary, paths: Sequence[PathSummary], task: str) -> str:
    """Return the summary of a whole path; its definitions are those of reports."""
    if path.partial:
        return ""
    told = [_barrier(path, task), _peak(path, "train_nll", task), _worst(path, task)]
    told.append(_length(path, paths))
    return _joined(told)


def headline_of(paths: Sequence[PathSummary], task: str) -> str:
    """Return one line on a pair: its first curve's numbers, the line's beside them."""
    whole = [path for path in paths if not path.partial]
    main = next((path for path in whole if "@" not in path.node and not path.is_line), None)
    line = next((path for path in whole if path.is_line), None)
    if main is None:
        told = [_rise(line, task), _worst(line, task), _length(line, whole)] if line else []
        return f"line: {_joined(told)}" if any(told) else ""
    told = [_rise(main, task), _worst(main, task)]
    if line is not None:
        beside = _worst(line, task).removeprefix("worst ").partition(" at t")[0]
        told.append(f"line {beside}" if beside else "")
    return _joined([*told, _length(main, whole)])


def _joined(parts: Sequence[str]) -> str:
    return " · ".join(part for part in parts if part)


def _rise(path: PathSummary, task: str) -> str:
    """Return the barrier in a few words; the table's footer says above what."""
    return _barrier(path, task).replace(f" {_ABOVE},", "").removesuffix(f" {_ABOVE}")


def _barrier(path: PathSummary, task: str) -> str:
    """Return the rise above the chord and where it is highest."""
    rise = path.barriers.get(_BARRIER_OF, {}).get("above_chord", math.nan)
    if not math.isfinite(rise):
        return ""
    values = path.columns[_BARRIER_OF]
    chord = [(1 - t) * values[0] + t * values[-1] for t in path.ts]
    rises = [value - base for value, base in zip(values, chord, strict=True)]
    at = f", at t {_position(path, rises)}" if rise > 0 else ""
    return f"{quantity(_BARRIER_OF, task=task).label} barrier {number(rise)} {_ABOVE}{at}"


def _peak(path: PathSummary, column: str, task: str) -> str:
    highest = path.statistics.get(column, {}).get("max", math.nan)
    if not math.isfinite(highest):
        return ""
    where = _position(path, path.columns[column])
    return (
        f"max {quantity(column, task=task).label} {shown(column, highest, task=task)} at t {where}"
    )


def _worst(path: PathSummary, task: str) -> str:
    """Return the highest test error along the path, for values the root mean square one."""
    for column in ("test_error", "test_rmse", "test_nll", "train_error"):
        text = _peak(path, column, task)
        if text:
            return f"worst{text.removeprefix('max')}"
    return ""


def _length(path: PathSummary, paths: Sequence[PathSummary]) -> str:
    if not math.isfinite(path.length):
        return ""
    line = next((other for other in paths if other.is_line and not other.partial), None)
    if line is None or line is path or not line.length > 0:
        return f"length {number(path.length)}"
    return f"length {number(path.length)} ({path.length / line.length:.2f} × the line)"


def _position(path: PathSummary, values: Sequence[float]) -> str:
    """Return where the values are highest: ".48"."""
    place = max(range(len(values)), key=lambda index: values[index])
    return f"{path.ts[place]:.2f}"
