"""The legend of a terminal chart, and its readout: every series' value at the crosshair.

Entries are whole or missing; a legend that is full ends in "…". Called by `reports.braille`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mcworkbench.reports.chart_canvas import Canvas, Paint, one_cell_each, series_paint
from mcworkbench.reports.chart_lines import Reading, reading
from mcworkbench.reports.plot import Role
from mcworkbench.reports.quantities import MISSING, shown
from mcworkbench.reports.raster import DOTS_ACROSS, DOTS_DOWN, braille_text, pack

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mcworkbench.reports.chart_lines import Line
    from mcworkbench.reports.plot import Plot

# On and off dots along the line: told apart without colour. What a series is has its own, so
# that a line looks the same while it forms and when it is done; others take what is left.
_OF_ROLE = {
    Role.train: (1, 0),
    Role.lr: (1, 0),
    Role.test: (5, 3),
    Role.validation: (1, 2),
    Role.straight: (4, 2),
}
_SCATTERED = (1, 5)
# None is longer than the sample in the legend shows.
_PATTERNS = ((2, 6), (7, 3), (1, 4), (2, 2), (3, 6), *_OF_ROLE.values())
BREAK, BELOW = "×", "▾"
_SIGNS = {BREAK: "no number", BELOW: "0, not on a log axis"}
MARK = "▴"
_SAMPLE = 5
_GAP = 2
# Room for values, so that the legend stays still while the crosshair moves.
_VALUE, _SMOOTH, _X = 9, 11, 9
_NEAR = "≈"
_MOST_MARKS = 2

# Pieces of text with their paints.
Entry = tuple[tuple[str, int], ...]


@final
@dataclass(frozen=True, slots=True)
class Legend:
    """Rows of entries, each with the column where it starts."""

    rows: tuple[tuple[tuple[int, Entry], ...], ...]
    is_cut: bool

    @property
    def num_rows(self) -> int:
        """Return how many rows it fills."""
        return len(self.rows)

    def write(self, canvas: Canvas, top: int) -> None:
        """Put it on a canvas, its first row at `top`."""
        end = 0
        for place, row in enumerate(self.rows):
            for start, entry in row:
                end = start
                for text, paint in entry:
                    canvas.write(top + place, end, text, paint)
                    end += len(text)
        if self.is_cut:
            canvas.write(top + self.num_rows - 1, min(end + 1, canvas.width - 1), "…", Paint.axis)


def patterns_of(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Return the pattern of dots of every series, no two alike as long as there are enough."""
    found: dict[int, tuple[int, int]] = {}
    for place in _by_weight(lines):
        series = lines[place].series
        if series.is_scattered:
            found[place] = _SCATTERED
            continue
        whole = None if series.is_faint else (1, 0)
        wanted = (_OF_ROLE.get(series.role, whole), *_PATTERNS)
        taken = set(found.values())
        free = (pattern for pattern in wanted if pattern is not None and pattern not in taken)
        found[place] = next(free, _PATTERNS[place % len(_PATTERNS)])
    return [found[place] for place in range(len(lines))]


def _by_weight(lines: Sequence[Line]) -> list[int]:
    """Return the places of all series, faint ones last: they may be left out first."""
    return sorted(range(len(lines)), key=lambda place: lines[place].series.is_faint)


def legend_of(
    plot: Plot,
    lines: Sequence[Line],
    width: int,
    *,
    title: str,
    crosshair: float | None,
    signs: Collection[str],
    max_rows: int,
) -> Legend:
    """Return the legend of a plot, wrapped to `width`.

    Args:
        plot: what is drawn.
        lines: its series, ready.
        width: columns.
        title: shown before the entries.
        crosshair: show every series' value at this x too.
        signs: what stands on the axis where a line cannot be drawn, to be explained.
        max_rows: how many rows it may fill.
    """
    entries: list[Entry] = []
    if title:
        entries.append(((one_cell_each(title, limit=width), Paint.plain),))
    if crosshair is not None:
        name = one_cell_each(plot.x_label, limit=width // 2)
        entries.append(((f"{name} ", Paint.axis), (f"{crosshair:<{_X}.6g}", Paint.readout)))
    samples = [_sample(pattern) for pattern in patterns_of(lines)]
    entries += [
        _entry(place, lines[place], samples[place], plot, width=width, crosshair=crosshair)
        for place in _by_weight(lines)
    ]
    if plot.bundle is not None:
        label = one_cell_each(plot.bundle.label, limit=max(width - _SAMPLE - 1, 1))
        entries.append(((f"{_sample((1, 0))} {label}", Paint.bundle),))
    entries += [((f"{sign} {_SIGNS[sign]}", Paint.mark),) for sign in _SIGNS if sign in signs]
    texts = list(dict.fromkeys(mark.text for mark in plot.marks))
    entries += [
        ((f"{MARK} {one_cell_each(text, limit=width - 3)}", Paint.mark),)
        for text in texts[:_MOST_MARKS]
    ]
    return _wrapped(entries, width, max_rows)


def _entry(
    place: int, line: Line, sample: str, plot: Plot, *, width: int, crosshair: float | None
) -> Entry:
    paint = series_paint(place, is_faint=line.series.is_faint)
    value = "" if crosshair is None else _value(line, plot, crosshair)
    room = width - len(sample) - len(value) - 2
    label = one_cell_each(line.series.label, limit=max(room, 1))
    if not value:
        return ((f"{sample} {label}"[:width], paint),)
    return ((f"{sample} {label} ", paint), (value, Paint.readout))


def _value(line: Line, plot: Plot, x: float) -> str:
    found = reading(line, x)
    text = f"{_text(found, found.value, plot):<{_VALUE}}"
    if line.smooth is not None:
        text += f"{'~' + _text(found, found.smooth, plot).lstrip(_NEAR):<{_SMOOTH}}"
    return text


def _text(found: Reading, value: float, plot: Plot) -> str:
    if not math.isfinite(value):
        return MISSING
    sign = "" if found.is_exact else _NEAR
    return sign + shown(plot.column, value, task=plot.task)


def _sample(pattern: tuple[int, int]) -> str:
    dots = np.zeros((DOTS_DOWN, _SAMPLE * DOTS_ACROSS), dtype=np.bool_)
    on, off = pattern
    dots[2, np.arange(dots.shape[1]) % (on + off) < on] = True
    return braille_text(pack(dots)[0])


def _wrapped(entries: Sequence[Entry], width: int, max_rows: int) -> Legend:
    rows: list[list[tuple[int, Entry]]] = [[]]
    end = 0
    for entry in entries:
        size = sum(len(text) for text, _ in entry)
        start = end + _GAP if rows[-1] else 0
        if rows[-1] and start + len("".join(text for text, _ in entry).rstrip()) > width:
            if len(rows) == max_rows:
                return Legend(tuple(map(tuple, rows)), is_cut=True)
            rows.append([])
            start = 0
        rows[-1].append((start, entry))
        end = start + size
    return Legend(tuple(map(tuple, rows)), is_cut=False)
