"""Draw lines as rows of text: braille dots, 1-2-5 ticks, a legend always.

Used by the headless live plot and by the terminal's chart. Pure numpy and strings; colours are
left to the caller, who gets the spans of every series. Rows are exactly as wide and as many as
asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mcworkbench.reports.raster import DOTS_ACROSS, DOTS_DOWN, braille_text, pack, raster
from mcworkbench.reports.ticks import linear_ticks, log_ticks, tick_text
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_WIDTH = 24
MIN_HEIGHT = 6
# On and off dots along the line, by the order in the legend: told apart without colour.
_PATTERNS: tuple[tuple[int, int], ...] = ((1, 0), (5, 3), (1, 2), (9, 2), (2, 6), (14, 5))
_ROWS_PER_TICK = 3
_COLUMNS_PER_TICK = 9
_MARGIN = 0.03


@final
@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: a label and its points; a y that is not finite leaves a gap."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]


@final
@dataclass(frozen=True, slots=True)
class Span:
    """Where a series shows: row, first and last + 1 column, and its index in the legend."""

    row: int
    start: int
    stop: int
    series: int


@final
@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: its rows of text, and the spans to colour."""

    rows: tuple[str, ...]
    spans: tuple[Span, ...]


def render_lines(
    series: Sequence[Series],
    width: int,
    height: int,
    *,
    y_log: bool = False,
    title: str = "",
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
) -> list[str]:
    """Return `height` rows of `width` characters showing every series with axes and a legend.

    Args:
        series: the lines, in the order of the legend.
        width: characters; below `MIN_WIDTH` a sentence replaces the chart.
        height: rows; below `MIN_HEIGHT` likewise.
        y_log: logarithmic y; values at or below zero are gaps.
        title: shown before the legend.
        x_range: lowest and highest x; the data's own where absent.
        y_range: lowest and highest y; the data's own with a small margin where absent.
    """
    chart = render(
        series, width, height, y_log=y_log, title=title, x_range=x_range, y_range=y_range
    )
    return list(chart.rows)


