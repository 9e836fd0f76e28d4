"""The lines of the plots along t: evaluated paths, probes of a training curve, ghosts, line.

Pure functions of views and path summaries; the command line's plot may use them too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.names import snapshot_of
from mcworkbench.reports.plot import Role, Series
from mcworkbench.reports.quantities import quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.document import PathSummary
    from mcworkbench.runs import events
    from mcworkbench.runs.views import NodeView
    from mcworkbench.screens.pictures.along import Between

# How far through training a ghost is taken; dense early, where the path falls most.
_MOMENTS = (1 / 16, 1 / 4, 5 / 8)
# What stands for the error, by the first word of the task.
_ERRORS = {"classification": "error", "regression": "rmse", "reconstruction": "psnr"}
# What else a path may have been scored by, in the order in which the key walks through it.
_OTHERS = ("accuracy", "f1", "mse", "mae", "psnr", "ssim", "lpips", "ece")
# These say the same as another.
_TWINS = {"accuracy": "error", "mse": "rmse"}
Lines = tuple[str, tuple[Series, ...]]


def loss_series(between: Between, paths: Sequence[PathSummary], task: str) -> Lines:
    """Return the column and the lines of the loss along t: cross-entropy, or squared error."""
    return _lines("nll", between, paths, task)


def error_series(between: Between, paths: Sequence[PathSummary], task: str) -> Lines:
    """Return the column and the lines of the error along t, or what the task has for it."""
    return _lines(error_of(task), between, paths, task)


def error_of(task: str) -> str:
    """Return what stands for the error of a task."""
    return _ERRORS.get(task.partition(":")[0], "error")


def other_scores(paths: Sequence[PathSummary], task: str) -> list[str]:
    """Return what else paths were scored by, besides the loss and what stands for the error."""
    told = {name.partition("_")[2] for path in paths for name in path.columns}
    family, _, loss = task.partition(":")
    shown = {error_of(task)}
    if family != "classification":
        # The loss itself under another name.
        shown.add(loss or "mse")
    return [kind for kind in _OTHERS if kind in told - shown and _TWINS.get(kind) not in shown]


def score_series(kind: str, between: Between, paths: Sequence[PathSummary], task: str) -> Lines:
    """Return the column and the lines of another score along t."""
    return _lines(kind, between, paths, task)


def title_of(what: str, between: Between, paths: Sequence[PathSummary]) -> str:
    """Return what a plot shows and when it was measured: "nll along the curve, epoch 4 of 60"."""
    main = _main(between, paths)
    if main:
        where = _name(main[0]) if len(main) == 1 else "paths"
        return f"{what} along the {where}, {_measured(main[0])}"
    for node in between.paths:
        if node.view.probes:
            newest = node.view.probes[-1]
            moment = _moment(newest, node)
            return f"{what} along the curve, {moment}, {len(newest.ts)} probe points"
    lines = [path for path in paths if path.is_line]
    return f"{what} along the {f'straight line, {_measured(lines[0])}' if lines else 'path'}"


def _name(path: PathSummary) -> str:
    return "straight line" if path.is_line else "curve"


def _measured(path: PathSummary) -> str:
    return f"{len(path.ts)} of {path.num_points} points"


def _moment(probe: events.ProbeEvaluated, node: NodeView) -> str:
    epochs = num_epochs(node)
    return f"epoch {probe.epoch} of {epochs}" if epochs else f"epoch {probe.epoch}"


def num_epochs(node: NodeView) -> int:
    """Return how many epochs a stage trains, 0 where it is not known."""
    if node.view.epochs:
        return node.view.epochs[-1].epochs
    planned = node.view.options.get("epochs")
    return planned if isinstance(planned, int) else 0


def _main(between: Between, paths: Sequence[PathSummary]) -> list[PathSummary]:
    """Return the paths that the pair is about: its curves, or its line where it has none."""
    if any(node.kind == "curve" for node in between.paths):
        return [path for path in paths if not path.is_line and not _snapshot(path)]
    others = [path for path in paths if not path.is_line]
    return others or list(paths)


def _snapshot(path: PathSummary) -> str:
    return snapshot_of(path.node)


def _lines(kind: str, between: Between, paths: Sequence[PathSummary], task: str) -> Lines:
    train, test = f"train_{kind}", f"test_{kind}"
    main = _main(between, paths)
    found: list[Series] = []
    for path in main:
        which = f"{path.short}, " if len(main) > 1 else ""
        for column, role in ((train, Role.train), (test, Role.test)):
            label = f"{which}{quantity(column, task=task).label}"
            found += _evaluated(path, column, label, role)
    is_whole = bool(main) and not any(path.partial for path in main)
    for node in between.paths:
        found += _probed(node, train, task, is_measured=bool(main), is_whole=is_whole)
    for path in paths:
        if path not in main and not path.is_line:
            moment = _snapshot(path)
            named = f"epoch {moment}" if moment.isdecimal() else moment or path.short
            label = f"{named} (train)"
            found += _evaluated(path, train, label, Role.ghost, is_faint=True)
    # The line beside the curve on the same split; of errors also on the one that is quoted.
    for path in (path for path in paths if path.is_line and path not in main):
        for column in (train,) if kind == "nll" else (train, test):
            label = f"line, {quantity(column, task=task).label}"
            found += _evaluated(path, column, label, Role.straight)
    return train if kind == "nll" else test, tuple(found)


def _evaluated(
    path: PathSummary, column: str, label: str, role: Role, *, is_faint: bool = False
) -> list[Series]:
    """Return a column of a path as a line, with a gap wherever points are still to come."""
    values = path.columns.get(column)
    if not values or not any(map(math.isfinite, values)):
        return []
    xs, ys = list[float](), list[float]()
    for index, (t, value) in enumerate(zip(path.ts, values, strict=True)):
        if index and path.places[index] > path.places[index - 1] + 1:
            xs.append((xs[-1] + t) / 2)
            ys.append(math.nan)
        xs.append(t)
        ys.append(value)
    return [Series(label, xs, ys, role, is_faint=is_faint, is_partial=path.partial)]


def _probed(
    node: NodeView, column: str, task: str, *, is_measured: bool, is_whole: bool
) -> list[Series]:
    """Return the newest probe of a training curve, and earlier ones as ghosts.

    Where its path is evaluated already, the newest is a ghost too, until every point is there.
    """
    probes = [probe for probe in node.view.probes if column in probe.values]
    if not probes:
        return []
    newest = probes[-1]
    found: list[Series] = []
    if not is_measured:
        label = f"{quantity(column, task=task).label}, probe"
        found.append(Series(label, newest.ts, newest.values[column], Role.train))
    elif not is_whole:
        found.append(_ghost(newest, column))
    return found + [_ghost(probe, column) for probe in ghosts(probes, num_epochs(node))]


def ghosts(probes: Sequence[events.ProbeEvaluated], epochs: int) -> list[events.ProbeEvaluated]:
    """Return up to three earlier probes, spread over training; they stay while it goes on.

    Args:
        probes: in increasing epochs.
        epochs: how many there will be.
    """
    newest = probes[-1].epoch
    found: list[events.ProbeEvaluated] = []
    for moment in _MOMENTS:
        wanted = max(1, round(moment * epochs))
        reached = next((probe for probe in probes if probe.epoch >= wanted), None)
        if reached is not None and reached.epoch < newest and reached not in found:
            found.append(reached)
    return found


def _ghost(probe: events.ProbeEvaluated, column: str) -> Series:
    label = f"epoch {probe.epoch} ({column.partition('_')[0]})"
    return Series(label, probe.ts, probe.values[column], Role.ghost, is_faint=True)
