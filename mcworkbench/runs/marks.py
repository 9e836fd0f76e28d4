"""Marks of files, by which a change is noticed without reading them.

A file that is not there has no mark. One that cannot be looked at just now (a network file system
that hangs up, a permission taken away for a moment) is something else: that raises, so that whoever
asks can keep what was seen before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Time of change in nanoseconds, bytes and inode of a file; None where there is none.
Mark = tuple[int, int, int] | None


def mark_of(path: str) -> Mark:
    """Return the mark of a file or folder, None where there is none.

    Raises:
        OSError: the disk does not say.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - thousands a second; a Path costs twice as much
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def marks_of(paths: Iterable[str]) -> tuple[Mark, ...]:
    """Return the mark of every path, in their order.

    Raises:
        OSError: the disk does not say.
    """
    return tuple(map(mark_of, paths))


def newest_s(marks: Iterable[Mark]) -> float:
    """Return when the youngest of the files changed, Unix seconds; 0 without any."""
    return max((mark[0] for mark in marks if mark is not None), default=0) / 1e9


def check_readable(path: Path) -> None:
    """Return where a file can be read or is not there.

    Raises:
        OSError: something else stands in the way.
    """
    try:
        with path.open("rb") as file:
            file.read(1)
    except (FileNotFoundError, NotADirectoryError):
        return
