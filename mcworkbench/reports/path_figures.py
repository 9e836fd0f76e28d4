"""Figures of what happens along a path: loss, error, disagreement, with the barrier marked.

Called by `reports.figures`, inside its style. The straight line is dashed grey, other paths are
solid in the palette's order, ends are dots.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.axes import COLOURS, GREY, INK, Drawing, finish, panels_of
from mcworkbench.reports.quantities import is_further, quantity, to_shown
from mcworkbench.reports.ticks import use_log
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mcworkbench.reports.document import PathSummary, RunSummary

_MAX_LABEL = 32
# A barrier lower than this part of the axis is not worth an arrow.
_STEEP = 0.05
# Where on the arrow its text stands, from the chord up.
_TEXT_AT = 0.4
_LEGEND_COLUMNS = 3
_MAX_FURTHER = 4
# What falls from near 100 % is not read off from zero.
_HIGHER_IS_BETTER = ("_f1", "_accuracy")
# Panels share an axis where each fills this part of it.
_ALIKE = 0.6


def path_drawings(summary: RunSummary) -> list[Drawing]:
    """Return loss, error and disagreement along the paths of each pair of ends.

    Paths of a single point are left out: their one number stands in the tables.
    """
    ideas = (
        ("loss", "Loss along the path", ("train_nll", "test_nll")),
        ("regularised-loss", "Regularised training loss along the path", ("train_loss",)),
        ("error", "Error along the path", ("train_error", "test_error")),
        ("f1", "F1 score along the path", ("train_f1", "test_f1")),
        (
            "disagreement",
            "Predictions that differ from the ends'",
            ("test_disagreement_first", "test_disagreement_last"),
        ),
    )
    found: list[Drawing] = []
    for number, every in enumerate(summary.pairs().values(), 1):
        paths = [path for path in every if path.num_points > 1]
        if not paths:
            continue
        suffix = f"-{number}" if len(summary.pairs()) > 1 else ""
        joined = f", {paths[0].pair_label}" if suffix and paths[0].pair_label else ""
        further = _further_errors(paths)
        for name, title, wanted in (*ideas, *further):
            columns = [c for c in wanted if any(c in path.columns for path in paths)]
            if columns:
                figure = _along_path(paths, columns, summary.task)
                caption = _path_caption(paths, columns, summary.task)
                found.append(Drawing(f"{name}{suffix}", f"{title}{joined}", caption, figure))
    return found


def _further_errors(paths: Sequence[PathSummary]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the figure of further test sets, where there are some."""
    names = dict.fromkeys(name for path in paths for name in path.columns if is_further(name))
    for metric in ("_error", "_nll"):
        found = [name for name in names if name.endswith(metric)]
        if found:
            return [
                ("further-tests", "Further test sets along the path", tuple(found[:_MAX_FURTHER]))
            ]
    return []


def _path_caption(paths: Sequence[PathSummary], columns: Sequence[str], task: str) -> str:
    parts = [
        f"{path.method} ({'dashed' if path.is_line else 'solid'}"
        f"{', partial' if path.partial else ''})"
        for path in paths
    ]
    what = " and ".join(quantity(column, task=task).label for column in columns)
    has_barrier = any(column in path.barriers for path in paths for column in columns)
    arrow = ", a number the highest barrier above the chord (dotted)" if has_barrier else ""
    return (
        f"{what[:1].upper()}{what[1:]} at {paths[0].num_points} positions t: {', '.join(parts)}; "
        f"dots mark the ends{arrow}."
    )


def _along_path(paths: Sequence[PathSummary], columns: Sequence[str], task: str) -> Figure:
    # Errors stay linear: percent are read off, and zero is a value.
    may_be_log = not quantity(columns[0], task=task).is_fraction
    lines_of = {c: [path.columns[c] for path in paths if c in path.columns] for c in columns}
    is_shared = _is_alike(list(lines_of.values()), is_log=may_be_log)
    figure, panels = panels_of(len(columns), share_y=is_shared)
    every = [line for lines in lines_of.values() for line in lines]
    for axes, column in zip(panels, columns, strict=True):
        is_log = may_be_log and use_log(every if is_shared else lines_of[column])
        described = quantity(column, task=task)
        for path, colour in zip(paths, _path_colours(paths), strict=True):
            if column in path.columns:
                values = to_shown(column, path.columns[column], task=task)
                _draw_path(axes, path, values, colour)
        if is_log:
            axes.set_yscale("log")
        finish(axes, "position along the path, t", described.axis, is_log=is_log)
        axes.set_xlim(-0.02, 1.02)
        if not is_log and not column.endswith(_HIGHER_IS_BETTER):
            axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        _annotate_barrier(axes, paths, column, task, is_log=is_log)
    # Above the panels: wherever a legend stands inside, some pair of ends puts a line there.
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=_LEGEND_COLUMNS)
    return figure


