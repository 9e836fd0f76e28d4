"""Figures of training: loss and error by epoch, and a curve coming down from its line.

Called by `reports.figures`, inside its style.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.colors import to_hex

from mcworkbench.reports.axes import COLOURS, INK, Drawing, finish, panels_of
from mcworkbench.reports.quantities import quantity, to_shown
from mcworkbench.reports.ticks import use_log
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mcworkbench.reports.document import ProbeSummary, RunSummary, TrainingSummary

_MAX_LABEL = 32
_MAX_GHOSTS = 8
_PALEST, _DARKEST = 0.3, 1.0
_LABEL_HEIGHT = 0.07
_MARGIN = 1.02


def training_drawings(summary: RunSummary) -> list[Drawing]:
    """Return loss and error by epoch, one figure per kind of training."""
    found: list[Drawing] = []
    groups = (
        ("training-ends", "Training of the ends", "endpoint"),
        ("training-curves", "Training of the curves", "curve"),
        ("training-averages", "Training of the averaged iterates", "swa"),
        ("training-members", "Training that members were captured from", "fge", "snapshot"),
    )
    for name, title, kind, *others in groups:
        kinds = (kind, *others)
        trainings = [training for training in summary.trainings if training.kind in kinds]
        if not trainings:
            continue
        figure = _training(trainings, summary.task)
        names = ", ".join(training.node for training in trainings)
        at = " at t drawn anew for every step" if kind == "curve" else ""
        caption = (
            f"Loss and error by epoch of {names}; training numbers are means over an epoch{at}."
        )
        found.append(Drawing(name, title, caption, figure))
    return found


def _training(trainings: Sequence[TrainingSummary], task: str) -> Figure:
    told = {column for training in trainings for column in training.values}
    losses = [c for c in ("train_loss", "train_nll") if c in told][:1]
    losses += [c for c in ("test_loss", "test_nll") if c in told][:1] if not losses else []
    errors = [
        name
        for split in ("train", "validation", "test")
        for name in (f"{split}_error", f"{split}_accuracy")
        if name in told and not (name.endswith("accuracy") and f"{split}_error" in told)
    ]
    groups = [group for group in (losses, errors) if group]
    if not groups:
        groups = [sorted(told)[:1]]
    figure, panels = panels_of(len(groups), share_y=False)
    for axes, columns in zip(panels, groups, strict=True):
        drawn = [
            _draw_training(axes, training, column, place, colour, task)
            for colour, training in zip(_cycled(len(trainings)), trainings, strict=True)
            for place, column in enumerate(columns)
            if column in training.values
        ]
        is_log = columns is losses and use_log(drawn)
        if is_log:
            axes.set_yscale("log")
        head = "error, %" if columns is errors else quantity(columns[0], task=task).axis
        finish(axes, "epoch", head, is_log=is_log)
        if not is_log:
            axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        axes.legend()
    return figure


def _cycled(count: int) -> list[str]:
    return [COLOURS[index % len(COLOURS)] for index in range(count)]


def _draw_training(
    axes: Axes, training: TrainingSummary, column: str, place: int, colour: str, task: str
) -> list[float]:
    stored = training.values[column]
    if column.endswith("_accuracy"):
        stored = [1 - value for value in stored]
    values = to_shown(column, stored, task=task)
    word = quantity(column, task=task)
    # Gaps are epochs that were not watched: the line joins those that were.
    known = [(e, v) for e, v in zip(training.epochs, values, strict=True) if math.isfinite(v)]
    style = ("-", (0, (1, 1.2)), (0, (4, 1.5)))[place % 3]
    label = clean_line(f"{training.node}, {word.split}", limit=_MAX_LABEL)
    marker = "." if len(known) == 1 else ""
    epochs, heights = [e for e, _ in known], [v for _, v in known]
    axes.plot(epochs, heights, color=colour, linestyle=style, marker=marker, label=label)
    return heights


def probe_drawings(summary: RunSummary) -> list[Drawing]:
    """Return, for each curve, its loss along t while it trained."""
    return [
        Drawing(
            f"probes-{training.node}",
            f"How {training.label} came to lie low",
            "Training loss along t on a fixed subset, from the first probe (pale) to the newest "
            "(dark); dotted lines lead from the highest points to the epochs.",
            _ghosts(training, summary.task),
        )
        for training in summary.trainings
        if training.probes and _probe_column(training)
    ]


def _probe_column(training: TrainingSummary) -> str:
    told = training.probes[-1].values
    return next((c for c in ("train_loss", "train_nll", *told) if c in told), "")


def _ghosts(training: TrainingSummary, task: str) -> Figure:
    column = _probe_column(training)
    probes = [probe for probe in training.probes if column in probe.values]
    if len(probes) > _MAX_GHOSTS:
        last = len(probes) - 1
        # Early epochs move the curve most: places grow quadratically.
        steps = {round(last * (i / (_MAX_GHOSTS - 1)) ** 2) for i in range(_MAX_GHOSTS)}
        probes = [probes[place] for place in sorted(steps)]
    figure, panels = panels_of(1, share_y=False)
    axes = panels[0]
    is_log = use_log([probe.values[column] for probe in probes])
    if is_log:
        axes.set_yscale("log")
    colours = mpl.colormaps["Blues"]
    for place, probe in enumerate(probes):
        part = place / max(len(probes) - 1, 1)
        colour = to_hex(colours(_PALEST + (_DARKEST - _PALEST) * part))
        values = to_shown(column, probe.values[column], task=task)
        newest = probe is probes[-1]
        axes.plot(probe.ts, values, color=colour, linewidth=2.2 if newest else 1.1)
    finish(axes, "position along the path, t", quantity(column, task=task).axis, is_log=is_log)
    if not is_log:
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.set_xlim(-0.02, _MARGIN)
    _label_ghosts(axes, probes, column, task)
    return figure


def _label_ghosts(axes: Axes, probes: Sequence[ProbeSummary], column: str, task: str) -> None:
    """Write epochs beside the plot at the lines' heights, leaving out those that would touch.

    The newest come first. A dotted line leads from the highest point of a line to its label.
    """
    to_axes = axes.transData + axes.transAxes.inverted()
    taken: list[float] = []
    for probe in reversed(probes):
        values = to_shown(column, probe.values[column], task=task)
        place = max(range(len(values)), key=lambda index: values[index])
        point = (probe.ts[place], values[place])
        height = float(to_axes.transform(point)[1])
        if not math.isfinite(height) or any(abs(height - h) < _LABEL_HEIGHT for h in taken):
            continue
        taken.append(height)
        axes.plot(
            [point[0], _MARGIN], [point[1]] * 2, color=INK, linewidth=0.5, linestyle=":", zorder=1
        )
        axes.annotate(
            f"epoch {probe.epoch}",
            (_MARGIN, point[1]),
            (4, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            fontsize=7.5,
            color=INK,
            annotation_clip=False,
        )
