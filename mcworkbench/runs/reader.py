"""Follow one events.jsonl while its writer may be alive.

Polling beats notification here: it works on network file systems and costs microseconds. The
file is opened anew at each poll, and bytes behind the last newline are read again next time,
because a writer on a full disk takes a fragment back.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, final

from mcworkbench.runs.codec import MAX_LINE_BYTES, Recorded, decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK_BYTES = 128 * 1024
_NEWLINE = b"\n"


@final
class Tail:
    """Reads what was appended since the last poll.

    Attributes:
        num_damaged: lines that could not be read so far.
        num_missing: events that the writer numbered but could not store.
        has_fragment: bytes without a newline follow the last whole line.
    """

    def __init__(self, path: Path) -> None:
        self.num_damaged = 0
        self.num_missing = 0
        self.has_fragment = False
        self._path = path
        self._offset = 0
        self._sequence = 0
        self._is_skipping = False

    def poll(self) -> list[Recorded]:
        """Return the events appended since the last call, oldest first."""
        return [recorded for batch in self.batches() for recorded in batch]

    def batches(self) -> Iterator[list[Recorded]]:
        """Yield the same in parts of at most 128 KiB of file each."""
        try:
            file = self._path.open("rb", buffering=0)
        except OSError:
            return
        with file:
            if os.fstat(file.fileno()).st_size == self._offset:
                self.has_fragment = False
                return
            while True:
                file.seek(self._offset)
                chunk = file.read(_CHUNK_BYTES)
                batch, num_bytes = self._read(chunk)
                self._offset += num_bytes
                self.has_fragment = self._is_skipping or num_bytes < len(chunk)
                if batch:
                    yield batch
                if len(chunk) < _CHUNK_BYTES:
                    return

    def _read(self, chunk: bytes) -> tuple[list[Recorded], int]:
        end = chunk.rfind(_NEWLINE) + 1
        if end == 0:
            # No line of ours is that long: pass over it without keeping it in memory.
            if len(chunk) > MAX_LINE_BYTES or (self._is_skipping and chunk):
                self._is_skipping = True
                return [], len(chunk)
            return [], 0
        lines = chunk[: end - 1].split(_NEWLINE)
        if self._is_skipping:
            self._is_skipping = False
            self.num_damaged += 1
            del lines[0]
        batch: list[Recorded] = []
        for line in lines:
            recorded = decode(line)
            if recorded is None:
                self.num_damaged += 1
                # A damaged line had a number too, so it isn't counted as missing as well.
                self._sequence += 1
                continue
            self.num_missing += max(0, recorded.sequence - self._sequence - 1)
            self._sequence = max(self._sequence, recorded.sequence)
            batch.append(recorded)
        return batch, end


def last_event(path: Path) -> Recorded | None:
    """Return the last whole event of a file without reading the rest, or None."""
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - 2 * MAX_LINE_BYTES))
            lines = file.read().split(_NEWLINE)
    except OSError:
        return None
    for line in reversed(lines[:-1]):
        recorded = decode(line)
        if recorded is not None:
            return recorded
    return None
