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
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from mcworkbench.folders import runs_root
from mcworkbench.runs.index import RunLine, line_of
from mcworkbench.runs.marks import Ages, Mark, Seen, check_readable, mark_of, marks_of
from mcworkbench.runs.names import is_run_id
from mcworkbench.runs.run_folder import RunDocument, RunFolder
from mcworkbench.runs.stage_watch import StageWatch
from mcworkbench.runs.state import ACTIVE, RunEvidence, StageEvidence, State, run_evidence
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNREADABLE = "its run.json cannot be read"
_CHUNK = 25
# Every run is looked at at least once in so many refreshes.
_TURNS = 30
_UNSETTLED = frozenset((*ACTIVE, State.queued))


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
    seen: Seen = field(default_factory=Seen)
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
        self._ages = Ages(wall_s, clock_s)
        self._runs: dict[str, _Run] = {}
        self._stages = StageWatch(self._ages)
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
            self._stages.release(node.key, run_id)

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
        return any(not self._stages.is_at_rest(node.key) for node in nodes)

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
                self._derive(run, proven, seen, touched)
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

    def _derive(
        self,
        run: _Run,
        proven: RunEvidence,
        seen: dict[str, StageEvidence],
        touched: set[str],
    ) -> None:
        """Set the line of one run; add the runs that name a stage found changed to `touched`.

        Raises:
            OSError: the disk does not let us look at a stage.
        """
        document = run.document
        keys = [node.key for node in document.nodes.values()] if document is not None else []
        for key in keys:
            if key not in seen:
                seen[key], has_changed = self._stages.look(key)
                touched.update(self._stages.users(key) if has_changed else ())
        run.line = line_of(document, proven, seen) if document is not None else None
        is_busy = run.line is not None and run.line.state in _UNSETTLED
        run.is_settled = (
            not proven.is_supervised
            and not is_busy
            and run.is_old
            and all(map(self._stages.is_settled, keys))
        )

    def _open(self, run_id: str) -> RunEvidence:
        """Read what is new in a run's own folder.

        Raises:
            OSError: the disk does not let us.
        """
        run, folder = self._runs[run_id], RunFolder(run_id)
        paths, document_path = _folder_paths(folder), str(folder.document_path)
        marks, mark = marks_of(paths), mark_of(document_path)
        is_old = self._ages.are_old((*marks, mark), run.seen)
        if mark != run.document_mark or not is_old:
            document = folder.document()
            if document is None:
                check_readable(folder.document_path)
            self._release(run_id, run.document)
            run.document, run.document_mark = document, mark
            for node in document.nodes.values() if document is not None else ():
                self._stages.use(node.key, run_id)
        run.paths, run.document_path = paths, document_path
        run.marks, run.is_old = marks, is_old
        return run_evidence(folder)


def _folder_paths(folder: RunFolder) -> tuple[str, ...]:
    # A folder's own time tells of everything published in it; a lock is rewritten when taken.
    return str(folder.path), str(folder.lock_path)
