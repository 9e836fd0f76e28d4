"""All runs at a glance, and the one a user means.

A listing reads no events: a thousand runs take well under a second, and stages that runs share
are looked at once. `RunLine.open` gives the full view.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcworkbench.errors import InvalidInputError, nearest
from mcworkbench.folders import runs_root
from mcworkbench.runs.headline import Headline, headlines
from mcworkbench.runs.names import is_run_id
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.run_view import RunView, share_of
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.state import (
    RunEvidence,
    StageEvidence,
    State,
    run_evidence,
    run_state,
    stage_evidence,
)
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.runs.run_folder import RunDocument

LAST = "last"
_MAX_LISTED = 5


@dataclass(frozen=True, slots=True)
class RunLine:
    """One line of the list of runs; the same names as RunView where both have them.

    Attributes:
        created: Unix seconds.
        reason: one sentence on the state, or ''.
        num_done: nodes whose stage is done, of `num_nodes`.
        headline: the number to show: the peak along its curve where it has one, and None until
            that is evaluated.
        line: the peak along the straight line, to be shown beside it.
        changes: what the command changed of its preset: "train.lr=0.1", "seed=7".
        is_supervised: a live supervisor carries it out.
        fraction: how much is done by whole stages, in [0, 1]; they count by their usual length.
    """

    id: str
    name: str
    kind: str
    title: str
    created: float
    group: str
    tags: tuple[str, ...]
    state: State
    reason: str
    num_done: int
    num_nodes: int
    headline: Headline | None
    line: Headline | None
    changes: tuple[str, ...]
    is_supervised: bool = False
    fraction: float = 0.0

    @property
    def age_s(self) -> float:
        """Return the seconds since the run was made, by the wall clock; never negative."""
        return max(0.0, time.time() - self.created)

    def open(self) -> RunView:
        """Return the full view."""
        return RunView(self.id)


def run_ids() -> list[str]:
    """Return the ids of all run folders, unordered."""
    try:
        return [path.name for path in runs_root().iterdir() if is_run_id(path.name)]
    except OSError:
        return []


def list_runs() -> list[RunLine]:
    """Return every readable run, newest first."""
    # All supervisors are looked at before any stage: what a stage published, it published before
    # its supervisor let go, so no finished run looks abandoned.
    runs = [
        (document, run_evidence(folder))
        for folder in map(RunFolder, run_ids())
        if (document := folder.document()) is not None
    ]
    seen: dict[str, StageEvidence] = {}
    found = [_line(document, run, seen) for document, run in runs]
    return sorted(found, key=lambda run: (run.created, run.id), reverse=True)


def run_line(run_id: str) -> RunLine | None:
    """Return one run as the list shows it, None where it cannot be read."""
    folder = RunFolder(run_id)
    document = folder.document()
    return _line(document, run_evidence(folder), {}) if document is not None else None


def unreadable_runs() -> list[str]:
    """Return the ids of run folders whose run.json cannot be used."""
    return sorted(run_id for run_id in run_ids() if RunFolder(run_id).document() is None)


def find_run(reference: str) -> str:
    """Return the id that a user means: an id, a unique start of one, a name, or 'last'.

    A name means the newest run that has it.

    Raises:
        InvalidInputError: no run or more than one fits; the sentence lists the nearest.
    """
    ids = run_ids()
    if reference in ids:
        return reference
    documents = {run_id: RunFolder(run_id).document() for run_id in ids}
    known = {run_id: document for run_id, document in documents.items() if document is not None}
    newest = sorted(known, key=lambda run_id: (known[run_id].created, run_id), reverse=True)
    if reference == LAST and newest:
        return newest[0]
    starting = [run_id for run_id in newest if reference and run_id.startswith(reference)]
    if len(starting) == 1:
        return starting[0]
    named = [run_id for run_id in newest if reference and known[run_id].name == reference]
    if named:
        return named[0]
    raise _not_found(reference, starting, newest, [document.name for document in known.values()])


def runs_named(name: str) -> list[RunDocument]:
    """Return every run of exactly that name, newest first."""
    documents = [RunFolder(run_id).document() for run_id in run_ids()]
    named = [document for document in documents if document is not None and document.name == name]
    return sorted(named, key=lambda document: (document.created, document.id), reverse=True)


def changes_of(command: Sequence[str]) -> tuple[str, ...]:
    """Return what the words of a command changed of its preset, in their order."""
    found: list[str] = []
    words = iter(command)
    for word in words:
        option, has_value, value = word.partition("=")
        if option in ("--set", "--seed"):
            text = value if has_value else next(words, "")
            found.append(text if option == "--set" else f"seed={text}")
    return tuple(found)


def line_of(document: RunDocument, run: RunEvidence, seen: Mapping[str, StageEvidence]) -> RunLine:
    """Return the line of a run.

    Args:
        document: its run.json.
        run: what its own folder proves, looked at before its stages.
        seen: what its stages' folders prove, by key.
    """
    stages = {name: seen[node.key] for name, node in document.nodes.items()}
    state, reason = run_state(list(stages.values()), run)
    summaries = {
        name: stage.result["summary"] for name, stage in stages.items() if stage.result is not None
    }
    return RunLine(
        document.id,
        document.name,
        document.kind,
        document.title,
        document.created,
        document.group,
        document.tags,
        state,
        reason,
        sum(stage.state is State.done for stage in stages.values()),
        len(stages),
        *headlines(document, summaries),
        changes_of(document.command),
        run.is_supervised,
        1.0 if state is State.done else _fraction(document, stages),
    )


def _line(document: RunDocument, run: RunEvidence, seen: dict[str, StageEvidence]) -> RunLine:
    """Return the line of a run, looking at the stages that are not in `seen` yet."""
    for node in document.nodes.values():
        if node.key not in seen:
            seen[node.key] = stage_evidence(StageFolder(node.key))
    return line_of(document, run, seen)


def _fraction(document: RunDocument, stages: Mapping[str, StageEvidence]) -> float:
    shares = {name: share_of(node.kind) for name, node in document.nodes.items() if not node.reused}
    done = sum(share for name, share in shares.items() if stages[name].state is State.done)
    return done / sum(shares.values()) if shares else 0.0


def _not_found(
    reference: str, starting: list[str], newest: list[str], names: list[str]
) -> InvalidInputError:
    shown = clean_line(reference, limit=80)
    if starting:
        more = ["…"] if len(starting) > _MAX_LISTED else []
        listed = ", ".join([*starting[:_MAX_LISTED], *more])
        return InvalidInputError(
            f"{len(starting)} runs start with '{shown}': {listed}; give more of the id."
        )
    if not newest:
        return InvalidInputError(
            f"there is no run '{shown}', nor any other yet; `mcworkbench run PRESET` makes one."
        )
    guess = nearest(reference, [*names, *newest])
    hint = f"Did you mean '{guess}'?" if guess else f"The newest is '{newest[0]}'."
    return InvalidInputError(
        f"no run is called '{shown}'. {hint} `mcworkbench list` shows them all."
    )
