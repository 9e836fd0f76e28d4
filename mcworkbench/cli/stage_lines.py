"""One line of text per stage of a run: sign, name, state, and how far it is.

Used by the live view and by `show`. A line is built from its most wanted parts and ends where
the terminal does; names come from outside and are shown as text, never as markup.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from mcworkbench.reports.quantities import quantity, shown
from mcworkbench.runs.state import ACTIVE, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcworkbench.runs.views import NodeView, RunView

_SIGNS = {
    State.waiting: ("○", "."),
    State.queued: ("○", "."),
    State.running: ("●", ">"),
    State.stopping: ("◐", ">"),
    State.stopped: ("■", "#"),
    State.failed: ("✗", "x"),
    State.lost: ("✗", "x"),
    State.done: ("✓", "+"),
}
_REUSED_SIGN = ("↺", "r")
_STYLES = {
    State.waiting: "dim",
    State.queued: "dim",
    State.running: "cyan",
    State.stopping: "yellow",
    State.stopped: "yellow",
    State.failed: "red",
    State.lost: "red",
    State.done: "green",
}
_MAX_NAME = 22
_MIN_BAR, _MAX_BAR, _BAR_SHARE = 8, 24, 6
_KILO = 1000
NUM_GAP = 2
_MANY = 10
_MINUTE_S, _HOUR_S = 60, 3600
# What a finished or running stage is known by: the first of each that it has.
_LOSSES = ("train_loss", "train_nll")
# A column that only values have, and no classes.
_OF_VALUES = ("train_rmse", "test_rmse", "validation_rmse")
_SCORES = ("train_accuracy", "train_rmse")
_TEST_SCORES = ("test_error", "test_rmse", "test_nll")
_EVALUATED = (
    ("max train loss", "train_loss_max", "train_loss"),
    ("max test error", "test_error_max", "test_error"),
    ("max test mse", "test_nll_max", "test_nll"),
    ("barrier", "train_loss_barrier_above_chord", "train_loss"),
)


def clock(seconds: float) -> str:
    """Return a time as 0:07, 12:34 or 1:02:03."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, _HOUR_S)
    minutes, left = divmod(rest, _MINUTE_S)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def seconds_text(seconds: float) -> str:
    """Return a time spent: 3.2 s, else as `clock`."""
    return f"{seconds:.1f} s" if seconds < _MINUTE_S else clock(seconds)


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


def name_width(run: RunView) -> int:
    """Return the columns of the longest name of a stage, within reason."""
    return min(_MAX_NAME, max((len(name) for name in run.nodes), default=1))


def stage_line(node: NodeView, *, width: int, names: int, has_unicode: bool = True) -> Text:
    """Return a stage as one line of at most `width` columns.

    Args:
        node: a refreshed node.
        width: columns.
        names: columns for its name, see `name_width`.
        has_unicode: whether the terminal shows more than ASCII.
    """
    state = node.state
    is_reused = node.reused and state is State.done
    signs = _REUSED_SIGN if is_reused else _SIGNS[state]
    style = "blue" if is_reused else _STYLES[state]
    name = node.name if len(node.name) <= names else node.name[: names - 1] + "…"
    line = Text().append(signs[0 if has_unicode else 1], style=style)
    line.append(f" {name:<{names}} ", style="dim" if style == "dim" else "")
    if state in ACTIVE:
        _append_progress(line, node, width, has_unicode=has_unicode)
        return line
    words, parts = state_words(node), finished_parts(node)
    if is_reused and parts and line.cell_len + len(words) + NUM_GAP + len(parts[0]) > width:
        # The number matters more than the whole id of the run that made it.
        words = f"reused from {short_run(node.made_by)}"
    line.append(words, style=style)
    for part in parts:
        _append_fitting(line, f"  {part}", width)
    line.truncate(width, overflow="ellipsis")
    return line


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
        summary = node.view.summary
        return [
            f"{word} {_points(word, shown(column, summary[key]))}"
            for word, key, column in _EVALUATED
            if math.isfinite(summary.get(key, math.nan))
            and not (column == "test_nll" and "test_error_max" in summary)
        ]
    epochs = node.view.epochs
    values = epochs[-1].values if epochs else {}
    if node.kind == "import":
        # Nothing was trained; what it scores shows whether data and scaling are its own.
        values = node.view.summary
    return [*_first_of(_LOSSES, values), *_first_of(_TEST_SCORES, values)]


def live_parts(node: NodeView) -> list[str]:
    """Return the latest numbers of a running stage, as text."""
    progress, epochs = node.view.progress, node.view.epochs
    values: dict[str, float] = dict(epochs[-1].values) if epochs else {}
    if progress is not None:
        values = {**values, **progress.values}
    return [*_first_of(_LOSSES, values), *_first_of(_SCORES, values)]


def _first_of(names: tuple[str, ...], values: Mapping[str, float]) -> list[str]:
    name = next((name for name in names if math.isfinite(values.get(name, math.nan))), None)
    if name is None:
        return []
    # The loss of training steps carries no penalty, so it is not called regularised here.
    task = "regression" if any(column in values for column in _OF_VALUES) else "classification"
    label = quantity(name, task=task).label.removesuffix(" (regularised)")
    return [f"{label} {shown(name, values[name], task=task)}"]


def _points(word: str, text: str) -> str:
    return text.replace(" %", " points") if word == "barrier" else text


def _append_progress(line: Text, node: NodeView, width: int, *, has_unicode: bool) -> None:
    line.append(f"{node.state:<8} ", style=_STYLES[node.state])
    columns = min(_MAX_BAR, max(_MIN_BAR, width // _BAR_SHARE))
    line.append_text(bar(node.view.fraction, columns, has_unicode=has_unicode))
    line.append(f" {100 * node.view.fraction:3.0f} %")
    progress = node.view.progress
    if progress is not None and progress.eta_s is not None:
        _append_fitting(line, f"  ETA {clock(progress.eta_s)}", width)
    parts = live_parts(node)
    for part in parts[:1]:
        _append_fitting(line, f"  {part.removeprefix('train ')}", width)
    if progress is not None and progress.rate:
        _append_fitting(line, f"  {rate_text(progress.rate)} {progress.unit}/s", width)
    for part in parts[1:]:
        _append_fitting(line, f"  {part.removeprefix('train ')}", width)
    line.truncate(width)


def rate_text(rate: float) -> str:
    """Return units per second in three digits or so: 0.42, 8.1, 812, 12.3k."""
    if rate >= _MANY * _KILO:
        return f"{rate / _KILO:.1f}k"
    return f"{rate:.0f}" if rate >= _MANY else f"{rate:.2g}"


def bar(fraction: float, columns: int, *, has_unicode: bool) -> Text:
    """Return a progress bar of `columns` columns."""
    filled = round(min(1.0, max(0.0, fraction)) * columns)
    full, empty = ("━", "─") if has_unicode else ("#", "-")
    return Text(full * filled, style="cyan") + Text(empty * (columns - filled), style="dim")


def _append_fitting(line: Text, part: str, width: int) -> None:
    """Append a part where it fits whole; later, shorter parts may still."""
    if line.cell_len + len(part) <= width:
        line.append(part)
