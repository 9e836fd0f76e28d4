"""What the events of a stage's attempts add up to.

An attempt that resumed at step n continues the one before at n: later points of the older one
were computed twice or belong to work that was thrown away, so they are dropped. Where the new
attempt computes the same point again and gets other numbers, the resume was not exact, and a
warning says so. Called by StageView; knows nothing of files.
"""

from __future__ import annotations

from collections import deque
from typing import final

from mcworkbench.runs import events
from mcworkbench.runs.codec import Recorded, Unknown
from mcworkbench.runs.trace import Trace

MAX_TEXTS = 500
Point = (
    events.EpochFinished
    | events.ProbeEvaluated
    | events.PathPointEvaluated
    | events.MemberCaptured
    | events.Metric
    | events.SnapshotSaved
    | events.CheckpointSaved
    | events.PicturesSaved
)
Identity = tuple[str, int | str, int]
_POINTS = (
    events.EpochFinished,
    events.ProbeEvaluated,
    events.PathPointEvaluated,
    events.MemberCaptured,
    events.Metric,
    events.SnapshotSaved,
    events.CheckpointSaved,
    events.PicturesSaved,
)


@final
class StageFold:
    """Grows by `apply`, one event at a time, attempts in order.

    Attributes:
        attempt: the newest attempt that said anything, 0 before the first.
        started_step: the step at which that attempt began.
        progress: the latest, None after a new start.
        trace: what progress said of loss and learning rate, by step.
        elapsed_s: per attempt, the monotonic seconds of its last event.
        num_unknown: events of a newer format.
    """

    def __init__(self) -> None:
        self.attempt = 0
        self.started_step = 0
        self.progress: events.Progress | None = None
        self.trace = Trace()
        self.elapsed_s: dict[int, float] = {}
        self.num_unknown = 0
        self.warnings: deque[str] = deque(maxlen=MAX_TEXTS)
        self.notes: deque[str] = deque(maxlen=MAX_TEXTS)
        self._recorded: list[Recorded] = []
        self._points: dict[Identity, Recorded] = {}
        self._dropped: dict[Identity, Recorded] = {}
        self._is_exact = True

    def apply(self, recorded: Recorded, attempt: int) -> None:
        """Take in one event of attempt number `attempt`."""
        if attempt > self.attempt:
            self.attempt, self.progress = attempt, None
        self.elapsed_s[attempt] = max(self.elapsed_s.get(attempt, 0.0), recorded.elapsed_s)
        event = recorded.event
        if isinstance(event, events.Progress):
            self.progress = event
            self.trace.add(event.step, event.values)
            return
        if isinstance(event, Unknown):
            self.num_unknown += 1
            return
        if isinstance(event, events.StageStarted):
            self._start(event)
        elif isinstance(event, _POINTS):
            self._place(event, recorded)
        else:
            self._tell(event)
        self._recorded.append(recorded)

    @property
    def events(self) -> list[Recorded]:
        """Return what holds after merging, in order; progress is left out."""
        return list(self._recorded)

    def points(self) -> list[Point]:
        """Return every point that holds, in the order first written."""
        found = [recorded.event for recorded in self._points.values()]
        return [event for event in found if isinstance(event, _POINTS)]

    def _start(self, event: events.StageStarted) -> None:
        self.started_step = event.step
        self.trace.resume(event.step)
        for name in event.skipped_checkpoints:
            after = event.resumed_from or "the beginning"
            self.warnings.append(f"checkpoint {name} was damaged; went on from {after}")
        kept: dict[Identity, Recorded] = {}
        for identity, point in self._points.items():
            (kept if _survives(point.event, event.step) else self._dropped)[identity] = point
        self._points = kept
        survivors = {id(point) for point in kept.values()}
        self._recorded = [
            recorded
            for recorded in self._recorded
            if not isinstance(recorded.event, _POINTS) or id(recorded) in survivors
        ]

    def _place(self, event: Point, recorded: Recorded) -> None:
        identity = _identity(event)
        older = self._points.get(identity)
        if older is not None:
            self._recorded = [kept for kept in self._recorded if kept is not older]
        else:
            older = self._dropped.pop(identity, None)
        self._points[identity] = recorded
        if older is None or not self._is_exact or _agree(older.event, event):
            return
        self._is_exact = False
        self.warnings.append(
            f"the resume at step {self.started_step} was not exact: step {event.step} gave "
            "other numbers than before; the newer ones are shown"
        )

    def _tell(self, event: events.Event) -> None:
        if isinstance(event, events.Warned):
            self.warnings.append(event.text)
        elif isinstance(event, events.Noted):
            self.notes.append(event.text)


def _survives(event: events.Event | Unknown, resumed_step: int) -> bool:
    # A point at the very step of the checkpoint was made just before it was saved, and the new
    # attempt won't make it again; a start from nothing keeps nothing.
    return isinstance(event, _POINTS) and resumed_step > 0 and event.step <= resumed_step


def _identity(event: Point) -> Identity:
    match event:
        case events.EpochFinished():
            return ("epoch", event.epoch, 0)
        case events.ProbeEvaluated():
            return ("probe", event.epoch, event.step)
        case events.PathPointEvaluated():
            return ("point", event.index, 0)
        case events.MemberCaptured():
            return ("member", event.index, 0)
        case events.Metric():
            return ("metric", event.name, event.step)
        case events.SnapshotSaved():
            return ("snapshot", event.name, 0)
        case events.CheckpointSaved():
            return ("checkpoint", event.name, 0)
        case events.PicturesSaved():
            return ("pictures", event.name, 0)


def _agree(older: events.Event | Unknown, newer: Point) -> bool:
    old, new = _numbers(older), _numbers(newer)
    # repr makes NaN equal to NaN; a number that only one attempt measured proves nothing.
    return all(repr(old[name]) == repr(new[name]) for name in old.keys() & new.keys())


def _numbers(event: events.Event | Unknown) -> dict[str, object]:
    match event:
        case events.EpochFinished():
            return {**event.values, "": (event.step, event.lr)}
        case events.ProbeEvaluated():
            return {**event.values, "": event.ts}
        case events.PathPointEvaluated():
            return {**event.values, "": event.t}
        case events.PicturesSaved():
            return dict(event.values)
        case events.MemberCaptured():
            together = {f"ensemble {name}": value for name, value in event.ensemble.items()}
            return {**event.values, **together, **event.distances, "": (event.step, event.name)}
        case events.Metric():
            return {"": event.value}
        case _:
            return {}
