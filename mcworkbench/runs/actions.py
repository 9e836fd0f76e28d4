"""Everything that changes runs and stages on a user's behalf: make, stop, delete, restore.

Called by the command line, the screens and plans. Nothing is deleted here: runs and stages go
to the trash. Cleaning is in cleaning.py.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mcworkbench import __version__
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import (
    make_private,
    move_to_trash,
    publish_bytes,
    publish_folder,
    publish_json,
    remove_quietly,
    runs_root,
    scratch_folder,
    trash_root,
)
from mcworkbench.runs.cleaning import Cleaned, clean
from mcworkbench.runs.documents import mapping
from mcworkbench.runs.locks import try_lock
from mcworkbench.runs.names import is_run_id, new_run_id
from mcworkbench.runs.request import StopLevel, StopRequest, write_request
from mcworkbench.runs.run_folder import FORMAT, RunFolder, parse_run
from mcworkbench.runs.stage_folder import StageFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "Cleaned",
    "StopLevel",
    "clean",
    "create_run",
    "create_stage",
    "delete_run",
    "list_trash",
    "request_stop",
    "restore_run",
]
_NUM_TRASH_PARTS = 4


def create_run(document: Mapping[str, Any], preset: str) -> RunFolder:
    """Make a new run folder, whole or not at all, and return it.

    Args:
        document: run.json without format, id, created and version, which are added here.
        preset: the text of preset.toml.

    Raises:
        WorkbenchError: it cannot be written.
    """
    make_private(runs_root())
    folder = RunFolder(new_run_id(str(document["kind"])))
    full = {
        "version": __version__,
        **document,
        "format": FORMAT,
        "id": folder.id,
        "created": time.time(),
    }
    assert parse_run(full) is not None, "a run names nodes, each with the key of its stage"
    scratch = scratch_folder(runs_root())
    try:
        publish_bytes(scratch / folder.preset_path.name, preset.encode())
        publish_json(scratch / folder.document_path.name, full)
        # Renaming onto another run's folder fails, since that is never empty.
        publish_folder(scratch, folder.path)
    except BaseException:
        remove_quietly(scratch)
        raise
    return folder


def create_stage(key: str, document: Mapping[str, Any]) -> StageFolder:
    """Make the folder of a stage, or find it made, and return it.

    The key fixes the product, not the document: cadence, the batch size of an evaluation, the
    place of a data set and which stage keeps a snapshot may differ between plans. Until the
    stage is done the newest plan's document holds, unless another run is at work by the old.

    Raises:
        WorkbenchError: it cannot be written.
    """
    assert document.get("key") == key, document.get("key")
    folder = StageFolder(key)
    folder.make()
    old = folder.document()
    assert not old or _nature(old) == _nature(document), f"two kinds of stage have the key {key}"
    if old == document or (old and (folder.is_locked() or _is_done(folder))):
        return folder
    publish_json(folder.document_path, {**document, **_first(old)})
    return folder


def request_stop(run_id: str, level: StopLevel, *, by: str = "user") -> bool:
    """Ask a run to stop, and return whether anyone is there to hear it.

    Asking again changes nothing, except that a more urgent level replaces a milder one.

    Raises:
        InvalidInputError: there is no such run.
        WorkbenchError: the request cannot be written.
    """
    assert level > StopLevel.none
    folder = _existing(run_id)
    is_heard = folder.is_supervised() or _has_own_worker(folder)
    old = folder.request()
    if level > old.level:
        write_request(folder.path, StopRequest(level, old.sequence + 1, by, time.time()))
    return is_heard


def delete_run(run_id: str) -> Path:
    """Move a run's folder to the trash and return its new place; its stages stay.

    Raises:
        InvalidInputError: there is no such run, or it is running.
    """
    folder = _existing(run_id)
    had_lock_file = folder.lock_path.exists()
    # Held while moving, so that nobody resumes the run meanwhile; it has no holder's name, so a
    # run that never started still looks so after it is restored.
    lock = try_lock(folder.lock_path)
    if lock is None:
        raise InvalidInputError(
            f"run {run_id} is running; stop it first: `mcworkbench stop {run_id}`."
        )
    with lock:
        place = move_to_trash(folder.path)
        if not had_lock_file:
            (place / folder.lock_path.name).unlink(missing_ok=True)
    return place


def restore_run(trashed: Path | str) -> str:
    """Move a run back from the trash and return its id.

    Args:
        trashed: what `delete_run` returned, or the last part of it.

    Raises:
        InvalidInputError: it is not a run in the trash, or a run with its id exists.
    """
    name = trashed if isinstance(trashed, str) else trashed.name
    known = {path.name: path for path in list_trash()}
    if name not in known:
        raise InvalidInputError(f"no deleted run lies in the trash as '{name!a}'.")
    folder = RunFolder(_id_in_trash(name))
    if folder.path.exists():
        raise InvalidInputError(f"run {folder.id} exists; delete it before restoring another.")
    make_private(runs_root())
    publish_folder(known[name], folder.path)
    return folder.id


def list_trash() -> list[Path]:
    """Return the deleted runs in the trash, oldest first."""
    try:
        paths = sorted(trash_root().iterdir())
    except OSError:
        return []
    return [
        path
        for path in paths
        if is_run_id(_id_in_trash(path.name)) and (path / "run.json").is_file()
    ]


def _id_in_trash(name: str) -> str:
    parts = name.split("-", _NUM_TRASH_PARTS - 1)
    return parts[-1] if len(parts) == _NUM_TRASH_PARTS else ""


def _existing(run_id: str) -> RunFolder:
    folder = RunFolder(run_id)
    if not folder.path.is_dir():
        raise InvalidInputError(f"there is no run {run_id}; `mcworkbench list` shows them all.")
    return folder


def _has_own_worker(folder: RunFolder) -> bool:
    document = folder.document()
    stages = [StageFolder(node.key) for node in document.nodes.values()] if document else []
    return any(stage.is_locked() and stage.holder() == folder.id for stage in stages)


def _nature(document: Mapping[str, Any]) -> tuple[Any, ...]:
    roles = sorted(mapping(document.get("inputs")))
    return document.get("kind"), document.get("version"), roles


def _first(old: Mapping[str, Any]) -> dict[str, Any]:
    return {name: old[name] for name in ("made_by", "created") if name in old}


def _is_done(folder: StageFolder) -> bool:
    result = folder.result()
    return result is not None and folder.artifact_problem(result) is None
