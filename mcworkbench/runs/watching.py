"""All runs, kept fresh at little cost: for whoever shows the list once a second.

`index.list_runs` looks at everything each time. This remembers what it saw together with the
files' times, and looks again only where something moves: at new and changed run folders, at runs
that are carried out now, at runs that share a stage which just changed, and, in turns, at the
rest. What it derives is what `list_runs` derives. While the disk does not answer, what was seen
last stays, and `fault` says why. Writes nothing.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from sys import intern
from typing import TYPE_CHECKING, final

from mcworkbench.folders import runs_root
from mcworkbench.runs.documents import mapping
from mcworkbench.runs.index import RunLine, line_of
from mcworkbench.runs.marks import check_readable, mark_of, marks_of, newest_s
from mcworkbench.runs.names import is_file_name, is_run_id
from mcworkbench.runs.run_folder import RunDocument, RunFolder
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.state import (
    ACTIVE,
    RunEvidence,
    StageEvidence,
    State,
    run_evidence,
    stage_evidence,
)
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mcworkbench.runs.marks import Mark

UNREADABLE = "its run.json cannot be read"
_CHUNK = 25
# Every run is looked at at least once in so many refreshes.
_TURNS = 30
# A file this young may change again without its time showing it.
_FRESH_S = 3.0
_UNSETTLED = frozenset((*ACTIVE, State.queued))
_NOTHING = StageEvidence(State.waiting)


@final
@dataclass(slots=True)
class _Seen:
    """Marks of files, and since when they have been these, in monotonic seconds."""

    marks: tuple[Mark, ...] = ()
    since_s: float = 0.0


@final
@dataclass(slots=True)
class _Stage:
    """What was last seen of a stage, and the marks of the files that it follows from."""

    evidence: StageEvidence = _NOTHING
    paths: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    seen: _Seen = field(default_factory=_Seen)
    is_settled: bool = False
    users: set[str] = field(default_factory=set[str])


@final
@dataclass(slots=True)
class _Run:
    """What was last seen of a run; without a document its run.json cannot be read."""

    paths: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    document_path: str = ""
    document_mark: Mark = None
    document: RunDocument | None = None
    line: RunLine | None = None
    problem: str = ""
    seen: _Seen = field(default_factory=_Seen)
    is_old: bool = False
    is_settled: bool = False


@final
class RunWatch:
    """The list of runs; `refresh` brings it up to date.

    Attributes:
        has_listed: the folders were listed once; before that an empty list says nothing.
        fault: what kept the last look from seeing everything, None where nothing did; runs that
            it concerns are shown as they were before.
    """

    def __init__(
        self,
        *,
        wall_s: Callable[[], float] = time.time,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with an empty list; nothing is read before the first refresh.

        Args:
            wall_s: Unix seconds.
            clock_s: monotonic seconds.
        """
        self.has_listed = False
        self.fault: OSError | None = None
        self._wall_s = wall_s
        self._clock_s = clock_s
        self._runs: dict[str, _Run] = {}
        self._stages: dict[str, _Stage] = {}
        self._turn = 0
        self._has_changed = False

    @property
    def lines(self) -> list[RunLine]:
        """Return every readable run, newest first."""
        found = [run.line for run in self._runs.values() if run.line is not None]
        return sorted(found, key=lambda line: (line.created, line.id), reverse=True)

    @property
    def problems(self) -> dict[str, str]:
        """Return why folders cannot be read, by id of the run, sorted."""
        found = {run_id: run.problem for run_id, run in self._runs.items() if run.problem}
        return dict(sorted(found.items()))

    def refresh(self) -> bool:
        """Look at whatever may have changed; return whether the list did."""
        return any([has_changed for has_changed in self.looks()])

    def looks(self) -> Iterator[bool]:
        """Do the same in parts of some milliseconds, newest runs first.

        Yields:
            After each part, whether the list has changed since the one before.
        """
        self.fault = None
        try:
            self._find()
        except OSError as error:
            self.fault = error
            yield self._told()
            return
        self._turn = (self._turn + 1) % _TURNS
        due = [run_id for run_id in sorted(self._runs, reverse=True) if self._is_due(run_id)]
        looked: set[str] = set()
        while due:
            touched: set[str] = set()
            for start in range(0, len(due), _CHUNK):
                chunk = [run_id for run_id in due[start : start + _CHUNK] if run_id in self._runs]
                touched |= self._look(chunk)
                looked.update(chunk)
                yield self._told()
            due = sorted(touched - looked, reverse=True)
        yield self._told()

    def _told(self) -> bool:
        has_changed, self._has_changed = self._has_changed, False
        return has_changed

    def _find(self) -> None:
        """Notice new folders and forget those that are gone.

        Raises:
            OSError: the folders cannot be listed.
        """
        try:
            with os.scandir(runs_root()) as entries:
                ids = {entry.name for entry in entries if is_run_id(entry.name)}
        except FileNotFoundError:
            ids = set[str]()
        self.has_listed = True
        for run_id in self._runs.keys() - ids:
            self._forget(run_id)
        for run_id in ids - self._runs.keys():
            self._runs[run_id] = _Run()

    def _forget(self, run_id: str) -> None:
        run = self._runs.pop(run_id)
        self._has_changed = True
        self._release(run_id, run.document)

    def _release(self, run_id: str, document: RunDocument | None) -> None:
        for node in document.nodes.values() if document is not None else ():
            stage = self._stages.get(node.key)
            if stage is not None:
                stage.users.discard(run_id)
                if not stage.users:
                    del self._stages[node.key]

    def _is_due(self, run_id: str) -> bool:
        run = self._runs[run_id]
        try:
            if not run.is_settled or marks_of(run.paths) != run.marks:
                return True
            is_turn = sum(run_id.encode()) % _TURNS == self._turn
            return is_turn and self._has_moved(run)
        except OSError:
            return True

    def _has_moved(self, run: _Run) -> bool:
        """Return whether files moved that a settled run is not asked about every time."""
        if mark_of(run.document_path) != run.document_mark:
            return True
        nodes = run.document.nodes.values() if run.document is not None else ()
        stages = [self._stages[node.key] for node in nodes]
        return any(not s.is_settled or marks_of(s.paths) != s.marks for s in stages)

    def _look(self, chunk: list[str]) -> set[str]:
        """Derive some runs anew; return every run that names a stage found changed."""
        # Supervisors are looked at before stages: what a stage published, it published before
        # its supervisor let go, so no finished run looks abandoned.
        evidence: dict[str, RunEvidence] = {}
        for run_id in chunk:
            try:
                evidence[run_id] = self._open(run_id)
            except OSError as error:
                self._keep(self._runs[run_id], error)
        touched = set[str]()
        seen: dict[str, StageEvidence] = {}
        for run_id, proven in evidence.items():
            run = self._runs[run_id]
            before = run.line, run.problem
            try:
                touched |= self._derive(run, proven, seen)
                run.problem = UNREADABLE if run.line is None else ""
            except OSError as error:
                self._keep(run, error)
            except Exception as error:  # noqa: BLE001 - one odd folder must not end the list
                run.line, run.is_settled = None, False
                run.problem = clean_line(f"it cannot be read ({type(error).__name__}: {error})")
            self._has_changed |= before != (run.line, run.problem)
        return touched

    def _keep(self, run: _Run, error: OSError) -> None:
        """Leave a run as it was seen last, and look again next time."""
        run.is_settled = False
        if run.line is not None:
            self.fault = error
            return
        problem = f"it cannot be read ({(error.strerror or type(error).__name__).lower()})"
        self._has_changed |= problem != run.problem
        run.problem = problem

    def _derive(self, run: _Run, proven: RunEvidence, seen: dict[str, StageEvidence]) -> set[str]:
        """Set the line of one run; return the runs that name a stage found changed."""
        touched = set[str]()
        document = run.document
        keys = [node.key for node in document.nodes.values()] if document is not None else []
        for key in keys:
            if key not in seen:
                seen[key], has_changed = self._look_at(key)
                touched |= self._stages[key].users if has_changed else set[str]()
        run.line = line_of(document, proven, seen) if document is not None else None
        is_busy = run.line is not None and run.line.state in _UNSETTLED
        run.is_settled = (
            not proven.is_supervised
            and not is_busy
            and run.is_old
            and all(self._stages[key].is_settled for key in keys)
        )
        return touched

    def _open(self, run_id: str) -> RunEvidence:
        """Read what is new in a run's own folder.

        Raises:
            OSError: the disk does not let us.
        """
        run, folder = self._runs[run_id], RunFolder(run_id)
        paths, document_path = _folder_paths(folder), str(folder.document_path)
        marks, mark = marks_of(paths), mark_of(document_path)
        is_old = self._are_old((*marks, mark), run.seen)
        if mark != run.document_mark or not is_old:
            document = folder.document()
            if document is None:
                check_readable(folder.document_path)
            self._release(run_id, run.document)
            run.document, run.document_mark = document, mark
            for node in document.nodes.values() if document is not None else ():
                self._stages.setdefault(node.key, _Stage()).users.add(run_id)
        run.paths, run.document_path = paths, document_path
        run.marks, run.is_old = marks, is_old
        return run_evidence(folder)

    def _look_at(self, key: str) -> tuple[StageEvidence, bool]:
        """Return what a stage's folder proves, and whether that is new.

        Raises:
            OSError: the disk does not let us look.
        """
        stage = self._stages[key]
        if stage.is_settled and marks_of(stage.paths) == stage.marks:
            return stage.evidence, False
        folder, before = StageFolder(key), stage.evidence
        evidence = _slim(stage_evidence(folder))
        paths = _paths(folder, evidence)
        # Whatever changes while we look is young by its marks, so it is looked at again.
        marks = marks_of(paths)
        # News without a trace may be a disk that failed while it was read: it is read again.
        is_proven = evidence == before or not stage.paths or marks != stage.marks
        stage.evidence, stage.paths, stage.marks = evidence, paths, marks
        is_quiet = evidence.state not in ACTIVE and not evidence.is_waning
        stage.is_settled = is_quiet and is_proven and self._are_old(marks, stage.seen)
        return evidence, evidence != before

    def _are_old(self, marks: tuple[Mark, ...], seen: _Seen) -> bool:
        """Return whether files are so old that a further change would show by their marks.

        Where a time lies in the future, e.g. after the clock was set back, it counts how long
        the marks have been the same.
        """
        age_s = self._wall_s() - newest_s(marks)
        if age_s >= 0:
            return age_s > _FRESH_S
        if marks != seen.marks:
            seen.marks, seen.since_s = marks, self._clock_s()
        return self._clock_s() - seen.since_s > _FRESH_S


