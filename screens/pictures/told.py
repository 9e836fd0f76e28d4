"""What one stage of a run told, as entries of the log: wall-clock time, node, text, level."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.durations import seconds_text
from mcworkbench.reports.quantities import number, quantity, shown
from mcworkbench.reports.stage_text import finished_parts
from mcworkbench.runs import events
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.state import State
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcworkbench.runs.codec import Recorded, Unknown
    from mcworkbench.runs.views import NodeView, RunView

Entry = tuple[float, str, str, str]
INFO, WARNING, ERROR = "info", "warning", "error"
_MAX_EVENTS = 2000
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


def told(node: NodeView, run: RunView) -> list[Entry]:
    """Return the entries of one stage, oldest first, at most 2,000."""
    if node.reused and node.state is State.done:
        made_by = clean_line(node.made_by) or "an earlier run"
        return [(run.created, node.name, _joined(f"reused from {made_by}", node), INFO)]
    found: list[Entry] = []
    for recorded in node.view.events[-_MAX_EVENTS:]:
        text, level = _text(recorded, node)
        if text:
            found.append((recorded.time_s, node.name, clean_line(text, limit=_MAX_TEXT), level))
    return found + _ending(node, found)


def asked(run: RunView) -> list[Entry]:
    """Return the stop that was asked for, if any."""
    request = run.folder.request()
    if request.level is StopLevel.none:
        return []
    words = f"stop asked for: {_WANTS[request.level.name]}"
    return [(request.at or run.created, "", words, WARNING)]


def _ending(node: NodeView, found: list[Entry]) -> list[Entry]:
    """Return why a stage is gone where none of its own events says so."""
    evidence = node.view.evidence
    if evidence.state not in (State.failed, State.lost) or not evidence.message:
        return []
    if any(evidence.message in text for _, _, text, level in found if level == ERROR):
        return []
    text = f"{evidence.state}: {evidence.message}"
    return [(evidence.ended_s or found[-1][0] if found else 0.0, node.name, text, ERROR)]


def _joined(text: str, node: NodeView) -> str:
    return "  ".join([text, *finished_parts(node)])


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
            return f"asked to stop: {_WANTS.get(event.want, event.want)}", WARNING
        case _:
            return _harmless(event, node), INFO


def _harmless(event: events.Event | Unknown, node: NodeView) -> str:
    match event:
        case events.StageStarted():
            after = f" from {event.resumed_from}" if event.resumed_from else ""
            return f"resumes at step {event.step}{after}" if event.step else "starts"
        case events.EpochFinished():
            return _epoch(event)
        case events.CheckpointSaved():
            return f"checkpoint at step {event.step}, {_size(event.bytes)}"
        case events.SnapshotSaved():
            return f"kept {event.name}"
        case events.Metric():
            return f"{event.name} {number(event.value)} at step {event.step}"
        case events.Noted():
            return event.text
        case events.StageFinished():
            return _joined(f"done in {seconds_text(node.view.seconds)}", node)
        case _:
            return ""


def _epoch(event: events.EpochFinished) -> str:
    told = [f"epoch {event.epoch}/{event.epochs}", *_numbers(event.values)]
    if math.isfinite(event.lr):
        told.append(f"lr {event.lr:.3g}")
    told.append(seconds_text(event.seconds))
    return "  ".join(told)


def _numbers(values: Mapping[str, float]) -> list[str]:
    task = "regression" if any(name.endswith("_rmse") for name in values) else "classification"
    return [
        f"{_word(name, task)} {shown(name, values[name], task=task)}"
        for name in _EPOCH_COLUMNS
        if name in values
    ]


def _word(name: str, task: str) -> str:
    return "highest along t" if name == "probe_nll_max" else quantity(name, task=task).label


def _size(num_bytes: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if num_bytes >= size:
            return f"{num_bytes / size:.3g} {unit}"
    return f"{num_bytes} B"
