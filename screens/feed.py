"""What watches the disk for the app: one thread, which tells of changes by messages.

It keeps the list of runs at 1 Hz, pictures of watched runs at 4 Hz, the machine's load at 1 Hz,
and tells only what changed. A slow disk slows the feed, never the interface; whatever goes wrong
in one run's files is that run's problem. While the disk does not answer, what was told stays.
Whatever else goes wrong is told once, and the feed goes on.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, final

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.state import ACTIVE
from mcworkbench.runs.watching import RunWatch
from mcworkbench.screens.messages import (
    FeedFailed,
    MachineChanged,
    RunChanged,
    RunsChanged,
    RunVanished,
)
from mcworkbench.screens.pictures.gallery import Gallery
from mcworkbench.screens.pictures.load import MachineLook
from mcworkbench.screens.pictures.rows import problem_row, row_of
from mcworkbench.screens.troubles import Troubles
from mcworkbench.screens.wanted import Failure, Wanted
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.runs.index import RunLine
    from mcworkbench.screens.mailbox import Told
    from mcworkbench.screens.pictures.machine import MachinePicture
    from mcworkbench.screens.pictures.run_picture import RunPicture
    from mcworkbench.screens.pictures.run_row import RunRow

# The slot of the run that is open; others show a part of it.
OPENED = "opened"
_LIST_S = 1.0
_WATCH_S = 0.25
_STOP_S = 0.5
# A run that could not be shown is tried again after that long.
_AGAIN_S = 10.0
# A pause after each part of a long look, so that the interface gets its turn.
_REST_S = 0.002
# Runs in the list whose progress within stages is followed.
_MAX_LIVE = 16
# Their views are opened one after the other, lest the list stands still meanwhile.
_MAX_OPENED_AT_ONCE = 2


class _EndedError(Exception):
    """The feed ends."""


class _UnwantedError(Exception):
    """Nobody wants any more what is being read."""


@final
class Feed:
    """Looks at runs; `tell` gets a message for every change, from the feed's own thread."""

    def __init__(
        self,
        tell: Callable[[Told], object],
        *,
        clock_s: Callable[[], float] = time.monotonic,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        """Prepare to look; nothing is read before `start` or `tick`.

        Args:
            tell: gets every message; called in the thread that looks.
            clock_s: monotonic seconds.
            wall_s: Unix seconds, for ages.
        """
        self._tell = tell
        self._clock_s = clock_s
        self._watch = RunWatch(wall_s=wall_s, clock_s=clock_s)
        self._gallery = Gallery(clock_s=clock_s, wall_s=wall_s, breathe=self._breathe)
        self._machine = MachineLook()
        self._wanted = Wanted()
        self._troubles = Troubles(clock_s)
        self._told_rows: tuple[RunRow, ...] | None = None
        self._told_machine: MachinePicture | None = None
        self._rows: dict[str, tuple[RunLine, RunRow]] = {}
        self._live: set[str] = set()
        # Runs that could not be looked at, and when to try again.
        self._odd: dict[str, float] = {}
        self._reading = ""
        self._list_due_s = self._watch_due_s = -1.0
        self._looking = threading.Lock()
        self._is_stopped = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns within half a second."""
        self._is_stopped.set()
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_STOP_S)

    def watch(self, slot: str, run_id: str) -> None:
        """Make pictures of a run for a slot ("opened", "preview"); '' ends it."""
        self._wanted.watch(slot, run_id)
        self._wake.set()

    def poke(self) -> None:
        """Look at once, e.g. after a stop was asked for."""
        self._list_due_s = self._watch_due_s = -1.0
        self._wake.set()

    def tick(self) -> None:
        """Look once at everything, in the caller's thread."""
        with self._looking:
            self._try("the runs", self._look_at_list)
            self._try("the runs shown", self._look_at_due)
            self._try("the machine", self._look_at_machine)

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            self._wake.clear()
            try:
                with self._looking:
                    self._look()
            except _EndedError:
                return
            self._wake.wait(_WATCH_S)

    def _look(self) -> None:
        """Look at what is due."""
        if self._told_rows is None:
            self._try("the runs", self._look_at_list)
        now_s = self._clock_s()
        if now_s >= self._watch_due_s:
            self._watch_due_s = now_s + _WATCH_S
            self._try("the runs shown", self._look_at_due)
        else:
            self._try("the runs shown", self._look_at_new)
        if now_s >= self._list_due_s:
            self._list_due_s = now_s + _LIST_S
            self._try("the runs", self._look_at_list)
            self._try("the machine", self._look_at_machine)

    def _try(self, what: str, look: Callable[[], None]) -> None:
        """Look; a failure is told, and ends neither the other looks nor the next ones."""
        try:
            look()
        except _EndedError:
            raise
        except Exception as error:  # noqa: BLE001 - the interface must stay alive; the next may do
            text = f"looking at {what} failed ({type(error).__name__}: {error}); "
            self._fail((what, type(error)), f"{text}what is shown may be old.")

    def _fail(self, trouble: tuple[object, ...], text: str) -> None:
        if self._troubles.is_new(trouble):
            self._say(FeedFailed(clean_line(text)))

    def _fail_disk(self, error: OSError) -> str:
        reason = (error.strerror or type(error).__name__).lower()
        text = f"cannot look at the runs: {reason}; the list may be old."
        self._fail(("disk", reason), text)
        return text

    def _look_at_list(self) -> None:
        told_s = self._clock_s() if self._told_rows is not None else None
        for has_changed in self._watch.looks():
            # The first rows go out at once, the others of a long look now and then.
            if has_changed and (told_s is None or self._clock_s() - told_s >= _WATCH_S):
                told_s = self._clock_s()
                self._tell_rows()
            self._breathe()
            self._look_at_new()
        self._look_at_live()
        self._tell_rows()
        if self._watch.fault is not None:
            self._fail_disk(self._watch.fault)

    def _look_at_live(self) -> None:
        """Follow the newest active runs within their stages, and let go of others."""
        now_s = self._clock_s()
        self._odd = {run_id: due_s for run_id, due_s in self._odd.items() if due_s > now_s}
        active = [line.id for line in self._watch.lines if line.state in ACTIVE]
        live = [run_id for run_id in active if run_id not in self._odd][:_MAX_LIVE]
        self._live = {*live}
        self._gallery.keep({*live, *self._wanted.ids()})
        opened = [run_id for run_id in live if self._gallery.has(run_id)]
        new = [run_id for run_id in live if not self._gallery.has(run_id)]
        for run_id in (*opened, *new[:_MAX_OPENED_AT_ONCE]):
            self._attempt(run_id, self._gallery.refreshed)

    def _tell_rows(self) -> None:
        if not self._watch.has_listed:
            return
        lines = self._watch.lines
        self._rows = {line.id: (line, self._row(line)) for line in lines}
        problems = self._watch.problems.items()
        rows = (
            *(row for _, row in self._rows.values()),
            *(problem_row(run_id, text) for run_id, text in problems),
        )
        if rows != self._told_rows:
            self._told_rows = rows
            self._say(RunsChanged(rows))

    def _row(self, line: RunLine) -> RunRow:
        is_active = line.state in ACTIVE
        kept = self._rows.get(line.id)
        if not is_active and kept is not None and kept[0] is line:
            return kept[1]
        return row_of(line, self._gallery.opened(line.id) if is_active else None)

    def _look_at_due(self) -> None:
        """Make pictures of all watched runs, but of those that could not be shown just now."""
        for run_id in self._wanted.ids():
            has_failed = isinstance(self._wanted.answer(run_id), Failure)
            if not has_failed or self._odd.get(run_id, -1.0) <= self._clock_s():
                self._paint(run_id)

    def _look_at_new(self) -> None:
        """Make pictures of watched runs of which nothing was told yet."""
        for run_id in self._wanted.ids():
            if self._wanted.answer(run_id) is None:
                self._paint(run_id)

    def _paint(self, run_id: str) -> None:
        painted: list[RunPicture] = []
        failure = self._attempt(
            run_id,
            lambda run_id: painted.append(
                self._gallery.picture(run_id, is_open=self._wanted.is_in(OPENED, run_id))
            ),
        )
        for picture in painted:
            if self._wanted.is_news(run_id, picture):
                self._say(RunChanged(picture))
        if failure is not None and self._wanted.is_news(run_id, failure):
            self._say(RunVanished(run_id, failure.reason, failure.is_passing))

    def _attempt(self, run_id: str, look: Callable[[str], object]) -> Failure | None:
        """Look at a run; return why that failed, None where it was done or given up."""
        self._reading = run_id
        try:
            look(run_id)
        except _UnwantedError:
            return None
        except _EndedError:
            raise
        except WorkbenchError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - one odd run must not end the others
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                return Failure(self._fail_disk(error), is_passing=True)
            reason = f"run {run_id} cannot be shown ({type(error).__name__}: {error})"
        else:
            self._odd.pop(run_id, None)
            return None
        finally:
            self._reading = ""
        self._odd[run_id] = self._clock_s() + _AGAIN_S
        self._gallery.forget(run_id)
        return Failure(clean_line(reason), is_passing=False)

    def _look_at_machine(self) -> None:
        picture = self._machine.picture()
        if picture is not None and picture != self._told_machine:
            self._told_machine = picture
            self._say(MachineChanged(picture))

    def _breathe(self) -> None:
        """Let the interface have its turn; end what nobody wants any more."""
        if threading.current_thread() is not self._thread:
            return
        if self._is_stopped.is_set():
            raise _EndedError
        self._is_stopped.wait(_REST_S)
        if self._reading and self._reading not in {*self._wanted.ids(), *self._live}:
            raise _UnwantedError

    def _say(self, message: Told) -> None:
        try:
            self._tell(message)
        except RuntimeError:
            # The app is gone and its event loop with it.
            self._is_stopped.set()
