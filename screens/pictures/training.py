"""What a stage measured while it trained: loss, error and learning rate over epochs, as plots.

Series are pure functions of a view; `Trainings` keeps those of stages that said nothing new.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, final

from mcworkbench.reports.plot import Mark, Plot, Role, Series
from mcworkbench.reports.quantities import quantity, task_of
from mcworkbench.runs import events
from mcworkbench.runs.state import ACTIVE
from mcworkbench.screens.pictures.run_picture import TrainingPicture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcworkbench.runs.views import NodeView, RunView, StageView

_TRAINED = ("endpoint", "curve", "fge", "snapshot", "swa")
_ROLES = (("train", Role.train), ("validation", Role.validation), ("test", Role.test))
# What the second plot shows: the first of these that any split has.
_SCORES = ("error", "rmse", "accuracy")
_WORDS = {"rmse": "root mean square error"}
_NLL, _LOSS = "nll", "loss"
_PEAK = "probe_nll_max"


@final
class Trainings:
    """The training pictures of one run, kept until a stage says something new."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, TrainingPicture]] = {}
        self._pictures: tuple[TrainingPicture, ...] = ()

    def pictures(self, run: RunView) -> tuple[TrainingPicture, ...]:
        """Return one picture per stage that trains and has measured anything."""
        for name, node in run.nodes.items():
            stamp = (node.view.version, node.state in ACTIVE)
            if node.kind in _TRAINED and (name not in self._kept or self._kept[name][0] != stamp):
                self._kept[name] = (stamp, training_picture(node))
        found = tuple(kept for _, kept in self._kept.values() if kept.plots)
        if found != self._pictures:
            self._pictures = found
        return self._pictures


def training_picture(node: NodeView) -> TrainingPicture:
    """Return the plots of one stage; those without any number are left out."""
    view = node.view
    at = epochs_at(view)
    marks = resumes(view, at)
    plots = (
        loss_plot(view, at, marks),
        score_plot(view, marks),
        rate_plot(view, at, marks),
    )
    kept = tuple(plot for plot in plots if any(len(series.xs) for series in plot.series))
    return TrainingPicture(node.name, node.state in ACTIVE, kept)


def _task_of(view: StageView) -> str:
    return task_of(view.epochs[-1].values if view.epochs else (), view.options)


def loss_plot(view: StageView, at: Callable[[int], float], marks: tuple[Mark, ...]) -> Plot:
    """Return the loss by epoch: of single steps, faint, and of every split.

    Cross-entropy (for values their squared error) wherever it was measured; the regularised
    loss only where nothing else was, never both.
    """
    epochs, task = view.epochs, _task_of(view)
    names = {*view.trace.names, *(name for event in epochs for name in event.values)}
    kind = _NLL if f"train_{_NLL}" in names or f"test_{_NLL}" in names else _LOSS
    series = [_traced(view, f"train_{kind}", at, "train, steps")]
    series += [by_epoch(epochs, f"{split}_{kind}", role, split) for split, role in _ROLES]
    series.append(by_epoch(epochs, _PEAK, Role.other, "max along t"))
    return Plot(
        "train-loss",
        f"{quantity(f'train_{kind}', task=task).label.removeprefix('train ')} by epoch",
        "epoch",
        f"train_{kind}",
        filled(series),
        marks,
        task=task,
    )


def score_plot(view: StageView, marks: tuple[Mark, ...]) -> Plot:
    """Return the error by epoch of every split, or what the task has in its place."""
    epochs, task = view.epochs, _task_of(view)
    names = {name for event in epochs for name in event.values}
    kind = next(
        (kind for kind in _SCORES if any(f"{split}_{kind}" in names for split, _ in _ROLES)),
        _SCORES[0],
    )
    series = [by_epoch(epochs, f"{split}_{kind}", role, split) for split, role in _ROLES]
    title = f"{_WORDS.get(kind, kind)} by epoch"
    return Plot("error", title, "epoch", f"test_{kind}", filled(series), marks, task=task)


def rate_plot(view: StageView, at: Callable[[int], float], marks: tuple[Mark, ...]) -> Plot:
    """Return the learning rate by epoch."""
    traced = _traced(view, "lr", at, "learning rate")
    points = [(float(event.epoch), event.lr) for event in view.epochs]
    xs, ys = (list(traced.xs), list(traced.ys)) if len(traced.xs) else _columns(points)
    series = Series("learning rate", xs, ys, Role.lr)
    return Plot("learning-rate", "learning rate", "epoch", "lr", filled([series]), marks)


def epochs_at(view: StageView) -> Callable[[int], float]:
    """Return what turns a step into epochs, fractions included."""
    epochs, progress = view.epochs, view.progress
    per_epoch = 0.0
    if epochs and epochs[-1].epoch > 0:
        per_epoch = epochs[-1].step / epochs[-1].epoch
    elif progress is not None and progress.unit == "steps":
        planned = view.options.get("epochs")
        per_epoch = progress.total / planned if isinstance(planned, int) and planned > 0 else 0.0
    return lambda step: step / per_epoch if per_epoch > 0 else float(step)


def resumes(view: StageView, at: Callable[[int], float]) -> tuple[Mark, ...]:
    """Return a mark wherever training went on after a stop."""
    started = [recorded.event for recorded in view.events]
    return tuple(
        Mark(at(event.step), f"resumed at step {event.step}")
        for event in started
        if isinstance(event, events.StageStarted) and event.step > 0
    )


def _traced(view: StageView, column: str, at: Callable[[int], float], label: str) -> Series:
    """Return what single steps measured; steps without the value are no gaps."""
    pairs = zip(view.trace.steps, view.trace.column(column), strict=True)
    is_known = column in view.trace.names
    xs, ys = _columns([(at(step), value) for step, value in pairs] if is_known else [])
    stride = view.trace.stride
    return Series(label, xs, ys, Role.train, is_faint=True, is_smoothable=True, stride=stride)


def by_epoch(epochs: Sequence[events.EpochFinished], column: str, role: Role, label: str) -> Series:
    """Return what whole epochs measured of a column."""
    # Epochs that were not watched are left out, so the line joins those that were; a number
    # that is not finite was measured and stays, as a gap.
    points = [(float(e.epoch), e.values[column]) for e in epochs if column in e.values]
    return Series(label, *_columns(points), role)


def _columns(points: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def filled(series: list[Series]) -> tuple[Series, ...]:
    """Return the series that have any number."""
    return tuple(one for one in series if any(map(math.isfinite, one.ys)))
