"""Publish and read folders of files that must be whole: checkpoints and snapshots.

Bytes in, bytes out: the worker turns tensors into bytes and back. Neither safetensors nor
`torch.save` notices a flipped bit, so every folder has a manifest of SHA-256 digests, and one
that does not verify is passed over for the one before.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import (
    canonical_json,
    make_private,
    publish_folder,
    remove_quietly,
    scratch_folder,
    storage_error,
    write_synced,
)
from mcworkbench.runs.documents import mapping, read_document
from mcworkbench.runs.names import check_file_name, is_file_name
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "manifest.json"
FORMAT = 1
MIN_KEPT = 2
_ASIDE = ".replaced-"
_NAME = re.compile(r"step-(\d+)\.a(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Published:
    """One folder as its name tells it; step and attempt are 0 where the name has none."""

    path: Path
    step: int
    attempt: int


def checkpoint_name(step: int, attempt: int) -> str:
    """Return the folder name of a resume checkpoint, e.g. step-00001200.a0003."""
    return f"step-{step:08}.a{attempt:04}"


def publish(folder: Path, files: Mapping[str, bytes]) -> int:
    """Put `files` and their manifest at `folder`, all or nothing, and return the bytes written.

    A folder that already holds exactly these files stays. One that holds others is replaced; a
    crash between the two renames leaves neither in place, and `recover` puts the old one back.

    Raises:
        WorkbenchError: the disk is full or may not be written; nothing is left behind.
    """
    assert files, "an empty checkpoint can't be told from a damaged one"
    assert MANIFEST not in files
    manifest = {
        "format": FORMAT,
        "files": {
            check_file_name(name): {"sha256": _digest(content), "bytes": len(content)}
            for name, content in files.items()
        },
    }
    make_private(folder.parent)
    if read_document(folder / MANIFEST) == manifest and problem(folder) is None:
        return 0
    scratch = scratch_folder(folder.parent)
    try:
        for name, content in files.items():
            _write(scratch / name, content)
        _write(scratch / MANIFEST, canonical_json(manifest))
        _make_room(folder)
        publish_folder(scratch, folder)
        remove_quietly(_aside(folder))
    except BaseException:
        remove_quietly(scratch)
        raise
    return sum(map(len, files.values()))


def problem(folder: Path) -> str | None:
    """Return why a published folder cannot be used, or None where every byte is right."""
    return _load(folder)[1]


def read(folder: Path) -> dict[str, bytes]:
    """Return the files of a published folder, the manifest left out.

    Raises:
        WorkbenchError: it is missing or damaged.
    """
    files, reason = _load(folder)
    if reason is not None:
        raise WorkbenchError(f"{folder}: {reason}; use an older checkpoint or run the stage again.")
    return files


def newest_valid(folder: Path) -> tuple[Path | None, list[tuple[str, str]]]:
    """Return the newest checkpoint inside `folder` that verifies, and what was passed over.

    Newest means of the newest attempt, then of the highest step: an attempt that had to fall
    back continues its own line. The second part lists (name, reason), newest first.
    """
    rejected: list[tuple[str, str]] = []
    for checkpoint in reversed(list_checkpoints(folder)):
        reason = problem(checkpoint.path)
        if reason is None:
            return checkpoint.path, rejected
        rejected.append((clean_line(checkpoint.path.name), reason))
    return None, rejected


def list_checkpoints(folder: Path) -> list[Published]:
    """Return the published folders inside `folder`, oldest first, damaged ones included."""
    paths = [path for path in _entries(folder) if is_file_name(path.name) and path.is_dir()]
    found = [_parse(path) for path in paths]
    return sorted(found, key=lambda one: (one.attempt, one.step, one.path.name))


def recover(folder: Path) -> None:
    """Put back what a crash left set aside inside `folder`; call it before a new attempt."""
    for aside in _entries(folder):
        if not aside.name.startswith(_ASIDE):
            continue
        target = folder / aside.name.removeprefix(_ASIDE)
        if target.exists():
            remove_quietly(aside)
        else:
            publish_folder(aside, target)


def keep_newest(folder: Path, num_kept: int) -> list[str]:
    """Delete older checkpoints inside `folder` and return their names.

    Only folders that look whole count towards `num_kept`, which is at least 2, so a damaged
    newest one never costs the last good one.
    """
    assert num_kept >= MIN_KEPT, num_kept
    removed: list[str] = []
    num_whole = 0
    for checkpoint in reversed(list_checkpoints(folder)):
        path = checkpoint.path
        if num_whole >= num_kept:
            _discard(path)
            removed.append(path.name)
        elif _looks_whole(path):
            num_whole += 1
    return removed


def _parse(path: Path) -> Published:
    found = _NAME.fullmatch(path.name)
    return Published(path, int(found[1]), int(found[2])) if found else Published(path, 0, 0)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _aside(folder: Path) -> Path:
    return folder.with_name(_ASIDE + folder.name)


def _make_room(folder: Path) -> None:
    if not folder.exists():
        return
    remove_quietly(_aside(folder))
    try:
        folder.rename(_aside(folder))
    except OSError as error:
        raise storage_error(folder, error) from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    try:
        write_synced(path, content)
    except OSError as error:
        raise storage_error(path, error) from error


def _discard(folder: Path) -> None:
    # Renamed first: a half-deleted folder must not look like a damaged checkpoint.
    aside = scratch_folder(folder.parent)
    try:
        folder.rename(aside)
    except OSError as error:
        remove_quietly(aside)
        raise storage_error(folder, error) from error
    remove_quietly(aside)


def _manifest(folder: Path) -> tuple[dict[str, dict[str, object]], str | None]:
    path = folder / MANIFEST
    if not path.is_file():
        return {}, f"{MANIFEST} is missing"
    manifest = read_document(path)
    files = {name: mapping(record) for name, record in mapping(manifest.get("files")).items()}
    if manifest.get("format") != FORMAT or not files or not all(map(is_file_name, files)):
        return {}, f"{MANIFEST} is damaged"
    return files, None


def _looks_whole(folder: Path) -> bool:
    files, reason = _manifest(folder)
    try:
        return reason is None and all(
            (folder / name).stat().st_size == record.get("bytes") for name, record in files.items()
        )
    except OSError:
        return False


def _load(folder: Path) -> tuple[dict[str, bytes], str | None]:
    recorded, reason = _manifest(folder)
    files: dict[str, bytes] = {}
    for name, record in recorded.items():
        try:
            num_bytes = (folder / name).stat(follow_symlinks=False).st_size
            if num_bytes != record.get("bytes"):
                return {}, f"{name} has {num_bytes:,} bytes, not {record.get('bytes')}"
            files[name] = (folder / name).read_bytes()
        except OSError as error:
            return {}, f"{name}: {(error.strerror or 'unreadable').lower()}"
        if _digest(files[name]) != record.get("sha256"):
            return {}, f"{name} does not match its SHA-256"
    return files, reason
