"""What watches the disk for the app: one thread, which tells of changes by messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message


@final
class Feed:
    """Looks at runs; `tell` gets a message for every change, from the feed's own thread."""

    def __init__(
        self,
        tell: Callable[[Message], object],
        *,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell = tell
        self._clock_s = clock_s

    def start(self) -> None:
        """Begin to look, in a thread of its own."""

    def stop(self) -> None:
        """End the thread; returns within half a second."""

    def watch(self, slot: str, run_id: str) -> None:
        """Make pictures of a run for a slot ("opened", "preview"); '' ends it."""

    def poke(self) -> None:
        """Look at once, e.g. after a stop was asked for."""

    def tick(self) -> None:
        """Look once, in the caller's thread."""
