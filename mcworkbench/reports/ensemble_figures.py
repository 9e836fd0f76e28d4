"""Figures of ensembles: cycles of the rate, members in training, scores by size, agreement, bins.

Called by `reports.figures`, inside its style.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.axes import COLOURS, GREY, INK, Drawing, finish, panels_of
from mcworkbench.reports.ensemble_tables import method_words
from mcworkbench.reports.quantities import averaged_task, quantity, to_shown
from mcworkbench.reports.ticks import use_log
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from mcworkbench.reports.document import RunSummary, TrainingSummary
    from mcworkbench.reports.ensemble_document import EnsembleSummary, MemberSummary

_SCORES = ("test_error", "test_rmse", "test_nll")
# What both a member and the network in training have; reconstructions have no rmse while training.
_WATCHED = ("test_error", "test_rmse", "test_mse", "test_nll")
_MAX_LABEL = 32
_MAX_STAGES = 3
_MAX_MATRICES = 3
# Beyond so many members numbers in cells would touch.
_MAX_NUMBERED = 8
_FIFTH = 4


def ensemble_drawings(summary: RunSummary) -> list[Drawing]:
    """Return every figure the run's ensembles have numbers for."""
    trained = [one for one in summary.ensembles if one.rates[0]]
    found: list[Drawing] = []
    for one in trained[:_MAX_STAGES]:
        training = next((t for t in summary.trainings if t.node == one.node), None)
        found += _training_drawings(one, training, summary.task)
    found += _size_drawings(summary)
    found += _agreement_drawings(summary)
    found += _reliability_drawings(summary)
    return found


def _training_drawings(
    ensemble: EnsembleSummary, training: TrainingSummary | None, task: str
) -> list[Drawing]:
    """Return the learning rate and the test score over epochs, members marked on both."""
    column = _score_of(ensemble, training)
    if training is None or column is None:
        return []
    figure, (left, right) = panels_of(2, share_y=False)
    epochs, rates = ensemble.rates
    left.plot(epochs, rates, color=COLOURS[0], linewidth=1.2)
    places = [_epoch_of(ensemble, member.step) for member in ensemble.members if member.index]
    _mark(left, places)
    is_log = use_log([rates])
    if is_log:
        left.set_yscale("log")
    finish(left, "epoch", "learning rate", is_log=is_log)
    own = training.values.get(column, [])
    known = [(e, v) for e, v in zip(training.epochs, own, strict=False) if math.isfinite(v)]
    single = to_shown(column, [value for _, value in known], task=task)
    right.plot([e for e, _ in known], single, color=GREY, marker=".", label="network in training")
    told = [member for member in ensemble.members if column in member.ensemble]
    together = to_shown(column, [member.ensemble[column] for member in told], task=task)
    word = "average so far" if ensemble.is_average else "ensemble so far"
    at = [_epoch_of(ensemble, member.step) for member in told]
    if at and known:
        # The last level holds to the end of the training.
        at, together = [*at, max(at[-1], float(known[-1][0]))], [*together, together[-1]]
    right.step(at, together, where="post", color=COLOURS[1], marker="o", markersize=4, label=word)
    start = next((m for m in ensemble.members if m.index == 0 and column in m.values), None)
    if start is not None:
        height = to_shown(column, [start.values[column]], task=task)[0]
        right.axhline(height, color=INK, linewidth=0.8, linestyle=":", label="start")
    _mark(right, places)
    finish(right, "epoch", quantity(column, task=task).axis, is_log=False)
    right.legend()
    what = "iterate joins the average" if ensemble.is_average else "member is captured"
    caption = (
        f"Left the learning rate by step, right the {quantity(column, task=task).label} of the "
        f"network in training and of the {word}; triangles mark where a {what}."
        if not ensemble.is_average
        else f"Left the learning rate by step, right the {quantity(column, task=task).label} of "
        f"the iterates and of their average; triangles mark where an {what}."
    )
    return [Drawing(f"cycles-{ensemble.node}", f"How {ensemble.node} went", caption, figure)]


def _epoch_of(ensemble: EnsembleSummary, step: int) -> float:
    """Return how many epochs a step is, by the last member's own."""
    last = ensemble.members[-1]
    epochs = _named_epoch(last.name) or last.epoch
    return step * epochs / last.step if last.step else 0.0


def _named_epoch(name: str) -> float:
    """Return the epochs a member's name counts: 0.5 of "fge-0.5", 0 where it counts none."""
    try:
        return float(name.rpartition("-")[2])
    except ValueError:
        return 0.0


def _mark(axes: Axes, epochs: Sequence[float]) -> None:
    axes.plot(
        epochs,
        [1.0] * len(epochs),
        transform=axes.get_xaxis_transform(),
        linestyle="none",
        marker="v",
        color=INK,
        markersize=4,
        clip_on=False,
        zorder=5,
    )


