"""Where the feed leaves what it tells, until the app finds time for it.

However long the app is busy, at most one message waits in its queue, and of every thing only
the newest word is kept.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, final

from mcworkbench.screens.messages import (
    FeedFailed,
    FeedSpoke,
    MachineChanged,
    RunChanged,
    RunsChanged,
    RunVanished,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

Told = RunsChanged | RunChanged | RunVanished | MachineChanged | FeedFailed


@final
class Mailbox:
    """Filled by one thread, emptied by another."""

    def __init__(self, wake: Callable[[Message], object]) -> None:
        """Prepare an empty one; `wake` posts a message to who empties it, False if it cannot."""
        self._wake = wake
        self._guard = threading.Lock()
        self._kept: dict[tuple[str, str], Told] = {}
        self._is_awake = False

    def put(self, message: Told) -> None:
        """Leave a message; an older one about the same thing goes."""
        about = _about(message)
        with self._guard:
            self._kept.pop(about, None)
            self._kept[about] = message
            if self._is_awake:
                return
            self._is_awake = True
        if self._wake(FeedSpoke()) is False:
            with self._guard:
                self._is_awake = False

    def take(self) -> list[Told]:
        """Return what is there, in the order in which it came, and keep nothing of it."""
        with self._guard:
            kept, self._kept = self._kept, {}
            self._is_awake = False
        return list(kept.values())


def _about(message: Told) -> tuple[str, str]:
    match message:
        case RunChanged():
            return "run", message.picture.row.id
        case RunVanished():
            return "run", message.run_id
        case FeedFailed():
            return "failure", message.text
        case _:
            return type(message).__name__, ""
