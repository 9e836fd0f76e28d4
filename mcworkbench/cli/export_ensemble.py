"""`export` of an ensemble: every member to a file of its own, or one member to one file.

Names say how files are used elsewhere: base_model_0.pt, … (a state dict each, counted from 0), or
the member's own name, fge-2.pt (the reference's {epoch, model_state, optimizer_state}).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcworkbench.cli.consoles import say, write
from mcworkbench.cli.exits import DONE
from mcworkbench.cli.export_child import write_files
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import storage_error
from mcworkbench.runs.members import read_members, snapshot_name
from mcworkbench.runs.state import State
from mcworkbench.text import PROGRAM, clean_line

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.cli.export_child import Format
    from mcworkbench.runs.members import MemberRow
    from mcworkbench.runs.views import NodeView, RunView

BASE_MODEL = "base_model"
_MEMBER = re.compile(r"member-([1-9]\d*)", re.ASCII)
_ENDINGS: dict[str, Format] = {".safetensors": "safetensors", ".pt": "pt", ".pth": "pt"}


def is_ensemble(node: NodeView) -> bool:
    """Return whether a node made members whose networks are kept."""
    return node.kind in ("fge", "snapshot", "swag")


def export_ensemble(
    run: RunView,
    node: NodeView,
    member: str,
    *,
    form: Format | None,
    target: Path,
    names: str,
    is_forced: bool,
) -> int:
    """Write all members of an ensemble into a folder, or one member to a file.

    Args:
        run: the run.
        node: the stage whose members are written.
        member: 'member-2' for one, '' for all.
        form: 'pt' or 'safetensors'; absent: as the file's name ends, and pt for a folder.
        target: the folder, made where it does not exist; or the file.
        names: BASE_MODEL, or how members themselves are called.
        is_forced: replace existing files.

    Raises:
        InvalidInputError: there is no such member, no network was kept, or a file exists.
        WorkbenchError: a file could not be written.
    """
    where = f"{run.id}/{node.name}"
    if node.state is not State.done:
        raise InvalidInputError(
            f"{where} is {node.state}, not done; `{PROGRAM} resume {run.id}` it."
        )
    if form == "npz":
        raise InvalidInputError(f"--format npz is for evaluations, which {node.name} is not.")
    rows = _kept(node)
    if not rows:
        raise InvalidInputError(f"{where} keeps no networks, only their predictions.")
    if member:
        rows = [_chosen(rows, member, where)]
        files = [target]
        form = form or _ENDINGS.get(target.suffix.lower(), "safetensors")
    else:
        form = form or "pt"
        files = [target / _name(row, names, form) for row in rows]
        _make(target)
    _refuse_existing(files, is_forced=is_forced)
    # The reference's scripts want epoch and optimiser beside the values; the study's do not.
    as_file = "checkpoint" if form == "pt" and not member and names != BASE_MODEL else form
    jobs = [
        {
            "run": run.id,
            "node": node.name,
            "product": str(node.view.artifacts),
            "place": snapshot_name(row.index),
            "t": None,
            "epoch": row.epoch,
            "format": as_file,
            "target": str(file.absolute()),
        }
        for row, file in zip(rows, files, strict=True)
    ]
    for line in write_files(run.id, jobs):
        say(line)
    write([str(file) for file in files])
    return DONE


def _kept(node: NodeView) -> list[MemberRow]:
    members = read_members(node.view.artifacts)
    snapshots = node.view.folder.snapshots
    rows = members.members if members is not None else ()
    return [row for row in rows if (snapshots / snapshot_name(row.index)).is_dir()]


def _chosen(rows: list[MemberRow], member: str, where: str) -> MemberRow:
    match = _MEMBER.fullmatch(member)
    found = [row for row in rows if match is not None and row.index == int(match[1])]
    if not found:
        raise InvalidInputError(
            f"{where} has no '@{clean_line(member)}'; it has member-{rows[0].index} to "
            f"member-{rows[-1].index}."
        )
    return found[0]


def _name(row: MemberRow, names: str, form: Format) -> str:
    stem = f"{BASE_MODEL}_{row.index - 1}" if names == BASE_MODEL else row.name
    return f"{stem}.{form}"


def _make(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InvalidInputError(
            f"{clean_line(str(folder))} is a file; all members go into a folder, one member "
            "(RUN/NODE@member-1) into a file."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(folder, error) from error


def _refuse_existing(files: list[Path], *, is_forced: bool) -> None:
    for file in files:
        if file.exists() and (file.is_dir() or not is_forced):
            hint = "" if file.is_dir() else " or add --force to replace it"
            shown = clean_line(str(file))
            raise InvalidInputError(f"{shown} exists; choose another --out{hint}.")
        if not file.absolute().parent.is_dir():
            raise InvalidInputError(
                f"{clean_line(str(file))}: there is no such folder to write in."
            )