def _size_drawings(summary: RunSummary) -> list[Drawing]:
    """Return the ensemble's score by its number of networks, one line per method or stage."""
    chosen = [one for one in summary.ensembles if one.method] or summary.ensembles
    chosen = [one for one in chosen if not one.is_average and len(_sized(one)) > 1]
    columns = [c for c in _SCORES if any(c in m.ensemble for one in chosen for m in one.members)]
    if not chosen or not columns:
        return []
    task = averaged_task((c for one in chosen for m in one.members for c in m.values), summary.task)
    figure, panels = panels_of(len(columns), share_y=False)
    for axes, column in zip(panels, columns, strict=True):
        for place, one in enumerate(chosen):
            rows = [member for member in _sized(one) if column in member.ensemble]
            colour = COLOURS[place % len(COLOURS)]
            sizes = [member.size for member in rows]
            together = to_shown(column, [m.ensemble[column] for m in rows], task=task)
            alone = to_shown(column, [m.values[column] for m in rows], task=task)
            label = clean_line(_words(one), limit=_MAX_LABEL)
            axes.plot(sizes, together, color=colour, marker=".", label=label)
            axes.plot(sizes, alone, color=colour, linestyle="none", marker="x", markersize=4)
        axes.set_xlim(left=0.5)
        finish(axes, "networks in the ensemble", quantity(column, task=task).axis, is_log=False)
    panels[0].legend()
    caption = (
        "Lines: the ensemble of the first so many networks, in the order they were captured or "
        "given; crosses: each network alone."
    )
    return [Drawing("ensemble-size", "What every further network adds", caption, figure)]


def _agreement_drawings(summary: RunSummary) -> list[Drawing]:
    """Return how often every two networks predict the same class, one panel per method."""
    chosen = [one for one in summary.ensembles if one.method] or summary.ensembles
    chosen = [one for one in chosen if len(one.pairwise.get("disagreement", ())) > 1]
    if not chosen or summary.task != "classification":
        return []
    chosen = chosen[:_MAX_MATRICES]
    figure, panels = panels_of(len(chosen), share_y=False)
    values = [
        [[100 * (1 - gap) for gap in row] for row in one.pairwise["disagreement"]] for one in chosen
    ]
    others = [v for matrix in values for i, row in enumerate(matrix) for v in row[:i]]
    for axes, one, matrix in zip(panels, chosen, values, strict=True):
        _draw_matrix(axes, matrix, min(others), clean_line(_words(one), limit=_MAX_LABEL))
    caption = (
        "Percent of test examples that two networks put into the same class; darker is more alike. "
        "Networks in the order of the tables."
    )
    return [Drawing("agreement", "How alike the members predict", caption, figure)]


def _draw_matrix(axes: Axes, matrix: list[list[float]], low: float, title: str) -> None:
    axes.imshow(matrix, cmap="Blues", vmin=low - 0.2 * (100 - low), vmax=100)
    axes.grid(visible=False)
    axes.set_title(title, fontsize=9, color=INK)
    numbers = range(len(matrix))
    is_small = len(matrix) <= _MAX_NUMBERED
    ticks = [place for place in numbers if is_small or place == 0 or place % 5 == _FIFTH]
    axes.set_xticks(ticks, [str(place + 1) for place in ticks])
    axes.set_yticks(ticks, [str(place + 1) for place in ticks])
    if not is_small:
        return
    for i, row in enumerate(matrix):
        for j, value in enumerate(row):
            if i != j:
                colour = "white" if value > low + 0.55 * (100 - low) else INK
                axes.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=7, color=colour)


def _reliability_drawings(summary: RunSummary) -> list[Drawing]:
    """Return accuracy against confidence of every method's whole ensemble."""
    chosen = [one for one in summary.ensembles if one.method] or summary.ensembles
    chosen = [one for one in chosen if len(one.reliability.get("confidence", ())) > 1]
    if not chosen:
        return []
    figure, panels = panels_of(1, share_y=False)
    axes = panels[0]
    axes.plot([0, 100], [0, 100], color=GREY, linewidth=0.8, linestyle=(0, (4, 2)))
    for place, one in enumerate(chosen):
        bins = one.reliability
        axes.plot(
            [100 * value for value in bins["confidence"]],
            [100 * value for value in bins["accuracy"]],
            color=COLOURS[place % len(COLOURS)],
            linewidth=1.0,
            label=clean_line(_words(one), limit=_MAX_LABEL),
        )
        axes.scatter(
            [100 * value for value in bins["confidence"]],
            [100 * value for value in bins["accuracy"]],
            s=[_dot_area(count, sum(bins["count"])) for count in bins["count"]],
            color=COLOURS[place % len(COLOURS)],
            clip_on=False,
            zorder=3,
        )
    axes.legend()
    finish(axes, "confidence, %", "accuracy, %", is_log=False)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    caption = (
        "Mean accuracy of test examples in 15 equal bins of confidence, of each whole ensemble; on "
        "the dashed line confidence is right, below it too high. The larger a dot, the more "
        "examples."
    )
    return [Drawing("reliability", "Whether confidence is earned", caption, figure)]


def _dot_area(count: float, total: float) -> float:
    """Return the area of a dot in points², between a speck and a full bin."""
    return 6 + 60 * (count / total) ** 0.5 if total else 6.0


def _sized(ensemble: EnsembleSummary) -> list[MemberSummary]:
    return [member for member in ensemble.members if member.ensemble]


def _words(ensemble: EnsembleSummary) -> str:
    return method_words(ensemble.method) if ensemble.method else ensemble.node


def _score_of(ensemble: EnsembleSummary, training: TrainingSummary | None) -> str | None:
    """Return the score to follow: one of the network in training, too, where there is one."""
    told = [column for column in _WATCHED if column in ensemble.members[-1].values]
    both = [column for column in told if training is not None and column in training.values]
    return next(iter([*both, *told]), None)
