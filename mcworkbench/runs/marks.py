"""Marks of files, by which a change is noticed without reading them.

A file that is not there has no mark. One that cannot be looked at just now (a network file system
that hangs up, a permission taken away for a moment) is something else: that raises, so that whoever
asks can keep what was seen before.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# A file this young may change again without its time showing it.
_FRESH_S = 3.0
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


@final
@dataclass(slots=True)
class Seen:
    """Marks of files, and since when they have been these, in monotonic seconds."""

    marks: tuple[Mark, ...] = ()
    since_s: float = 0.0


@final
class Ages:
    """Knows from which age on a file may be trusted to show any further change by its mark."""

    def __init__(self, wall_s: Callable[[], float], clock_s: Callable[[], float]) -> None:
        """Take times from `wall_s`, Unix seconds, and `clock_s`, monotonic ones."""
        self._wall_s = wall_s
        self._clock_s = clock_s

    def are_old(self, marks: tuple[Mark, ...], seen: Seen) -> bool:
        """Return whether all of these files are old enough.

        Where a time lies in the future, e.g. after the clock was set back, it counts how long
        the marks have been the same; `seen` remembers that from one look to the next.
        """
        newest_s = max((mark[0] for mark in marks if mark is not None), default=0) / 1e9
        age_s = self._wall_s() - newest_s
        if age_s >= 0:
            return age_s > _FRESH_S
        if marks != seen.marks:
            seen.marks, seen.since_s = marks, self._clock_s()
        return self._clock_s() - seen.since_s > _FRESH_S
