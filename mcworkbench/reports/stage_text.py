"""A stage and a run in words, for the command line and the screens alike.

Signs, states and the few numbers by which a stage is known; no colour and no layout here.
Names come from outside and are plain text, never markup.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcworkbench.reports.durations import seconds_text
from mcworkbench.reports.quantities import quantity, reconstruction, shown, task_of
from mcworkbench.runs.headline import ENSEMBLE, MAX
from mcworkbench.runs.state import State

if TYPE_CHECKING:
    from mcworkbench.runs.events import MemberCaptured
    from mcworkbench.runs.headline import Headline
    from mcworkbench.runs.views import NodeView, RunView

# A state's sign, and the sign where only ASCII can be shown.
SIGNS = {
    State.waiting: ("○", "."),
    State.queued: ("○", "."),
    State.running: ("●", ">"),
    State.stopping: ("◐", ">"),
    State.stopped: ("■", "#"),
    State.failed: ("✗", "x"),
    State.lost: ("✗", "x"),
    State.done: ("✓", "+"),
}
REUSED_SIGN = ("↺", "r")
# What a finished or running stage is known by: the first of each that it has.
_LOSSES = ("train_loss", "train_nll")
_SCORES = ("train_accuracy", "train_rmse")
_TEST_SCORES = ("test_error", "test_rmse", "test_nll")
_LOOKED_AT = ("pictures", "latent", "align_code")
_PICTURED = {
    "picture_mse_max": "max mse of its pictures",
    "cross_mse_ends": "mse of crossed ends",
    "code_distance_before": "distance of the codes before",
    "code_distance": "distance of the codes",
    "aligned_distance": "aligned",
}
# Cross-entropy without the penalty, as the plots along t show it: one barrier, one meaning.
_PEAKS = ("train_nll", "test_error", "test_nll")
_BARRIER = "train_nll_barrier_above_chord"
# Kinds of stage whose product is an ensemble, and that make a network without an epoch of it.
_MEMBERS = ("fge", "snapshot", "swag", "predict", "ensemble")
_NETWORKS = ("swa", "soup")


def in_order(run: RunView) -> list[NodeView]:
    """Return the stages so that each comes after its inputs, else as the run names them."""
    left = dict(run.nodes)
    ordered: list[NodeView] = []
    while left:
        ready = [n for n in left.values() if not any(name in left for name in n.inputs.values())]
        # A damaged run.json may name a circle; it is shown as it stands.
        chosen = (ready or list(left.values()))[0]
        ordered.append(left.pop(chosen.name))
    return ordered


def short_run(run_id: str) -> str:
    """Return the part of a run's id that differs between runs, its end."""
    return f"…{run_id.rpartition('-')[2]}" if "-" in run_id else run_id


def state_words(node: NodeView) -> str:
    """Return a stage's state in words: "done 3.2 s", "reused from …", "waiting for …"."""
    state, view = node.state, node.view
    if state is State.done:
        return (
            f"reused from {node.made_by}" if node.reused else f"done {seconds_text(view.seconds)}"
        )
    if state in (State.failed, State.lost):
        return f"{state}: {view.message}" if view.message else str(state)
    if state in (State.waiting, State.queued):
        # What no run ever began cannot be resumed.
        return "not started" if node.reason == "not resumed" else node.reason or str(state)
    if state is State.stopped:
        return f"stopped at {100 * view.fraction:.0f} %"
    return str(state)


def finished_parts(node: NodeView) -> list[str]:
    """Return the numbers by which a finished stage is known, as text."""
    if node.state is not State.done:
        return []
    if node.kind == "evaluate":
        return _evaluated_parts(node.view.summary, node.view.options)
    if node.kind in _LOOKED_AT:
        return _pictured_parts(node.view.summary)
    if node.kind in _MEMBERS:
        return _ensemble_parts(node.view.summary)
    if node.kind in _NETWORKS:
        return _first_of(_TEST_SCORES, node.view.summary, node.view.options)
    epochs = node.view.epochs
    values = epochs[-1].values if epochs else {}
    if node.kind == "import":
        # Nothing was trained; what it scores shows whether data and scaling are its own.
        values = node.view.summary
    told = node.view.options
    return [*_first_of(_LOSSES, values, told), *_first_of(_TEST_SCORES, values, told)]


def _pictured_parts(summary: Mapping[str, float]) -> list[str]:
    """Return what is told of pictures and codes: their errors, and how near codes came."""
    return [
        f"{word} {summary[name]:.3g}"
        for name, word in _PICTURED.items()
        if math.isfinite(summary.get(name, math.nan))
    ]


def _ensemble_parts(summary: Mapping[str, float]) -> list[str]:
    """Return what an ensemble scores and how many networks it has; one network by itself."""
    count = int(summary.get("num_members", 0))
    names = [f"{ENSEMBLE}{name}" for name in _TEST_SCORES]
    found = _first_of(tuple(names), summary)
    if count == 1:
        return [part.removeprefix("ensemble ") for part in found]
    return [*found, f"{count} members"] if found else []


