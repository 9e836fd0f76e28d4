"""A daemon thread for looks that take a moment: the latest question is answered, others dropped.

It never holds up the app's end, and what it finds comes back by a callback from its thread.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, final

from mcworkbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Callable


@final
class Looker:
    """Carries out one job at a time, each after a pause in which a newer one may replace it."""

    def __init__(self, report: Callable[[int, Any], object], *, pause_s: float) -> None:
        """Prepare; the thread begins with the first job.

        Args:
            report: gets a job's number and what it returned, or the WorkbenchError it raised.
            pause_s: how long to wait for a newer job before beginning.
        """
        self._report = report
        self._pause_s = pause_s
        self._changed = threading.Condition()
        self._job: Callable[[], Any] | None = None
        self._number = 0
        self._is_ended = False
        self._thread: threading.Thread | None = None

    def ask(self, job: Callable[[], Any]) -> int:
        """Carry a job out soon, in place of one that has not begun; return its number."""
        with self._changed:
            self._job = job
            self._number += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
            self._changed.notify()
            return self._number

    def end(self) -> None:
        """Begin no further job."""
        with self._changed:
            self._is_ended, self._job = True, None
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._job is None and not self._is_ended:
                    self._changed.wait()
                number, begins_s = -1, 0.0
                while self._job is not None:
                    if number != self._number:
                        number, begins_s = self._number, time.monotonic() + self._pause_s
                    left_s = begins_s - time.monotonic()
                    if left_s <= 0:
                        break
                    self._changed.wait(left_s)
                if self._is_ended or self._job is None:
                    return
                job, self._job = self._job, None
            try:
                found: Any = job()
            except WorkbenchError as error:
                found = error
            except Exception as error:  # noqa: BLE001 - a look must not end without an answer
                found = WorkbenchError(f"cannot look: {type(error).__name__}: {error}")
            # The app may have ended while this looked.
            with contextlib.suppress(RuntimeError):
                if not self._is_ended:
                    self._report(number, found)
