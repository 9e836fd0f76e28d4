"""Ticks of a terminal chart: which row or column has one, and what it says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.chart_lines import to_drawn
from mcworkbench.reports.raster import DOTS_ACROSS, DOTS_DOWN
from mcworkbench.reports.ticks import linear_ticks, log_ticks, tick_text

if TYPE_CHECKING:
    from mcworkbench.reports.chart_lines import Range

_ROWS_PER_TICK = 3
_COLUMNS_PER_TICK = 9
_MOST_DECADES = 307.0


def y_labels(y_range: Range, num_rows: int, *, is_log: bool, unit: str) -> dict[int, str]:
    """Return the tick text of each character row that has one; only percent is written out."""
    low, high = y_range
    most = max(2, 1 + num_rows // _ROWS_PER_TICK)
    suffix = " %" if unit == "%" else ""
    if is_log:
        values = log_ticks(_power(low), _power(high), most)
        texts = [tick_text(value, _step(values) if high - low < 1 else None) for value in values]
    else:
        values = linear_ticks(low, high, most)
        texts = [tick_text(value, _step(values)) for value in values]
    labels: dict[int, str] = {}
    for value, text in zip(values, texts, strict=True):
        row = row_of(to_drawn(value, is_log=is_log), y_range, num_rows)
        if 0 <= row < num_rows:
            labels.setdefault(row, text + suffix)
    return labels


def _power(exponent: float) -> float:
    # Margins may reach beyond what a double can hold.
    return 10.0 ** min(max(exponent, -_MOST_DECADES), _MOST_DECADES)


def row_of(drawn: float, y_range: Range, num_rows: int) -> int:
    """Return the character row of a drawn value."""
    num_dots = DOTS_DOWN * num_rows
    height = round((drawn - y_range[0]) / (y_range[1] - y_range[0]) * (num_dots - 1))
    return (num_dots - 1 - height) // DOTS_DOWN


def column_of(x: float, x_range: Range, num_columns: int) -> int:
    """Return the character column of an x."""
    part = (x - x_range[0]) / (x_range[1] - x_range[0])
    return round(part * (DOTS_ACROSS * num_columns - 1)) // DOTS_ACROSS


def x_of(column: int, x_range: Range, num_columns: int) -> float:
    """Return the x in the middle of a character column."""
    part = (DOTS_ACROSS * column + 0.5) / (DOTS_ACROSS * num_columns - 1)
    return x_range[0] + part * (x_range[1] - x_range[0])


def x_labels(x_range: Range, num_columns: int, *, is_integral: bool) -> dict[int, str]:
    """Return the tick text of each character column that has one."""
    low, high = x_range
    most = max(2, num_columns // _COLUMNS_PER_TICK)
    if is_integral:
        # Between whole numbers, epochs say, there is nothing to mark.
        most = max(2, min(most, math.floor(high - low) + 1))
    values = linear_ticks(low, high, most)
    step = _step(values)
    return {column_of(value, x_range, num_columns): tick_text(value, step) for value in values}


def _step(values: list[float]) -> float | None:
    step = values[1] - values[0] if len(values) > 1 else 0.0
    return step if step > 0 else None


def placed(labels: dict[int, str], left: int, width: int) -> list[tuple[int, str]]:
    """Return the labels that fit into one row, each centred under its column, with its start."""
    found: list[tuple[int, str]] = []
    free = 0
    for column, text in sorted(labels.items()):
        start = min(column + left - len(text) // 2, width - len(text))
        if start >= free:
            found.append((start, text))
            free = start + len(text) + 1
    return found


def name_start(name: str, texts: list[tuple[int, str]], width: int) -> int | None:
    """Return where the name of the axis fits between its labels, None where it does not.

    Left of all labels if it can be, else in the middle of the widest gap.
    """
    if not texts:
        return 0 if len(name) <= width else None
    if len(name) < texts[0][0]:
        return 0
    gaps: list[tuple[int, int]] = []
    for place, (start, text) in enumerate(texts):
        end = start + len(text)
        following = texts[place + 1][0] if place + 1 < len(texts) else width + 1
        gaps.append((following - end, end))
    room, end = max(gaps)
    if room < len(name) + 2:
        return None
    return end + (room - len(name)) // 2