def _paths(folder: StageFolder, evidence: StageEvidence) -> tuple[str, ...]:
    """Return the files and folders whose change may change what is known of a stage."""
    found: list[Path] = [folder.path, folder.result_path, folder.lock_path, folder.artifacts]
    if evidence.state is State.done:
        names = mapping((evidence.result or {}).get("artifacts"))
        found += [folder.artifacts / name for name in names if is_file_name(name)]
    else:
        found.append(folder.attempts_path)
        for attempt in folder.attempts()[-1:]:
            found += [attempt.path, attempt.exit_path, attempt.events_path]
    return tuple(map(str, found))


def _folder_paths(folder: RunFolder) -> tuple[str, ...]:
    # A folder's own time tells of everything published in it; a lock is rewritten when taken.
    return str(folder.path), str(folder.lock_path)


def _slim(evidence: StageEvidence) -> StageEvidence:
    """Return the same without what a list has no use for: a thousand runs stay in memory."""
    if evidence.result is None:
        return evidence
    summary: dict[str, float] = evidence.result["summary"]
    names = dict.fromkeys(map(intern, mapping(evidence.result.get("artifacts"))))
    slim = {
        "summary": {intern(name): value for name, value in summary.items()},
        "artifacts": names,
    }
    return replace(evidence, result=slim)
