"""`stop`, `delete`, `restore` and `clean`: what changes runs, always with a way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.cli.consoles import aligned, out, say, table_width, write
from mcworkbench.cli.exits import DONE, PROGRAM
from mcworkbench.errors import InvalidInputError
from mcworkbench.runs.actions import (
    Cleaned,
    StopLevel,
    clean_up,
    delete_run,
    list_trash,
    request_stop,
    restore_run,
    trashed_run,
)
from mcworkbench.runs.index import find_run
from mcworkbench.runs.state import State
from mcworkbench.runs.views import RunView
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDED = (State.done, State.failed, State.stopped, State.lost)
_STOPPING = {
    StopLevel.after: "stops after this epoch or point",
    StopLevel.now: "stops now, with a checkpoint",
    StopLevel.kill: "is killed; work since the last checkpoint is lost",
}
_KILO = 1000


def stop(reference: str, level: StopLevel) -> int:
    """Ask a run to stop; returns at once.

    Raises:
        InvalidInputError: there is no such run, or it does not run.
    """
    run_id = find_run(reference)
    run = RunView(run_id)
    if run.state in _ENDED or not request_stop(run_id, level, by="stop"):
        raise InvalidInputError(f"run {run_id} is not running: it is {run.state}.")
    say(f"run {run_id} {_STOPPING[level]}; `{PROGRAM} resume {run_id}` goes on.")
    return DONE


def delete(references: Sequence[str]) -> int:
    """Move runs to the trash; their stages stay until `clean`."""
    for run_id in dict.fromkeys(find_run(reference) for reference in references):
        delete_run(run_id)
        say(f"deleted {run_id}; `{PROGRAM} restore {run_id}` brings it back.")
    return DONE


def restore(reference: str | None) -> int:
    """Bring a deleted run back, or list the deleted ones.

    Raises:
        InvalidInputError: none or several of that name were deleted.
    """
    trashed = {trashed_run(path): path for path in list_trash()}
    if reference is None:
        write([clean_line(run_id) for run_id in trashed])
        return DONE
    fitting = [run_id for run_id in trashed if run_id.startswith(reference)]
    if reference in trashed:
        fitting = [reference]
    if len(fitting) != 1:
        found = ", ".join(fitting or trashed) or "none"
        shown = clean_line(reference, limit=80)
        raise InvalidInputError(
            f"'{shown}' must name one deleted run by its id or a unique start. Deleted: {found}."
        )
    restore_run(trashed[fitting[0]])
    say(f"restored {fitting[0]}.")
    return DONE


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
