"""The one writer of an attempt's events.jsonl.

The worker opens it; nothing else writes to the file, ever. A line is on disk whole or not at
all: on a full disk `os.write` first returns a short count, and the fragment is cut off again.
Until space returns events wait in memory; measurements may be dropped, state events never.
Not safe for two threads.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mcworkbench.folders import storage_error
from mcworkbench.runs import events
from mcworkbench.runs.codec import STATE_EVENTS, Envelope, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_WAITING = 1000
RETRY_S = 5.0
SYNC_S = 1.0
_CLOSE_POLL_S = 0.2
_FLOOD = (events.Progress, events.Noted, events.Metric)
# macOS has no fdatasync.
_sync_data = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True, slots=True)
class _Line:
    content: bytes
    rank: int


# What a line is worth: the lowest goes first when memory is full.
_CHEAP, _MEASURED, _STATE = range(3)


def _rank(event: events.Event) -> int:
    if isinstance(event, STATE_EVENTS):
        return _STATE
    return _CHEAP if isinstance(event, _FLOOD) else _MEASURED


@final
class EventLog:
    """Appends events to a new file.

    Attributes:
        problem: a sentence while events can't be written, else None.
        num_dropped: measurements given up since the last warning about it.
    """

    def __init__(
        self,
        path: Path,
        attempt: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Create `path`.

        Raises:
            WorkbenchError: it exists already or cannot be made.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        try:
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise storage_error(path, error) from error
        self._path = path
        self._attempt = attempt
        self._clock, self._wall_clock = clock, wall_clock
        self._started_s = self._synced_s = clock()
        self._retry_s = self._started_s
        self._waiting: deque[_Line] = deque()
        self._sequence = self._offset = 0
        self._is_torn = self._is_dirty = False
        self.problem: str | None = None
        self.num_dropped = 0

    @property
    def num_waiting(self) -> int:
        """Return how many events are in memory only."""
        return len(self._waiting)

    def append(self, event: events.Event) -> None:
        """Write `event`, or keep it until it can be written; never raises for a full disk."""
        rank = _rank(event)
        self._queue(event, rank)
        self.tick()
        if rank == _STATE and not self._waiting:
            self._sync()

    def tick(self) -> None:
        """Retry and sync what is due; call it now and then while no events come."""
        now_s = self._clock()
        if self._waiting and now_s >= self._retry_s:
            self._flush(now_s)
        if self._is_dirty and now_s - self._synced_s >= SYNC_S:
            self._sync()

    def close(self, *, wait_s: float = 0.0) -> int:
        """Write what waits, for at most `wait_s` seconds, and return how many events were lost."""
        give_up_s = self._clock() + wait_s
        self._flush(self._clock())
        while self._waiting and self._clock() < give_up_s:
            time.sleep(_CLOSE_POLL_S)
            self._flush(self._clock())
        self._sync()
        os.close(self._descriptor)
        return len(self._waiting) + self.num_dropped

    def _queue(self, event: events.Event, rank: int) -> None:
        self._sequence += 1
        elapsed_s = self._clock() - self._started_s
        envelope = Envelope(self._attempt, self._sequence, self._wall_clock(), elapsed_s)
        self._waiting.append(_Line(encode(event, envelope), rank))
        if len(self._waiting) > MAX_WAITING:
            self._drop_one()

    def _drop_one(self) -> None:
        for rank in (_CHEAP, _MEASURED):
            for index, line in enumerate(self._waiting):
                if line.rank == rank:
                    del self._waiting[index]
                    self.num_dropped += 1
                    return

    def _flush(self, now_s: float) -> None:
        try:
            while self._waiting:
                self._write(self._waiting[0].content)
                self._waiting.popleft()
                if not self._waiting and self.num_dropped:
                    text = f"{self.num_dropped} measurements were lost: {self.problem}"
                    self.num_dropped = 0
                    self._queue(events.Warned(text), _MEASURED)
        except OSError as error:
            self._retry_s = now_s + RETRY_S
            self.problem = str(storage_error(self._path, error))
        else:
            self.problem = None

    def _write(self, content: bytes) -> None:
        if self._is_torn:
            # Until an old fragment is cut off nothing may be written behind it.
            os.ftruncate(self._descriptor, self._offset)
            self._is_torn = False
        try:
            num_written = os.write(self._descriptor, content)
        except OSError:
            self._cut()
            raise
        if num_written != len(content):
            self._cut()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._offset += num_written
        self._is_dirty = True

    def _cut(self) -> None:
        self._is_torn = True
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self._offset)
            self._is_torn = False

    def _sync(self) -> None:
        if not self._is_dirty:
            return
        self._synced_s = self._clock()
        try:
            _sync_data(self._descriptor)
        except OSError as error:
            self.problem = str(storage_error(self._path, error))
        else:
            self._is_dirty = False
