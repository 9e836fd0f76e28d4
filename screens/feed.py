"""What watches the disk for the app: one thread, which tells of changes by messages.

It keeps the list of runs at 1 Hz, pictures of watched runs at 4 Hz, the machine's load at 1 Hz,
and tells only what changed. A slow disk slows the feed, never the interface; whatever goes wrong
in one run's files is that run's problem.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, final

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.state import ACTIVE
from mcworkbench.runs.watching import RunWatch
from mcworkbench.screens.messages import MachineChanged, RunChanged, RunsChanged, RunVanished
from mcworkbench.screens.pictures.gallery import Gallery
from mcworkbench.screens.pictures.load import MachineLook
from mcworkbench.screens.pictures.rows import problem_row, row_of
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from mcworkbench.runs.index import RunLine
    from mcworkbench.screens.pictures.machine import MachinePicture
    from mcworkbench.screens.pictures.run_picture import RunPicture
    from mcworkbench.screens.pictures.run_row import RunRow

_LIST_S = 1.0
_WATCH_S = 0.25
_STOP_S = 0.5
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
        tell: Callable[[Message], object],
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
        self._watch = RunWatch(wall_s=wall_s)
        self._gallery = Gallery(clock_s=clock_s, wall_s=wall_s, breathe=self._breathe)
        self._machine = MachineLook()
        self._guard = threading.Lock()
        self._slots: dict[str, str] = {}
        self._told: dict[str, RunPicture | None] = {}
        self._told_rows: tuple[RunRow, ...] | None = None
        self._told_machine: MachinePicture | None = None
        self._rows: dict[str, tuple[RunLine, RunRow]] = {}
        self._live: set[str] = set()
        self._odd: set[str] = set()
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
        with self._guard:
            if run_id:
                self._slots[slot] = run_id
                # Told again even if it was told before: who asks has nothing to show yet.
                self._told.pop(run_id, None)
            else:
                self._slots.pop(slot, None)
        self._wake.set()

    def poke(self) -> None:
        """Look at once, e.g. after a stop was asked for."""
        self._list_due_s = self._watch_due_s = -1.0
        self._wake.set()

    def tick(self) -> None:
        """Look once at everything, in the caller's thread."""
        with self._looking:
            self._look_at_list()
            self._look_at_watched(is_due=True)
            self._look_at_machine()

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            self._wake.clear()
            try:
                with self._looking:
                    self._look()
            except _EndedError:
                return
            except Exception:  # noqa: BLE001 - the interface must stay alive; the next look may do
                self._is_stopped.wait(_LIST_S)
            self._wake.wait(_WATCH_S)

    def _look(self) -> None:
        """Look at what is due."""
        if self._told_rows is None:
            self._look_at_list()
        now_s = self._clock_s()
        is_due = now_s >= self._watch_due_s
        if is_due:
            self._watch_due_s = now_s + _WATCH_S
        self._look_at_watched(is_due=is_due)
        if now_s >= self._list_due_s:
            self._list_due_s = now_s + _LIST_S
            self._look_at_list()
            self._look_at_machine()

    def _look_at_list(self) -> None:
        told_s = self._clock_s() if self._told_rows is not None else None
        for has_changed in self._watch.looks():
            # The first rows go out at once, the others of a long look now and then.
            if has_changed and (told_s is None or self._clock_s() - told_s >= _WATCH_S):
                told_s = self._clock_s()
                self._tell_rows()
            self._breathe()
            self._look_at_watched(is_due=False)
        self._look_at_live()
        self._tell_rows()

    def _look_at_live(self) -> None:
        """Follow the newest active runs within their stages, and let go of others."""
        active = [line.id for line in self._watch.lines if line.state in ACTIVE]
        live = [run_id for run_id in active if run_id not in self._odd][:_MAX_LIVE]
        self._live = {*live}
        self._gallery.keep({*live, *self._wanted()})
        opened = [run_id for run_id in live if self._gallery.has(run_id)]
        new = [run_id for run_id in live if not self._gallery.has(run_id)]
        for run_id in (*opened, *new[:_MAX_OPENED_AT_ONCE]):
            if self._reason_against(run_id, self._gallery.refreshed):
                self._odd.add(run_id)

    def _tell_rows(self) -> None:
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

    def _look_at_watched(self, *, is_due: bool) -> None:
        """Make pictures of watched runs: of all where that is due, else of those never told."""
        for run_id in self._wanted():
            if not is_due and run_id in self._told:
                continue
            if run_id in self._told and self._told[run_id] is None:
                continue
            self._paint(run_id)

    def _paint(self, run_id: str) -> None:
        pictures: list[RunPicture] = []
        reason = self._reason_against(
            run_id, lambda run_id: pictures.append(self._gallery.picture(run_id))
        )
        with self._guard:
            if run_id not in self._slots.values():
                return
            last = self._told.get(run_id)
            if reason:
                self._told[run_id] = None
            elif pictures:
                self._told[run_id] = pictures[0]
        if reason:
            self._say(RunVanished(run_id, reason))
        elif pictures and pictures[0] is not last:
            self._say(RunChanged(pictures[0]))

    def _reason_against(self, run_id: str, look: Callable[[str], object]) -> str:
        """Look at a run; return why that is impossible, '' where it was done or given up."""
        self._reading = run_id
        try:
            look(run_id)
        except _UnwantedError:
            return ""
        except _EndedError:
            raise
        except WorkbenchError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - one odd run must not end the others
            reason = f"run {run_id} cannot be shown ({type(error).__name__}: {error})"
        else:
            return ""
        finally:
            self._reading = ""
        self._gallery.forget(run_id)
        return clean_line(reason)

    def _look_at_machine(self) -> None:
        picture = self._machine.picture()
        if picture is not None and picture != self._told_machine:
            self._told_machine = picture
            self._say(MachineChanged(picture))

    def _wanted(self) -> list[str]:
        with self._guard:
            wanted = list(dict.fromkeys(self._slots.values()))
            for run_id in self._told.keys() - {*wanted}:
                del self._told[run_id]
            return wanted

    def _breathe(self) -> None:
        """Let the interface have its turn; end what nobody wants any more."""
        if threading.current_thread() is not self._thread:
            return
        if self._is_stopped.is_set():
            raise _EndedError
        self._is_stopped.wait(_REST_S)
        if self._reading and self._reading not in {*self._wanted(), *self._live}:
            raise _UnwantedError

    def _say(self, message: Message) -> None:
        try:
            self._tell(message)
        except RuntimeError:
            # The app is gone and its event loop with it.
            self._is_stopped.set()
