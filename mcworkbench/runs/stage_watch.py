"""Stages that several runs may share, looked at once and again only where their files moved.

Called by `runs.watching`. Writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from sys import intern
from typing import TYPE_CHECKING, final

from mcworkbench.runs.documents import mapping
from mcworkbench.runs.marks import Mark, Seen, marks_of
from mcworkbench.runs.names import is_file_name
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.state import ACTIVE, StageEvidence, State, stage_evidence

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.runs.marks import Ages

_NOTHING = StageEvidence(State.waiting)


@final
@dataclass(slots=True)
class _Stage:
    """What was last seen of a stage, and the marks of the files that it follows from."""

    evidence: StageEvidence = _NOTHING
    paths: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    seen: Seen = field(default_factory=Seen)
    is_settled: bool = False
    users: set[str] = field(default_factory=set[str])


@final
class StageWatch:
    """The stages that runs in the list name, by key; each is kept while a run names it."""

    def __init__(self, ages: Ages) -> None:
        self._ages = ages
        self._stages: dict[str, _Stage] = {}

    def use(self, key: str, run_id: str) -> None:
        """Note that a run names a stage."""
        self._stages.setdefault(key, _Stage()).users.add(run_id)

    def release(self, key: str, run_id: str) -> None:
        """Note that a run does not name a stage any more."""
        stage = self._stages.get(key)
        if stage is not None:
            stage.users.discard(run_id)
            if not stage.users:
                del self._stages[key]

    def users(self, key: str) -> set[str]:
        """Return the runs that name a stage."""
        return self._stages[key].users

    def is_settled(self, key: str) -> bool:
        """Return whether a stage is looked at again only where its files move."""
        return self._stages[key].is_settled

    def is_at_rest(self, key: str) -> bool:
        """Return whether a stage is settled and its files did not move.

        Raises:
            OSError: the disk does not say.
        """
        stage = self._stages[key]
        return stage.is_settled and marks_of(stage.paths) == stage.marks

    def look(self, key: str) -> tuple[StageEvidence, bool]:
        """Return what a stage's folder proves, and whether that is new.

        Raises:
            OSError: the disk does not let us look.
        """
        if self.is_at_rest(key):
            return self._stages[key].evidence, False
        stage, folder = self._stages[key], StageFolder(key)
        before = stage.evidence
        evidence = _slim(stage_evidence(folder))
        paths = _paths(folder, evidence)
        # Whatever changes while we look is young by its marks, so it is looked at again.
        marks = marks_of(paths)
        # News without a trace may be a disk that failed while it was read: it is read again.
        is_proven = evidence == before or not stage.paths or marks != stage.marks
        stage.evidence, stage.paths, stage.marks = evidence, paths, marks
        is_quiet = evidence.state not in ACTIVE and not evidence.is_waning
        stage.is_settled = is_quiet and is_proven and self._ages.are_old(marks, stage.seen)
        return evidence, evidence != before


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
