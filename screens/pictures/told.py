"""What one stage of a run told, as entries of the log: wall-clock time, node, text, level."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from mcworkbench.reports.durations import seconds_text
from mcworkbench.reports.quantities import number, quantity, shown, task_of
from mcworkbench.reports.stage_text import finished_parts
from mcworkbench.runs import events
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.state import State
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcworkbench.runs.codec import Recorded, Unknown
    from mcworkbench.runs.views import NodeView, RunView

# Wall-clock seconds, name of the node, text, level.
Entry = tuple[float, str, str, str]
INFO, WARNING, ERROR = "info", "warning", "error"
_MAX_EVENTS = 2000
# Others save one every few seconds, which nobody wants to read.
_TRAINED = ("endpoint", "curve", "fge", "snapshot", "swa")
_MAX_TEXT = 500
_EPOCH_COLUMNS = (
    "train_nll",
    "test_nll",
    "validation_error",
    "test_error",
    "test_rmse",
    "probe_nll_max",
)
_WANTS = {
    "after": "after this epoch or point",
    "now": "now, with a checkpoint",
    "kill": "at once, without a checkpoint",
}


# What an event says and how grave it is, beside the event, by its identity.
Texts = dict[int, tuple["Recorded", str, str]]


def told(node: NodeView, run: RunView, kept: Texts | None = None) -> list[Entry]:
    """Return the entries of one stage in the order in which it told them, at most 2,000.

    Args:
        node: the stage.
        run: its run.
        kept: texts of events that were put into words before; holds those of now afterwards.
    """
    if node.reused and node.state is State.done:
        made_by = clean_line(node.made_by) or "an earlier run"
        return [(run.created, node.name, _joined(f"reused from {made_by}", node), INFO)]
    found: list[Entry] = []
    texts: Texts = {}
    for recorded in node.view.events[-_MAX_EVENTS:]:
        known = kept.get(id(recorded)) if kept is not None else None
        if known is None or isinstance(recorded.event, events.StageFinished):
            text, level = _text(recorded, node)
            known = (recorded, clean_line(text, limit=_MAX_TEXT), level)
        texts[id(recorded)] = known
        if known[1]:
            found.append((recorded.time_s, node.name, *known[1:]))
    if kept is not None:
        kept.clear()
        kept.update(texts)
    return found + _ending(node, run, found)


def asked(run: RunView) -> list[Entry]:
    """Return the stop that was asked for, if any."""
    request = run.folder.request()
    if request.level is StopLevel.none:
        return []
    words = f"stop asked for: {_WANTS[request.level.name]}"
    return [(request.at or run.created, "", words, WARNING)]


def _ending(node: NodeView, run: RunView, found: list[Entry]) -> list[Entry]:
    """Return why a stage is gone where none of its own events says so."""
    evidence = node.view.evidence
    if evidence.state not in (State.failed, State.lost) or not evidence.message:
        return []
    if any(evidence.message in text for _, _, text, level in found if level == ERROR):
        return []
    text = f"{evidence.state}: {evidence.message}"
    ended_s = evidence.ended_s or (found[-1][0] if found else run.created)
    return [(ended_s, node.name, text, ERROR)]


def _joined(text: str, node: NodeView) -> str:
    return " · ".join([text, *finished_parts(node)])


def _text(recorded: Recorded, node: NodeView) -> tuple[str, str]:
    """Return an event in words and how grave it is; '' for what is shown elsewhere."""
    event = recorded.event
    match event:
        case events.Warned():
            return event.text, WARNING
        case events.StageFailed():
            return f"failed: {event.message}", ERROR
        case events.StageStopped():
            return f"stopped at step {event.step}: {event.reason}", WARNING
        case events.RequestSeen():
            return f"stopping: {_WANTS.get(event.want, event.want)}", WARNING
        case _:
            return _harmless(event, node), INFO


def _harmless(event: events.Event | Unknown, node: NodeView) -> str:
    match event:
        case events.StageStarted():
            after = f" from {event.resumed_from}" if event.resumed_from else ""
            return f"resumes at step {event.step}{after}" if event.step else "starts"
        case events.EpochFinished():
            return _epoch(event)
        case events.CheckpointSaved() if node.kind in _TRAINED:
            return f"checkpoint at step {event.step}, {_size(event.bytes)}"
        case events.SnapshotSaved():
            return f"kept {event.name}"
        case events.Metric():
            return f"{event.name} {number(event.value)} at step {event.step}"
        case events.Noted():
            return event.text
        case events.StageFinished():
            return _joined(f"done in {_spent(node.view.seconds)}", node)
        case _:
            return ""


def _epoch(event: events.EpochFinished) -> str:
    told = [f"epoch {event.epoch}/{event.epochs}", *_numbers(event.values)]
    if event.seconds >= 1:
        told.append(_spent(event.seconds))
    return " · ".join(told)


def _spent(seconds: float) -> str:
    return f"{seconds:.2g} s" if 0 < seconds < 1 else seconds_text(seconds)


def _numbers(values: Mapping[str, float]) -> list[str]:
    task = task_of(values)
    return [
        f"{_word(name, task)} {shown(name, values[name], task=task)}"
        for name in _EPOCH_COLUMNS
        if name in values
    ]


@functools.cache
def _word(name: str, task: str) -> str:
    return "max along t" if name == "probe_nll_max" else quantity(name, task=task).label


def _size(num_bytes: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if num_bytes >= size:
            return f"{num_bytes / size:.3g} {unit}"
    return f"{num_bytes} B"