def _evaluated_parts(summary: Mapping[str, float], options: Mapping[str, Any]) -> list[str]:
    task = "classification" if f"test_error{MAX}" in summary else "regression"
    if f"test_psnr{MAX}" in summary:
        task = reconstruction(options)
    parts: list[str] = []
    for column in _PEAKS:
        value = summary.get(column + MAX, math.nan)
        is_said = column == "test_nll" and task == "classification"
        if math.isfinite(value) and not is_said:
            label = quantity(column, task=task).label
            parts.append(f"max {label} {shown(column, value, task=task)}")
    rise = summary.get(_BARRIER, math.nan)
    if math.isfinite(rise):
        label = quantity("train_nll", task=task).label
        parts.append(f"{label} barrier {shown('train_nll', rise, task=task)}")
    return parts


def doing_words(node: NodeView) -> str:
    """Return what an active stage is at: "epoch 41 of 60", "point 7 of 21", '' where unknown."""
    view = node.view
    epochs = view.options.get("epochs")
    if isinstance(epochs, int):
        until = view.options.get("stop_at")
        last = until if isinstance(until, int) else epochs
        done = view.epochs[-1].epoch if view.epochs else 0
        epoch = min(done + 1, last)
        return f"epoch {epoch} of {last}{_cycle(view.options, epoch, last)}" if last else ""
    members = list(view.members.values())
    if members:
        return f"network {members[-1].index} of {members[-1].total}"
    points = list(view.points.values())
    return f"point {len(points)} of {points[-1].total}" if points else ""


def _cycle(options: Mapping[str, object], epoch: int, last: int) -> str:
    """Return which cycle of the learning rate an epoch lies in, '' where there are none."""
    cycle = options.get("cycle")
    if not isinstance(cycle, int) or cycle <= 0:
        return ""
    return f", cycle {-(-epoch // cycle)} of {-(-last // cycle)}"


def live_parts(node: NodeView) -> list[str]:
    """Return the latest numbers of a running stage, as text."""
    progress, epochs = node.view.progress, node.view.epochs
    values: dict[str, float] = dict(epochs[-1].values) if epochs else {}
    if progress is not None:
        values = {**values, **progress.values}
    told = node.view.options
    parts = [*_first_of(_LOSSES, values, told), *_first_of(_SCORES, values, told)]
    return [*member_parts(node), *parts]


def member_parts(node: NodeView) -> list[str]:
    """Return how the ensemble of the members so far does: "3 of 4 members", "ensemble error …"."""
    members = [event for event in node.view.members.values() if event.ensemble]
    if not members:
        return []
    last = members[-1]
    scores = {f"{ENSEMBLE}{name}": value for name, value in last.ensemble.items()}
    names = tuple(f"{ENSEMBLE}{name}" for name in _TEST_SCORES)
    return [*_first_of(names, scores, node.view.options), f"{last.index} of {last.total} members"]


def member_text(event: MemberCaptured, options: Mapping[str, Any] | None = None) -> str:
    """Return a captured network in words: its own scores, and the ensemble's with it.

    Args:
        event: of the capture.
        options: of its stage, which name the loss of reconstructions.
    """
    task = task_of(event.values, options)
    head = f"{event.name}, {event.index} of {event.total}" if event.index else event.name
    parts = [f"{head}: {', '.join(_scores(event.values, task))}"]
    if event.ensemble and event.ensemble != event.values:
        parts.append(f"together {', '.join(_scores(event.ensemble, task))}")
    return "; ".join(parts)


def _scores(values: Mapping[str, float], task: str) -> list[str]:
    return [
        f"{quantity(name, task=task).label} {shown(name, values[name], task=task)}"
        for name in ("test_error", "test_rmse", "test_nll")
        if name in values and not (name == "test_nll" and task == "regression")
    ]


def _first_of(
    names: tuple[str, ...],
    values: Mapping[str, float],
    options: Mapping[str, Any] | None = None,
) -> list[str]:
    name = next((name for name in names if math.isfinite(values.get(name, math.nan))), None)
    if name is None:
        return []
    # The loss of training steps carries no penalty, so it is not called regularised here.
    task = _task_of(values, options or {})
    label = quantity(name, task=task).label.removesuffix(" (regularised)")
    return [f"{label} {shown(name, values[name], task=task)}"]


def _task_of(values: Mapping[str, float], options: Mapping[str, Any]) -> str:
    model = options.get("model")
    # Between epochs only the loss is told, and its name is the same for every task.
    if isinstance(model, Mapping) and model.get("range"):
        return reconstruction(options)
    return task_of(values, options)


def headline_text(head: Headline) -> str:
    """Return the number of a run in words: "curve max test error 2.22 %"."""
    node = head.node.removeprefix("evaluate-")
    if head.name.endswith(MAX):
        column = head.name.removesuffix(MAX)
        # Only where values are predicted is there a loss but no error.
        task = "classification" if column.endswith("_error") else "regression"
        word = quantity(column, task=task).label
        return f"{node} max {word} {shown(column, head.value, task=task)}"
    if head.name.startswith(ENSEMBLE):
        task = task_of([head.name])
        return f"{quantity(head.name, task=task).label} {shown(head.name, head.value, task=task)}"
    return f"{node} {head.name.replace('_', ' ')} {shown(head.name, head.value)}"
