"""Which runs are watched, and what was told of each: asked for and answered in two threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from mcworkbench.screens.pictures.run_picture import RunPicture


class Failure(NamedTuple):
    """Why a run could not be looked at; a passing one is the disk's, not the run's."""

    reason: str
    is_passing: bool


@final
class Wanted:
    """Slots that hold a run each, and the last answer of every such run."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._slots: dict[str, str] = {}
        self._answers: dict[str, RunPicture | Failure] = {}

    def watch(self, slot: str, run_id: str) -> None:
        """Put a run into a slot; '' empties it."""
        with self._guard:
            if run_id:
                self._slots[slot] = run_id
                # Told again even if it was told before: who asks has nothing to show yet.
                self._answers.pop(run_id, None)
            else:
                self._slots.pop(slot, None)

    def ids(self) -> list[str]:
        """Return every run in a slot once, and forget what was told of others."""
        with self._guard:
            wanted = list(dict.fromkeys(self._slots.values()))
            for run_id in self._answers.keys() - {*wanted}:
                del self._answers[run_id]
            return wanted

    def is_in(self, slot: str, run_id: str) -> bool:
        """Return whether a run is in that slot."""
        with self._guard:
            return self._slots.get(slot) == run_id

    def answer(self, run_id: str) -> RunPicture | Failure | None:
        """Return what was told of a run since it was asked for, None before anything was."""
        with self._guard:
            return self._answers.get(run_id)

    def is_news(self, run_id: str, answer: RunPicture | Failure) -> bool:
        """Return whether this has to be told: somebody asked, and does not know it.

        A picture stays while the disk does not answer, and of one failure after another only the
        first is news.
        """
        with self._guard:
            if run_id not in self._slots.values():
                return False
            known = self._answers.get(run_id)
            if known is answer:
                return False
            if isinstance(answer, Failure) and known is not None:
                has_failed = isinstance(known, Failure) and not known.is_passing
                if answer.is_passing or has_failed:
                    return False
            self._answers[run_id] = answer
            return True
