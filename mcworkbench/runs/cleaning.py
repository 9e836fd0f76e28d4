"""Find and put away what no run needs: unnamed stages and leftovers of crashes.

Stages go to the trash, half-written temporary files and folders are deleted. Anything that a
live process may be about to use is left: locked stages, and whatever is younger than an hour.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import move_to_trash, remove_quietly, runs_root, stages_root
from mcworkbench.runs.documents import mapping
from mcworkbench.runs.index import run_ids
from mcworkbench.runs.locks import try_lock
from mcworkbench.runs.names import is_stage_key
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder, stage_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

MIN_AGE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One thing that was, or would be, put away.

    Attributes:
        path: where it is, or was.
        num_bytes: what it takes on disk, by file sizes.
        reason: why nobody needs it.
        moved_to: its place in the trash; None where it was deleted or only listed.
    """

    path: Path
    num_bytes: int
    reason: str
    moved_to: Path | None = None


def clean_up(*, dry_run: bool) -> list[Cleaned]:
    """List, and unless `dry_run` put away, what no run needs.

    Raises:
        WorkbenchError: a run can't be read, so nobody knows which stages it needs.
    """
    found = [_leftover(path, dry_run=dry_run) for path in _leftovers()]
    needed = _needed_keys()
    for folder in map(StageFolder, stage_keys()):
        if folder.key in needed or _age_s(folder.path) < MIN_AGE_S:
            continue
        cleaned = _unnamed(folder, dry_run=dry_run)
        if cleaned is not None:
            found.append(cleaned)
    return found


def _leftover(path: Path, *, dry_run: bool) -> Cleaned:
    cleaned = Cleaned(path, _num_bytes(path), "a crash left it half written")
    if not dry_run:
        if path.is_dir() and not path.is_symlink():
            remove_quietly(path)
        else:
            with contextlib.suppress(OSError):
                path.unlink()
    return cleaned


def _unnamed(folder: StageFolder, *, dry_run: bool) -> Cleaned | None:
    reason = "no run names it"
    if dry_run:
        if folder.is_locked():
            return None
        return Cleaned(folder.path, _num_bytes(folder.path), reason)
    lock = try_lock(folder.lock_path)
    if lock is None:
        return None
    with lock:
        num_bytes = _num_bytes(folder.path)
        return Cleaned(folder.path, num_bytes, reason, move_to_trash(folder.path))


def _needed_keys() -> set[str]:
    todo: list[str] = []
    for run_id in run_ids():
        document = RunFolder(run_id).document()
        if document is None:
            raise WorkbenchError(
                f"run {run_id}: its run.json cannot be read, so nobody knows which stages it "
                f"needs; repair it, or `mcworkbench delete {run_id}` first. Nothing was cleaned."
            )
        for node in document.nodes.values():
            todo += [node.key, *filter(is_stage_key, node.inputs.values())]
    needed: set[str] = set()
    while todo:
        key = todo.pop()
        if key not in needed:
            needed.add(key)
            inputs = mapping(StageFolder(key).document().get("inputs")).values()
            todo += [name for name in inputs if isinstance(name, str) and is_stage_key(name)]
    return needed


def _leftovers() -> Iterator[Path]:
    places = [runs_root(), stages_root(), *_entries(runs_root())]
    for folder in map(StageFolder, stage_keys()):
        if not folder.is_locked():
            parts = (folder.checkpoints, folder.snapshots, folder.artifacts)
            places += [folder.path, *parts, *(attempt.path for attempt in folder.attempts())]
    for place in places:
        for path in _entries(place):
            if _is_temporary(path.name) and _age_s(path) >= MIN_AGE_S:
                yield path


def _is_temporary(name: str) -> bool:
    return name.startswith(".tmp-") or (name.startswith(".") and name.endswith(".tmp"))


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat(follow_symlinks=False).st_mtime
    except OSError:
        return 0.0


def _num_bytes(path: Path) -> int:
    total = 0
    for part in [path, *path.rglob("*")]:
        with contextlib.suppress(OSError):
            if part.is_file() and not part.is_symlink():
                total += part.stat().st_size
    return total
