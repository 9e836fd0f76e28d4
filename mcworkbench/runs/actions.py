"""Everything that changes runs and stages on a user's behalf: make, stop, delete, restore.

Called by the command line, the screens and plans. Nothing is deleted here: runs and stages go
to the trash. Cleaning is in cleaning.py.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mcworkbench import __version__
from mcworkbench.errors import InvalidInputError, WorkbenchError
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
from mcworkbench.runs.cleaning import Cleaned, clean_up
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
    "clean_up",
    "create_run",
    "create_stage",
    "delete_run",
    "list_trash",
    "request_stop",
    "restore_run",
    "trashed_run",
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
    stage is done the newest plan's document holds, unless another run is at work by the old;
    snapshots that an older plan waits for are still kept. What is done is left as it is,
    whichever version of the workbench made it.

    Raises:
        WorkbenchError: it cannot be written, or another version of the workbench began it.
    """
    assert document.get("key") == key, document.get("key")
    folder = StageFolder(key)
    folder.make()
    old = folder.document()
    if old == document or (old and folder.is_finished()):
        return folder
    if old:
        assert _nature(old) == _nature(document), f"two kinds of stage have the key {key}"
        _check_version(old, document)
        if folder.is_locked():
            return folder
    publish_json(folder.document_path, {**_with_kept(document, old), **_first(old)})
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
    folder = RunFolder(trashed_run(known[name]))
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
        path for path in paths if is_run_id(trashed_run(path)) and (path / "run.json").is_file()
    ]


def trashed_run(path: Path) -> str:
    """Return the id of the run in a folder of the trash, '' where its name has none."""
    parts = path.name.split("-", _NUM_TRASH_PARTS - 1)
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
    return document.get("kind"), roles


def _check_version(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    # Today's code would put its own numbers under the key of another version's.
    if old.get("version") != new.get("version"):
        raise WorkbenchError(
            f"stage {str(new['key'])[:12]} was begun by another version of the workbench, whose "
            "numbers differ; run the preset that made it again, in place of referring to it."
        )


def _with_kept(document: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Return `document`, also keeping the snapshots of `old`: another run may wait for them."""
    options = mapping(document.get("options"))
    wanted = _keep_words(options)
    missing = [word for word in _keep_words(mapping(old.get("options"))) if word not in wanted]
    if not missing:
        return dict(document)
    return {**document, "options": {**options, "keep": ", ".join([*wanted, *missing])}}


def _keep_words(options: Mapping[str, Any]) -> list[str]:
    keep = options.get("keep")
    words = keep.split(",") if isinstance(keep, str) else []
    return [word.strip() for word in words if word.strip()]


def _first(old: Mapping[str, Any]) -> dict[str, Any]:
    return {name: old[name] for name in ("made_by", "created") if name in old}
