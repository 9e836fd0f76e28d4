"""The live view of a run in a terminal: painted in place on stderr, as wide as there is room.

A frame replaces the one before it in a single write, so nothing flickers; where the size of
the terminal changes the screen is begun anew. Leaving it shows the cursor again, whatever
happened.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self, final

from rich.text import Text

from mcworkbench.cli.consoles import has_unicode
from mcworkbench.cli.live_plot import LivePlot
from mcworkbench.cli.stage_lines import name_width, stage_line
from mcworkbench.executors.devices import list_devices
from mcworkbench.reports.durations import clock
from mcworkbench.reports.stage_text import in_order
from mcworkbench.runs.state import ACTIVE, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from mcworkbench.runs.views import NodeView, RunView

_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
# Terminals that know it show a frame at once; others ignore it.
_BEGIN_FRAME, _END_FRAME = "\x1b[?2026h", "\x1b[?2026l"
_CLEAR_LINE_END, _CLEAR_BELOW, _CLEAR_SCREEN = "\x1b[K", "\x1b[J", "\x1b[H\x1b[2J"
_MAX_WIDTH = 140
_MIN_PLOT, _MAX_PLOT = 7, 16
_CHROME = 6
_SETTLED = (State.done, State.waiting, State.queued)


@final
class TerminalView:
    """Shows one run until it is closed."""

    def __init__(self, console: Console, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock_s = clock_s
        self._began_s = clock_s()
        self._painted: list[str] = []
        self._size = (0, 0)
        self._device = ""
        self._plot = LivePlot()

    def __enter__(self) -> Self:
        self._console.file.write(_HIDE_CURSOR)
        return self

    def __exit__(self, *_: object) -> None:
        self._console.file.write(_SHOW_CURSOR)
        self._console.file.flush()

    def update(self, run: RunView, notice: str) -> None:
        """Show the run as it is; `notice` stands in the last line."""
        size = self._console.size
        # The last column stays free: a full line would wrap before its end is cleared.
        width = min(_MAX_WIDTH, size.width - 1)
        self._paint(self._frame(run, notice, width, size.height - 1), (size.width, size.height))

    def finish(self, run: RunView) -> None:
        """Leave the stages on the screen, without plot."""
        size = self._console.size
        width = min(_MAX_WIDTH, size.width - 1)
        stages = self._stages(run, width, len(run.nodes))
        frame = [*self._head(run, width), Text(), *stages, Text()]
        self._paint(frame[-(size.height - 1) :], (size.width, size.height))

    def _frame(self, run: RunView, notice: str, width: int, height: int) -> list[Text]:
        room = max(1, height - _CHROME)
        stages = self._stages(run, width, room)
        left = height - _CHROME - len(stages)
        plot: list[Text] = []
        if left >= _MIN_PLOT and has_unicode(self._console):
            plot = self._plot.lines(run, width, min(_MAX_PLOT, left))
        foot = self._foot(run, notice, width)
        frame = [*self._head(run, width), Text(), *stages, Text()]
        frame += [*plot, Text(), foot] if plot else [foot]
        return frame[-height:]

    def _head(self, run: RunView, width: int) -> list[Text]:
        if not self._device:
            wanted = run.document.device
            self._device = f"auto: {list_devices()[0]}" if wanted == "auto" else wanted
        first = Text()
        if run.name:
            first.append(run.name, style="bold").append("  ")
        first.append(run.id, style="cyan").append(f"  {self._device}", style="dim")
        lines = [first, Text(run.title)] if run.title else [first]
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        return lines

    def _stages(self, run: RunView, width: int, room: int) -> list[Text]:
        """Return a line per stage; where there are too many, those that matter now."""
        nodes = in_order(run)
        above = below = 0
        if len(nodes) > room:
            start = self._first_shown(nodes, max(1, room - 2))
            shown = nodes[start : start + max(1, room - 2)]
            above, below = start, len(nodes) - start - len(shown)
            nodes = shown
        unicode, names = has_unicode(self._console), min(name_width(run), max(1, width // 3))
        lines = [stage_line(n, width=width, names=names, has_unicode=unicode) for n in nodes]
        if above:
            lines.insert(0, Text(f"  {above} earlier stages", style="dim"))
        if below:
            lines.append(Text(f"  {below} later stages", style="dim"))
        return lines

    def _first_shown(self, nodes: list[NodeView], room: int) -> int:
        busy = next((i for i, node in enumerate(nodes) if node.state not in _SETTLED), None)
        if busy is None:
            busy = next((i for i, n in enumerate(nodes) if n.state is not State.done), len(nodes))
        # The one before it stays for context, where there is room for two.
        return max(0, min(busy - (room > 1), len(nodes) - room))

    def _foot(self, run: RunView, notice: str, width: int) -> Text:
        num_done = sum(node.state is State.done for node in run.nodes.values())
        parts = [f"{num_done} of {len(run.nodes)} stages"]
        num_reused = sum(node.reused for node in run.nodes.values())
        if num_reused:
            parts.append(f"{num_reused} reused")
        parts.append(clock(self._clock_s() - self._began_s))
        if run.eta_s is not None and run.state in ACTIVE:
            parts.append(f"about {clock(run.eta_s)} left")
        line = Text(", ".join(parts), style="dim")
        reason = run.reason if run.state is State.queued else ""
        line.append(f"   {notice or reason}", style="yellow" if reason or notice else "dim")
        line.truncate(width, overflow="ellipsis")
        return line

    def _paint(self, frame: list[Text], size: tuple[int, int]) -> None:
        with self._console.capture() as capture:
            for line in frame:
                self._console.print(line, no_wrap=True, overflow="crop", crop=True)
        rows = capture.get().split("\n")[:-1]
        if rows == self._painted and size == self._size:
            return
        start = f"\x1b[{len(self._painted)}A\r" if self._painted else "\r"
        if self._painted and size != self._size:
            # The terminal has wrapped or moved the old frame, nobody knows where to.
            start = _CLEAR_SCREEN
        body = "".join(f"{row}{_CLEAR_LINE_END}\r\n" for row in rows)
        self._console.file.write(f"{_BEGIN_FRAME}{start}{body}{_CLEAR_BELOW}{_END_FRAME}")
        self._console.file.flush()
        self._painted, self._size = rows, size
