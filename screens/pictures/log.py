"""The log of a run as lines: what its stages told, merged by time.

Within a stage its own order holds, whatever a clock that was set back says of it.
Progress and single points of paths are left out: plots and tables show them. Stages that were
done before the run started take one line each.
"""

from __future__ import annotations

import time
from itertools import accumulate
from typing import TYPE_CHECKING, final

from mcworkbench.screens.pictures.run_picture import LogLine
from mcworkbench.screens.pictures.told import Entry, Texts, asked, told

if TYPE_CHECKING:
    from mcworkbench.runs.views import RunView

MAX_LINES = 2000
# Where it belongs among other stages' entries, in seconds, and the entry.
Placed = tuple[float, Entry]
_TIME, _DAY = "%H:%M:%S", "%Y-%m-%d"


@final
class MergedLog:
    """Keeps the lines of every stage until the stage says something new."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[object, list[Placed]]] = {}
        self._texts: dict[str, Texts] = {}
        self._lines: tuple[LogLine, ...] = ()
        self._stamp: object = None

    def lines(self, run: RunView) -> tuple[LogLine, ...]:
        """Return the newest 2,000 lines, oldest first."""
        stamps: list[object] = [run.evidence, run.state, run.reason]
        every: list[Placed] = []
        for name, node in run.nodes.items():
            stamp = (node.view.version, node.state)
            if name not in self._entries or self._entries[name][0] != stamp:
                entries = told(node, run, self._texts.setdefault(name, {}))
                self._entries[name] = (stamp, _placed(entries))
            stamps.append(stamp)
            every += self._entries[name][1]
        every += _placed(asked(run))
        if stamps != self._stamp:
            self._stamp = stamps
            every.sort(key=lambda placed: placed[0])
            newest = [entry for _, entry in every[-MAX_LINES:]]
            self._lines = tuple(_dated(newest))[-MAX_LINES:]
        return self._lines


def _placed(entries: list[Entry]) -> list[Placed]:
    """Place every entry of one source no earlier than those before it."""
    places = accumulate((entry[0] for entry in entries), max)
    return list(zip(places, entries, strict=True))


def _dated(entries: list[Entry]) -> list[LogLine]:
    """Return lines, with the date where a new day begins."""
    found: list[LogLine] = []
    day = ""
    known: dict[int, tuple[str, str]] = {}
    for time_s, node, text, level in entries:
        second = int(time_s)
        if second not in known:
            local = time.localtime(second)
            known[second] = time.strftime(_DAY, local), time.strftime(_TIME, local)
        today, clock = known[second]
        if day and today != day:
            found.append(LogLine("00:00:00", "", today))
        day = today
        found.append(LogLine(clock, node, text, level))
    return found