def render(
    series: Sequence[Series],
    width: int,
    height: int,
    *,
    y_log: bool = False,
    title: str = "",
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
) -> Chart:
    """Return what `render_lines` does, with the spans of every series for colouring."""
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return _message("too small", width, height)
    lines = [_finite(line, y_log=y_log) for line in series]
    x_low, x_high = x_range or _extent([xs for xs, _ in lines])
    y_low, y_high = _y_extent([ys for _, ys in lines], y_range, y_log=y_log)
    if not math.isfinite(x_low) or not math.isfinite(y_low):
        return _message("no numbers yet", width, height)

    legend, legend_spans = _legend(series, width, title, max_rows=max(1, height // 4))
    num_rows = height - len(legend) - 2
    labels = _y_labels(y_low, y_high, num_rows, y_log=y_log)
    gutter = max(len(text) for text in labels.values()) if labels else 1
    num_columns = width - gutter - 2

    owners = np.full((num_rows, num_columns), -1)
    cells = np.zeros((num_rows, num_columns), dtype=np.int64)
    for index, (xs, ys) in enumerate(lines):
        dots = raster(
            xs,
            ys,
            num_rows,
            num_columns,
            x_range=(x_low, x_high),
            y_range=(y_low, y_high),
            pattern=_PATTERNS[index % len(_PATTERNS)],
        )
        bits = pack(dots)
        cells |= bits
        owners[bits > 0] = index
    rows = legend + [
        f"{labels.get(row, ''):>{gutter}} {'┤' if row in labels else '│'}{braille_text(cells[row])}"
        for row in range(num_rows)
    ]
    rows += _x_axis(x_low, x_high, num_columns, gutter)
    spans = legend_spans + _spans(owners, len(legend), gutter + 2)
    return Chart(tuple(row[:width].ljust(width) for row in rows), tuple(spans))


def _finite(line: Series, *, y_log: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    xs = np.asarray(line.xs, dtype=np.float64)
    ys = np.asarray(line.ys, dtype=np.float64).copy()
    assert xs.shape == ys.shape, f"{line.label}: {xs.size} x but {ys.size} y"
    ys[~np.isfinite(ys) | ~np.isfinite(xs)] = np.nan
    if y_log:
        ys[ys <= 0] = np.nan
        ys = np.log10(ys)
    return xs, ys


def _extent(columns: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    finite = [column[np.isfinite(column)] for column in columns]
    joined = np.concatenate(finite) if finite else np.empty(0)
    if not joined.size:
        return math.nan, math.nan
    low, high = float(joined.min()), float(joined.max())
    if low == high:
        return low - 0.5, high + 0.5
    return low, high


def _y_extent(
    columns: Sequence[NDArray[np.float64]], given: tuple[float, float] | None, *, y_log: bool
) -> tuple[float, float]:
    if given is not None:
        return (math.log10(given[0]), math.log10(given[1])) if y_log else given
    low, high = _extent(columns)
    margin = _MARGIN * (high - low)
    # A loss or an error starts at zero: the margin must not suggest negative values.
    bottom = 0.0 if 0 <= low < margin and not y_log else low - margin
    return bottom, high + margin


def _y_labels(low: float, high: float, num_rows: int, *, y_log: bool) -> dict[int, str]:
    """Return the tick text of each character row that has one."""
    most = max(2, 1 + num_rows // _ROWS_PER_TICK)
    if y_log:
        values = log_ticks(10**low, 10**high, most)
        texts = [tick_text(value) for value in values]
        values = [math.log10(value) for value in values]
    else:
        values = linear_ticks(low, high, most)
        step = values[1] - values[0] if len(values) > 1 else None
        texts = [tick_text(value, step) for value in values]
    num_dots = DOTS_DOWN * num_rows
    labels: dict[int, str] = {}
    for value, text in zip(values, texts, strict=True):
        height = round((value - low) / (high - low) * (num_dots - 1))
        labels.setdefault((num_dots - 1 - height) // DOTS_DOWN, text)
    return labels


def _x_axis(low: float, high: float, num_columns: int, gutter: int) -> list[str]:
    values = linear_ticks(low, high, max(2, num_columns // _COLUMNS_PER_TICK))
    step = values[1] - values[0] if len(values) > 1 else None
    rule = ["─"] * num_columns
    labels = [" "] * (num_columns + gutter + 2)
    free = 0
    for value in values:
        column = round((value - low) / (high - low) * (DOTS_ACROSS * num_columns - 1)) // 2
        rule[column] = "┴"
        text = tick_text(value, step)
        start = min(column + gutter + 2 - len(text) // 2, len(labels) - len(text))
        if start >= free:
            labels[start : start + len(text)] = text
            free = start + len(text) + 1
    return [f"{'':>{gutter}} └{''.join(rule)}", "".join(labels)]


def _legend(
    series: Sequence[Series], width: int, title: str, *, max_rows: int
) -> tuple[list[str], list[Span]]:
    """Return the legend's rows, wrapped, and the span of each entry; a full one ends in "…"."""
    entries = [(-1, clean_line(title, limit=width))] if title else []
    room = width - 7
    entries += [
        (index, f"{_sample(index)} {clean_line(line.label, limit=room)}")
        for index, line in enumerate(series)
    ]
    rows, spans = [""], list[Span]()
    for index, text in entries:
        if rows[-1] and len(rows[-1]) + 2 + len(text) > width:
            if len(rows) == max_rows:
                rows[-1] = f"{rows[-1][: width - 2]} …"
                break
            rows.append("")
        start = len(rows[-1]) + (2 if rows[-1] else 0)
        rows[-1] = f"{rows[-1]:<{start}}{text}"
        if index >= 0:
            spans.append(Span(len(rows) - 1, start, start + len(text), index))
    return rows, spans


def _sample(index: int) -> str:
    dots = np.zeros((DOTS_DOWN, 5 * DOTS_ACROSS), dtype=np.bool_)
    on, off = _PATTERNS[index % len(_PATTERNS)]
    dots[2, np.arange(dots.shape[1]) % (on + off) < on] = True
    return braille_text(pack(dots)[0])


def _spans(owners: NDArray[np.int64], top: int, left: int) -> list[Span]:
    """Return runs of neighbouring characters whose topmost line is the same series."""
    spans: list[Span] = []
    for row, owned in enumerate(owners):
        edges = np.flatnonzero(np.diff(owned)) + 1
        for piece_start, piece_stop in zip([0, *edges], [*edges, owned.size], strict=True):
            index = int(owned[piece_start])
            if index >= 0:
                spans.append(
                    Span(top + row, left + int(piece_start), left + int(piece_stop), index)
                )
    return spans


def _message(text: str, width: int, height: int) -> Chart:
    rows = [text[:width].center(width)] if height > 0 else []
    rows = [" " * width] * ((height - 1) // 2) + rows
    return Chart(tuple((rows + [" " * width] * height)[:height]), ())
