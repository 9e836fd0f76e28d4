"""`stop`, `delete`, `restore` and `clean`: what changes runs, always with a way back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mcworkbench.cli.consoles import aligned, out, say, table_width, write
from mcworkbench.cli.exits import DONE
from mcworkbench.errors import InvalidInputError
from mcworkbench.executors.control import STOPPING, stop_run
from mcworkbench.reports.durations import age_text
from mcworkbench.runs.actions import (
    Cleaned,
    clean_up,
    delete_run,
    list_trash,
    restore_run,
    trashed_run,
)
from mcworkbench.runs.documents import read_document
from mcworkbench.runs.index import find_run, runs_named
from mcworkbench.runs.run_folder import parse_run
from mcworkbench.runs.views import RunView
from mcworkbench.text import PROGRAM, clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.runs.actions import StopLevel
    from mcworkbench.runs.run_folder import RunDocument

_KILO = 1000
_MAX_LISTED = 8


def stop(reference: str, level: StopLevel) -> int:
    """Ask a run to stop; returns at once.

    Raises:
        InvalidInputError: there is no such run, or it does not run.
    """
    run_id = find_run(reference)
    stop_run(RunView(run_id), level, by="stop")
    say(f"run {run_id} {STOPPING[level]}; `{PROGRAM} resume {run_id}` goes on.")
    return DONE


def delete(references: Sequence[str]) -> int:
    """Move runs to the trash; their stages stay until `clean`.

    Raises:
        InvalidInputError: no run or more than one fits; then none is moved.
    """
    for run_id in dict.fromkeys(_only_run(reference) for reference in references):
        delete_run(run_id)
        say(f"deleted {run_id}; `{PROGRAM} restore {run_id}` brings it back.")
    return DONE


def _only_run(reference: str) -> str:
    run_id = find_run(reference)
    same = runs_named(reference)
    if len(same) > 1 and run_id in [run.id for run in same]:
        listed = ", ".join(
            f"{run.id} ({age_text(time.time() - run.created)})" for run in same[:_MAX_LISTED]
        )
        more = ", …" if len(same) > _MAX_LISTED else ""
        raise InvalidInputError(
            f"{len(same)} runs are called '{clean_line(reference, limit=80)}': {listed}{more}; "
            "give the id."
        )
    return run_id


def restore(reference: str | None) -> int:
    """Bring a deleted run back, or list the deleted ones.

    Raises:
        InvalidInputError: none or several of that name were deleted.
    """
    trashed = {trashed_run(path): path for path in list_trash()}
    known = {
        run_id: parse_run(read_document(path / "run.json")) for run_id, path in trashed.items()
    }
    if reference is None:
        _write_trash(known)
        return DONE
    fitting = [run_id for run_id in trashed if run_id.startswith(reference)]
    if not fitting:
        fitting = [run_id for run_id, run in known.items() if run and run.name == reference]
    if reference in trashed:
        fitting = [reference]
    if len(fitting) != 1:
        found = ", ".join(fitting or trashed) or "none"
        shown = clean_line(reference, limit=80)
        raise InvalidInputError(
            f"'{shown}' must name one deleted run by its id, a unique start or a unique name. "
            f"Deleted: {found}."
        )
    restore_run(trashed[fitting[0]])
    say(f"restored {fitting[0]}.")
    return DONE


def _write_trash(known: Mapping[str, RunDocument | None]) -> None:
    if not known:
        say("no run was deleted.")
        return
    rows = [
        [
            clean_line(run_id),
            run.name if run else "",
            age_text(time.time() - run.created) if run else "",
            run.title if run else "",
        ]
        for run_id, run in known.items()
    ]
    console = out()
    heads = ["id", "name", "age", "title"]
    write(aligned(heads, rows, num_words=4, width=table_width(console), cut=[3, 1]), console)


def put_away(*, is_confirmed: bool) -> int:
    """List what no run needs and, where confirmed, put it away."""
    found = clean_up(dry_run=not is_confirmed)
    if not found:
        say("nothing to clean: every stage is named by a run, or is younger than an hour.")
        return DONE
    console = out()
    rows = [[item.path.name, item.reason, size_text(item.num_bytes)] for item in found]
    write(
        aligned(["folder", "why", "size"], rows, num_words=2, width=table_width(console)), console
    )
    say(_cleaned_sentence(found, is_confirmed=is_confirmed))
    return DONE


def _cleaned_sentence(found: Sequence[Cleaned], *, is_confirmed: bool) -> str:
    total = size_text(sum(item.num_bytes for item in found))
    if not is_confirmed:
        return f"{total} in all; nothing was moved yet: `{PROGRAM} clean --yes` does it."
    moved = [item.moved_to for item in found if item.moved_to]
    if not moved:
        return f"{total} removed."
    return f"{total} put away; the stages lie in {moved[0].parent} until you delete them there."


def size_text(num_bytes: float) -> str:
    """Return a size in B, kB, MB, GB or TB."""
    units = ["B", "kB", "MB", "GB", "TB"]
    while num_bytes >= _KILO and len(units) > 1:
        num_bytes /= _KILO
        units.pop(0)
    return f"{num_bytes:.3g} {units[0]}"
