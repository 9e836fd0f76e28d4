"""Kernel locks: who holds one is alive, whatever its process id says.

`flock` belongs to the open file, so a descriptor passed to a child keeps the lock until both
are gone, and a killed process frees it at once, even as a zombie. The file's text names the
holder for people; it is believed only while the lock is held.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import time
from typing import TYPE_CHECKING, Self, final

from mcworkbench.folders import storage_error
from mcworkbench.runs.names import is_run_id

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_PATIENCE_S = 2.0
_PAUSE_S = 0.002
_MAX_HOLDER_BYTES = 200


@final
class Lock:
    """A held lock; `descriptor` may be passed to a child, which then holds it too."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def release(self) -> None:
        """Close our descriptor; the lock is free once every holder has."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def try_lock(path: Path, *, holder: str = "") -> Lock | None:
    """Return the lock at `path`, made if absent, or None where someone else has it.

    Args:
        path: the lock file; its folder exists.
        holder: the id of the run that takes it, for `lock_holder`; empty leaves the file alone.

    Raises:
        WorkbenchError: the file cannot be opened.
    """
    give_up_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise storage_error(path, error) from error
        if _take(descriptor, fcntl.LOCK_EX) and _is_at(descriptor, path):
            _sign(descriptor, holder)
            return Lock(descriptor)
        # Who only looks holds a shared lock for a moment; then another shared one is granted.
        is_held = not _take(descriptor, fcntl.LOCK_SH)
        os.close(descriptor)
        if is_held or time.monotonic() > give_up_s:
            return None
        time.sleep(random.uniform(0, _PAUSE_S))


def is_locked(path: Path) -> bool:
    """Return whether a live process holds the lock; about 20 microseconds, makes no file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        # Shared, so that two probes never take each other for a holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def lock_holder(path: Path) -> str:
    """Return the run id that the last taker wrote, or '' where there is none."""
    try:
        with path.open("rb") as file:
            name = file.read(_MAX_HOLDER_BYTES).decode()
    except (OSError, ValueError):
        return ""
    return name if is_run_id(name) else ""


def _take(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    # The folder may have been moved to the trash between opening and locking.
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat(follow_symlinks=False))
    except OSError:
        return False


def _sign(descriptor: int, holder: str) -> None:
    if holder:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, holder.encode(), 0)
