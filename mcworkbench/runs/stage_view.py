"""One stage as screens, headless progress and reports see it.

Built from the stage's folder alone and kept fresh by polling file tails: a second viewer, a
closed one or a late one sees the same. Writes nothing. `refresh` does the reading; attributes
never touch the disk.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, final

from mcworkbench.runs import events
from mcworkbench.runs.documents import line, mapping
from mcworkbench.runs.fold import Point, StageFold
from mcworkbench.runs.reader import Tail
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.state import ACTIVE, GRACE_S, StageEvidence, State, stage_evidence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcworkbench.runs.codec import Recorded
    from mcworkbench.runs.stage_folder import AttemptFolder
    from mcworkbench.runs.trace import Trace


@final
class StageView:
    """The merged attempts of one stage.

    Attributes:
        kind: the stage's kind, '' where stage.json is absent.
        options: its full options.
        places: by role, the snapshot of an input that it goes on from, e.g. "snapshots/epoch-12".
        made_by: the run that made the product or the newest attempt, '' where unknown.
        artifacts: the folder of its product.
        version: grows whenever a refresh found something new.
    """

    def __init__(
        self,
        key: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        breathe: Callable[[], None] | None = None,
    ) -> None:
        """Name the stage; nothing is read before `refresh`.

        Args:
            key: of the stage.
            clock: monotonic seconds.
            breathe: called between parts of a long read, so that others get their turn; what
                it raises ends the refresh, and the next one goes on from there.

        Raises:
            InvalidInputError: `key` is not a stage key.
        """
        self.folder = StageFolder(key)
        self.key = key
        self.kind = ""
        self.options: dict[str, Any] = {}
        self.places: dict[str, str] = {}
        self.made_by = ""
        self.artifacts: Path = self.folder.artifacts
        self.evidence = StageEvidence(State.waiting)
        self.version = 0
        self._clock = clock
        self._breathe = breathe
        self._fold = StageFold()
        self._tails: dict[int, Tail] = {}
        self._sealed: set[int] = set()
        self._was_alive = False
        self._gone_s: float | None = None
        self._points: list[Point] = []
        # Also true between a read that was given up and the next one.
        self._is_stale = False
        self._done_stamp: int | None = None

    def refresh(self) -> None:
        """Read what changed since the last call."""
        stamp = _stamp(self.folder.result_path)
        if self._done_stamp is not None and self._done_stamp == stamp:
            return
        if not self.kind:
            document = self.folder.document()
            self.kind = line(document.get("kind"))
            self.version += 1
            self.options = mapping(document.get("options"))
            places = mapping(document.get("places"))
            self.places = {role: line(place) for role, place in places.items()}
            self.made_by = self.made_by or line(document.get("made_by"))
        # Both are looked at before the events: a stage that is done and free by then has
        # written all it ever will.
        is_free = not self.folder.is_locked()
        before = self.evidence
        self.evidence = self._evidence()
        self.version += self.evidence != before
        attempts = self._read_tails()
        result = self.evidence.result
        if result is not None:
            self.made_by = line(result.get("run"))
        elif attempts:
            self.made_by = attempts[-1].made_by() or self.made_by
        self._done_stamp = stamp if result is not None and is_free else None

    def verify(self) -> str | None:
        """Return what is wrong with the product, reading every byte; None where it is whole."""
        result = self.folder.result()
        if result is None:
            return "it has no result"
        return self.folder.artifact_problem(result, verify=True)

    @property
    def state(self) -> State:
        """Return the stage's state, whichever run executes it."""
        return self.evidence.state

    @property
    def message(self) -> str:
        """Return why it failed or was lost, one sentence, or ''."""
        return self.evidence.message

    @property
    def holder(self) -> str:
        """Return the run whose process executes it now, or ''."""
        return self.evidence.holder

    @property
    def result(self) -> dict[str, Any] | None:
        """Return result.json, None while the stage is not done."""
        return self.evidence.result

    @property
    def attempts(self) -> int:
        """Return how many attempts there are."""
        return self.evidence.num_attempts

    @property
    def events(self) -> list[Recorded]:
        """Return the events that hold after merging, oldest first; progress is left out."""
        return self._fold.events

    @property
    def epochs(self) -> list[events.EpochFinished]:
        """Return the finished epochs in increasing order."""
        found = [event for event in self._points if isinstance(event, events.EpochFinished)]
        return sorted(found, key=lambda event: event.epoch)

    @property
    def probes(self) -> list[events.ProbeEvaluated]:
        """Return the loss along t over time, in increasing steps."""
        found = [event for event in self._points if isinstance(event, events.ProbeEvaluated)]
        return sorted(found, key=lambda event: (event.step, event.epoch))

    @property
    def points(self) -> dict[int, events.PathPointEvaluated]:
        """Return the evaluated points of a path by index, in increasing order."""
        found = [event for event in self._points if isinstance(event, events.PathPointEvaluated)]
        return {event.index: event for event in sorted(found, key=lambda event: event.index)}

    @property
    def members(self) -> dict[int, events.MemberCaptured]:
        """Return the networks scored for an ensemble by index; 0 is the start, no member."""
        found = [event for event in self._points if isinstance(event, events.MemberCaptured)]
        return {event.index: event for event in sorted(found, key=lambda event: event.index)}

    @property
    def metrics(self) -> list[events.Metric]:
        """Return user-defined values in increasing steps."""
        found = [event for event in self._points if isinstance(event, events.Metric)]
        return sorted(found, key=lambda event: event.step)

    @property
    def snapshots(self) -> list[events.SnapshotSaved]:
        """Return the kept states in increasing steps."""
        found = [event for event in self._points if isinstance(event, events.SnapshotSaved)]
        return sorted(found, key=lambda event: event.step)

    @property
    def pictures(self) -> list[events.PicturesSaved]:
        """Return the published pictures and codes in increasing steps."""
        found = [event for event in self._points if isinstance(event, events.PicturesSaved)]
        return sorted(found, key=lambda event: event.step)

    @property
    def progress(self) -> events.Progress | None:
        """Return the newest attempt's latest word on how far it is."""
        return self._fold.progress

    @property
    def trace(self) -> Trace:
        """Return what it measured between epochs, by step: loss and learning rate."""
        return self._fold.trace

    @property
    def warnings(self) -> list[str]:
        """Return what the user should know, damaged and missing lines included."""
        found = list(self._fold.warnings)
        if self.num_damaged:
            found.append(f"{self.num_damaged} damaged lines of its log were left out")
        if self.num_missing:
            found.append(f"{self.num_missing} measurements were lost, e.g. on a full disk")
        if self._fold.num_unknown:
            found.append(f"{self._fold.num_unknown} events of a newer version are not shown")
        return found

    @property
    def notes(self) -> list[str]:
        """Return the lines of talk, oldest first, at most 500."""
        return list(self._fold.notes)

    @property
    def num_damaged(self) -> int:
        """Return how many lines could not be read."""
        is_over = self.state not in ACTIVE
        return sum(
            tail.num_damaged + (tail.has_fragment and (is_over or number in self._sealed))
            for number, tail in self._tails.items()
        )

    @property
    def num_missing(self) -> int:
        """Return how many numbered events were never stored."""
        return sum(tail.num_missing for tail in self._tails.values())

    @property
    def summary(self) -> dict[str, float]:
        """Return the headline numbers; empty while the stage is not done."""
        return dict(self.evidence.result["summary"]) if self.evidence.result else {}

    @property
    def seconds(self) -> float:
        """Return the work time of all attempts, monotonic."""
        return sum(self._fold.elapsed_s.values())

    @property
    def fraction(self) -> float:
        """Return how much is done, in [0, 1]: by the latest progress, else by whole epochs."""
        if self.state is State.done:
            return 1.0
        progress = self._fold.progress
        if progress is not None and progress.total > 0:
            return min(1.0, max(0.0, progress.done / progress.total))
        epochs = self.epochs
        if epochs and epochs[-1].epochs > 0:
            return min(1.0, epochs[-1].epoch / epochs[-1].epochs)
        points = list(self.points.values())
        return min(1.0, len(points) / points[-1].total) if points and points[-1].total > 0 else 0.0

    def _read_tails(self) -> list[AttemptFolder]:
        # Listed before reading: that a newer attempt exists proves the older one's file whole.
        attempts = self.folder.attempts()
        for attempt in attempts:
            if attempt.number in self._sealed:
                continue
            tail = self._tails.setdefault(attempt.number, Tail(attempt.events_path))
            for batch in tail.batches():
                self._is_stale = True
                for recorded in batch:
                    self._fold.apply(recorded, attempt.number)
                if self._breathe is not None:
                    self._breathe()
            if attempt is not attempts[-1]:
                self._sealed.add(attempt.number)
        if self._is_stale:
            self._is_stale = False
            self._points = self._fold.points()
            self.version += 1
        return attempts

    def _evidence(self) -> StageEvidence:
        evidence = stage_evidence(self.folder, is_in_grace=self._was_alive or None)
        if not evidence.is_waning:
            self._was_alive = evidence.state in ACTIVE
            self._gone_s = None
        elif self._was_alive:
            now_s = self._clock()
            self._gone_s = now_s if self._gone_s is None else self._gone_s
            if now_s - self._gone_s >= GRACE_S:
                evidence = stage_evidence(self.folder, is_in_grace=False)
                self._was_alive = evidence.state in ACTIVE
        return evidence


def _stamp(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
