"""What a stage with members shows while it runs, as plots: for commands and for the app alike.

Pure functions of a stage's view.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.plot import Mark, Plot, Role, Series
from mcworkbench.reports.quantities import quantity, task_of

if TYPE_CHECKING:
    from mcworkbench.runs.events import MemberCaptured
    from mcworkbench.runs.views import StageView

# Reconstructions have no rmse while they train, and their loss may be none of pixels.
_SCORES = ("test_error", "test_rmse", "test_mse", "test_nll")


def score_column(view: StageView) -> str:
    """Return the score that an ensemble is watched by: of its members and of their training."""
    members = {name for event in view.members.values() for name in event.values}
    epochs = {name for event in view.epochs for name in event.values}
    known = [c for c in _SCORES if c in members & epochs] or [
        c for c in _SCORES if c in members | epochs
    ]
    return known[0] if known else _SCORES[0]


def members_plot(view: StageView) -> Plot:
    """Return the score over epochs: the network in training, the ensemble so far, the start.

    Members are marks. Where nothing is trained, x counts networks.
    """
    column, epochs = score_column(view), view.epochs
    if not epochs:
        return size_plot(view)
    per_epoch = epochs[-1].step / epochs[-1].epoch if epochs[-1].epoch else 1.0
    members = [event for event in view.members.values() if event.ensemble]
    single = [(float(e.epoch), e.values[column]) for e in epochs if column in e.values]
    together = _steps([(m.step / per_epoch, m.ensemble.get(column, math.nan)) for m in members])
    if together:
        together.append((max(float(epochs[-1].epoch), together[-1][0]), together[-1][1]))
    series = [
        _series("ensemble so far", together, Role.test),
        _series("network in training", single, Role.train),
    ]
    start = view.members.get(0)
    if start is not None and column in start.values:
        level = start.values[column]
        ends = [(0.0, level), (float(epochs[-1].epochs), level)]
        series.append(_series("start", ends, Role.straight))
    marks = tuple(Mark(m.step / per_epoch, f"member {m.index}: {m.name}") for m in members)
    return _plot("members", "by epoch", "epoch", column, series, marks)


def size_plot(view: StageView) -> Plot:
    """Return the ensemble's score by how many networks it has, beside each network alone."""
    column = score_column(view)
    members = [event for event in view.members.values() if event.ensemble]
    series = [
        _series("ensemble", [_point(m, m.ensemble, column) for m in members], Role.test),
        _series("each network", [_point(m, m.values, column) for m in members], Role.train),
    ]
    return _plot("ensemble-size", "by networks", "networks", column, series, ())


def _point(member: MemberCaptured, values: dict[str, float], column: str) -> tuple[float, float]:
    return float(member.index), values.get(column, math.nan)


def _steps(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return points as stairs: a level holds until the next one."""
    stairs: list[tuple[float, float]] = []
    for x, y in points:
        if stairs:
            stairs.append((x, stairs[-1][1]))
        stairs.append((x, y))
    return stairs


def _series(label: str, points: list[tuple[float, float]], role: Role) -> Series:
    return Series(label, [x for x, _ in points], [y for _, y in points], role)


def _plot(
    name: str,
    by: str,
    x_label: str,
    column: str,
    series: list[Series],
    marks: tuple[Mark, ...],
) -> Plot:
    task = task_of([column])
    title = f"{quantity(column, task=task).label} {by}"
    kept = tuple(one for one in series if any(map(math.isfinite, one.ys)))
    return Plot(name, title, x_label, column, kept, marks, is_log=False, task=task)
