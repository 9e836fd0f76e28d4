"""Where the workbench keeps its files, and the one way to publish one.

Nothing else in the package decides on a location. Publishing is write aside, check the
count, fsync, rename, fsync the folder: a reader sees the old file or the new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import Any

import platformdirs

from mcworkbench.errors import WorkbenchError

# What every process of ours sets: what it writes is for this user only.
PRIVATE_UMASK = 0o077
_APP = "mcworkbench"


def _root(kind: str, default: str) -> Path:
    home = os.environ.get("MCWORKBENCH_HOME")
    return Path(home).expanduser().resolve() / kind if home else Path(default)


def data_root() -> Path:
    """Return the folder of runs, stages, slots and trash."""
    return _root("data", platformdirs.user_data_dir(_APP))


def config_root() -> Path:
    """Return the folder of the user's presets and settings."""
    return _root("config", platformdirs.user_config_dir(_APP))


def cache_root() -> Path:
    """Return the folder of downloaded and decoded data sets; deletable at any time."""
    return _root("cache", platformdirs.user_cache_dir(_APP))


def runs_root() -> Path:
    """Return the folder that holds one folder per run."""
    return data_root() / "runs"


def stages_root() -> Path:
    """Return the folder that holds one folder per content-addressed stage."""
    return data_root() / "stages"


def trash_root() -> Path:
    """Return the folder where deleted runs and stages wait."""
    return data_root() / "trash"


def reports_root() -> Path:
    """Return the folder that holds one report per run, where nobody chose another place."""
    return data_root() / "reports"


def slots_root() -> Path:
    """Return the folder of device slot locks."""
    return data_root() / "slots"


def user_presets_root() -> Path:
    """Return the folder of presets that the user saved."""
    return config_root() / "presets"


def make_private(folder: Path) -> Path:
    """Create `folder`, and whatever above it is missing, for this user only and return it.

    Raises:
        WorkbenchError: it cannot be made, or others may write to it.
    """
    try:
        # `parents=True` would give the levels above the umask's mode.
        for level in reversed([folder, *folder.parents]):
            if not level.exists():
                level.mkdir(mode=0o700, exist_ok=True)
        mode = folder.stat().st_mode
    except OSError as error:
        raise storage_error(folder, error) from error
    if mode & stat.S_IWOTH:
        raise WorkbenchError(
            f"{folder}: anyone on this machine may write here; run `chmod 700` on it "
            "or set MCWORKBENCH_HOME to a folder of your own."
        )
    return folder


def storage_error(path: Path, error: OSError) -> WorkbenchError:
    """Return the sentence for a file that could not be written."""
    reason = error.strerror or type(error).__name__
    return WorkbenchError(
        f"{path}: cannot be written ({reason.lower()}); free space or change permissions, or set "
        "MCWORKBENCH_HOME to another folder. Nothing finished was lost."
    )


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file for this user only, every byte of it on the disk.

    Raises:
        OSError: it exists, or the disk is full; a part of it may be left behind.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish_bytes(path: Path, content: bytes) -> None:
    """Put `content` at `path`, whole or not at all, for this user only.

    Raises:
        WorkbenchError: the disk is full or the folder may not be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
    try:
        write_synced(aside, content)
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise storage_error(path, error) from error


def canonical_json(value: Any) -> bytes:
    """Return the one JSON text of `value`: sorted keys, no spaces, finite numbers only."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def finite_or_null(value: Any) -> Any:
    """Return a JSON value with None for every number that is not finite, as JSON has no such."""
    if isinstance(value, dict):
        return {key: finite_or_null(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite_or_null(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def publish_json(path: Path, value: Any) -> None:
    """Publish `value` as readable JSON, keys in their own order."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    publish_bytes(path, text.encode() + b"\n")


def read_json(path: Path) -> Any:
    """Return the JSON value at `path`, or None where the file is absent or damaged."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def publish_folder(source: Path, target: Path) -> None:
    """Rename a finished folder into place; every file in it must be synced already."""
    try:
        sync_folder(source)
        source.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise storage_error(target, error) from error


def scratch_folder(parent: Path) -> Path:
    """Return a new private folder inside `parent`, to be published or removed."""
    try:
        return Path(tempfile.mkdtemp(prefix=".tmp-", dir=parent))
    except OSError as error:
        raise storage_error(parent, error) from error


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def move_to_trash(folder: Path) -> Path:
    """Rename `folder` into the trash and return its new place; old trash is not touched."""
    make_private(trash_root())
    target = trash_root() / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns()}-{folder.name}"
    try:
        folder.rename(target)
    except OSError as error:
        raise storage_error(folder, error) from error
    return target


def remove_quietly(folder: Path) -> None:
    """Delete a folder that only we know of."""
    shutil.rmtree(folder, ignore_errors=True)