def _is_alike(panels: Sequence[Sequence[Sequence[float]]], *, is_log: bool) -> bool:
    """Return whether panels fill one range of y so well that they can share it.

    Args:
        panels: the values of each line of each panel.
        is_log: whether distances count as ratios where all values are positive.
    """
    ranges: list[tuple[float, float]] = []
    for lines in panels:
        finite = [value for line in lines for value in line if math.isfinite(value)]
        if finite:
            ranges.append((min(finite), max(finite)))
    if len(ranges) <= 1:
        return True
    if is_log and min(low for low, _ in ranges) > 0:
        ranges = [(math.log(low), math.log(high)) for low, high in ranges]
    else:
        # A linear axis starts at zero at the latest.
        ranges = [(min(0.0, low), high) for low, high in ranges]
    whole = max(high for _, high in ranges) - min(low for low, _ in ranges)
    return all(high - low >= _ALIKE * whole for low, high in ranges)


def _path_colours(paths: Sequence[PathSummary]) -> list[str]:
    solid = iter(COLOURS * (1 + len(paths) // len(COLOURS)))
    return [GREY if path.is_line else next(solid) for path in paths]


def _draw_path(axes: Axes, path: PathSummary, values: list[float], colour: str) -> None:
    style = (0, (4, 2)) if path.is_line else "-"
    label = clean_line(path.method, limit=_MAX_LABEL)
    ts, heights = _with_gaps(path, values)
    axes.plot(ts, heights, color=colour, linestyle=style, label=label, zorder=2)
    ends = [index for index, t in enumerate(path.ts) if _is_network(path, t)]
    axes.plot(
        [path.ts[index] for index in ends],
        [values[index] for index in ends],
        linestyle="none",
        marker="o",
        color=INK,
        markersize=4.5,
        zorder=4,
        clip_on=False,
    )


def _is_network(path: PathSummary, t: float) -> bool:
    """Return whether one of the given networks lies at t: an end, or a corner of a chain."""
    place = t * max(1, path.num_segments)
    return math.isclose(place, round(place), abs_tol=1e-9)


def _with_gaps(path: PathSummary, values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the points with a gap wherever others are still to come."""
    ts, heights = list[float](), list[float]()
    for index, (t, value) in enumerate(zip(path.ts, values, strict=True)):
        if index and path.places[index] > path.places[index - 1] + 1:
            ts.append(math.nan)
            heights.append(math.nan)
        ts.append(t)
        heights.append(value)
    return ts, heights


def _annotate_barrier(
    axes: Axes, paths: Sequence[PathSummary], column: str, task: str, *, is_log: bool
) -> None:
    """Draw the highest barrier of a panel as an arrow from the chord to the path."""
    rising = [path for path in paths if column in path.barriers]
    if not rising:
        return
    path = max(rising, key=lambda path: _above_chord(path, column))
    values = to_shown(column, path.columns[column], task=task)
    chord = [(1 - t) * values[0] + t * values[-1] for t in path.ts]
    rises = [value - base for value, base in zip(values, chord, strict=True)]
    place = max(range(len(rises)), key=lambda index: rises[index])
    low, high = axes.get_ylim()
    if not rises[place] > _STEEP * (high - low) and not (
        is_log and values[place] > 2 * chord[place]
    ):
        return
    t = path.ts[place]
    # On a logarithmic axis the chord is no straight line, and no length shows a difference.
    if not is_log:
        arrow = {"arrowstyle": "<->", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (t, values[place]), (t, chord[place]), arrowprops=arrow, zorder=3)
        axes.plot(path.ts, chord, color=INK, linewidth=0.6, linestyle=":", zorder=1)
    described = quantity(column, task=task)
    unit = " points" if described.is_fraction else ""
    height = chord[place] + rises[place] * (1 if is_log else _TEXT_AT)
    axes.annotate(
        f"barrier{' ' if is_log else chr(10)}{rises[place]:#.3g}{unit}",
        (t, height),
        (0, -10) if is_log else (5, 0),
        textcoords="offset points",
        ha="center" if is_log else "left",
        va="top" if is_log else "center",
        color=INK,
        fontsize=8,
        zorder=5,
    )


def _above_chord(path: PathSummary, column: str) -> float:
    rise = path.barriers[column].get("above_chord", math.nan)
    return rise if math.isfinite(rise) else -math.inf
