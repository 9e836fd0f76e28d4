"""The questions that actions on runs ask, in words: what would happen, and what would be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.runs.request import StopLevel
from mcworkbench.screens.dialogs.choice import Choice, ChoiceDialog
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.errors import WorkbenchError
    from mcworkbench.screens.pictures.run_row import RunRow

_MAX_NAME, _MAX_REASON = 40, 300
_MAX_LISTED = 5
_ID_END = 6
_LEVELS = {
    StopLevel.after: Choice(
        "a",
        "After this epoch or point",
        "Finishes what it is at; nothing is lost, R goes on there.",
    ),
    StopLevel.now: Choice(
        "n",
        "Now, with a checkpoint",
        "Saves within seconds; nothing is lost, R goes on there.",
    ),
    StopLevel.kill: Choice(
        "K",
        "Kill",
        "At once, without a checkpoint: work since the last one is lost.\n"
        "For a run that does not obey.",
        is_grave=True,
    ),
}
_ASKED = {
    StopLevel.after: "It stops after this epoch or point. Sooner?",
    StopLevel.now: "It is saving a checkpoint and stops then. Not wait for it?",
}


def shown_name(row: RunRow) -> str:
    """Return what a sentence calls a run: its name, shortened, else its id."""
    return clean_line(row.name or row.id, limit=_MAX_NAME)


def told_of(error: WorkbenchError, row: RunRow) -> str:
    """Return the sentence of an error with the run's name: commands call it by its id."""
    return str(error).replace(f"run {row.id}", shown_name(row))


def stop_dialog(name: str, asked: StopLevel | None) -> ChoiceDialog:
    """Ask how soon a run shall stop; where that was asked already, only what is harsher.

    The dialog returns the name of a stop level.
    """
    left = [level for level in _LEVELS if asked is None or level > asked]
    question = f"When shall {name} stop?" if not asked else f"{name} is stopping. {_ASKED[asked]}"
    return ChoiceDialog("Stop", question, {level.name: _LEVELS[level] for level in left})


def edit_dialog(name: str) -> ChoiceDialog:
    """Say that a run is done, and offer its preset."""
    return ChoiceDialog(
        "Done",
        f"{name} is done: nothing is left to resume.",
        {"e": Choice("e", "Edit its preset as a new run", "Stages that stay the same are reused.")},
    )


def useless_dialog(name: str, reason: str) -> ChoiceDialog:
    """Say that a run would fail the same way again, and offer its preset."""
    return ChoiceDialog(
        "Resume",
        f"{name} failed because of its settings; resuming would fail the same way.\n"
        f"{clean_line(reason, limit=_MAX_REASON)}",
        {
            "e": Choice(
                "e", "Edit its preset as a new run", "Stages that stay the same are reused."
            ),
            "r": Choice("r", "Resume it all the same"),
        },
    )


def told_apart(rows: Sequence[RunRow]) -> list[str]:
    """Return the name of each run; of equal names with what was changed, else the id's end."""
    names = [shown_name(row) for row in rows]
    changes = [clean_line(", ".join(row.changes), limit=_MAX_NAME) for row in rows]
    found: list[str] = []
    for row, name, changed in zip(rows, names, changes, strict=True):
        alike = [other for known, other in zip(names, changes, strict=True) if known == name]
        is_known = changed and alike.count(changed) == 1
        more = changed if is_known else f"…{clean_line(row.id[-_ID_END:])}"
        found.append(f"{name} ({more})" if len(alike) > 1 else name)
    return found


def delete_dialog(rows: Sequence[RunRow]) -> ChoiceDialog:
    """Ask whether runs may go to the trash."""
    names = told_apart(rows)[:_MAX_LISTED]
    more = f" and {len(rows) - _MAX_LISTED} more" if len(rows) > _MAX_LISTED else ""
    many, them = (f"these {len(rows)} runs", "them") if len(rows) > 1 else ("this run", "it")
    return ChoiceDialog(
        "Delete",
        f"Move {many} to the trash? {', '.join(names)}{more}",
        {
            "d": Choice("d", "Delete", f"u brings {them} back; trained networks stay as they are."),
            "c": Choice("c", "Cancel"),
        },
    )
