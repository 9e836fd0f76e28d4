"""The first line of every screen: modes, the machine's load, how many runs work and wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rich.text import Text
from textual.widget import Widget
from typing_extensions import override

from mcworkbench.runs.state import ACTIVE, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click

    from mcworkbench.screens.base import Workbench, WorkbenchScreen
    from mcworkbench.screens.pictures.machine import MachinePicture

MODES = (("runs", "Runs"), ("run", "Run"), ("presets", "Presets"))
_BLOCKS = "▁▂▃▄▅▆▇█"
_GIB = 2**30
_WIDE = 100
_NUM_HISTORY = 6
_HIGH_LOAD, _FULL_LOAD = 0.6, 0.9


@final
class StatusHeader(Widget):
    """One line; shorter words where the terminal is narrow."""

    COMPONENT_CLASSES = {  # noqa: RUF012
        "header--name",
        "header--mode",
        "header--other",
        "header--context",
        "header--busy",
        "header--quiet",
    }

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode
        self._places: list[tuple[int, int, str]] = []

    @override
    def render(self) -> Text:
        workbench = cast("Workbench", self.app)
        is_wide = self.size.width >= _WIDE
        left = self._left(is_wide=is_wide)
        right = self._right(workbench, is_wide=is_wide)
        context = cast("WorkbenchScreen", self.screen).header_context()
        room = self.size.width - left.cell_len - right.cell_len - 1
        if context and not is_wide and room > len("name…"):
            told = Text(f"  {context}", style=self._style("context"))
            told.truncate(room, overflow="ellipsis")
            left.append_text(told)
        left.truncate(max(1, self.size.width - right.cell_len - 1), overflow="ellipsis")
        gap = max(1, self.size.width - left.cell_len - right.cell_len)
        return Text.assemble(left, " " * gap, right, no_wrap=True, overflow="crop")

    def _left(self, *, is_wide: bool) -> Text:
        line = Text(" mcworkbench  " if is_wide else " mcw ", style=self._style("name"))
        self._places = []
        for place, (mode, word) in enumerate(MODES, 1):
            is_shown = mode == self._mode
            text = f"[{place} {word}]" if is_shown else f" {place} {word} "
            if not is_wide:
                text = f"{place}·{word}" if is_shown else f" {place} "
            self._places.append((line.cell_len, line.cell_len + len(text), mode))
            line.append(text, style=self._style("mode" if is_shown else "other"))
        return line

    def _right(self, workbench: Workbench, *, is_wide: bool) -> Text:
        line = Text()
        if workbench.machine is not None:
            line.append_text(self._load(workbench.machine, is_wide=is_wide))
        running = sum(row.state in ACTIVE for row in workbench.rows)
        queued = sum(row.state is State.queued for row in workbench.rows)
        counts = [f"{running} running", f"{queued} queued"] if is_wide else []
        told = " · ".join(counts) if is_wide else f"{running}● {queued}○"
        if line.cell_len:
            line.append(" · " if is_wide else " ", style=self._style("quiet"))
        line.append(f"{told} ", style=self._style("busy" if running else "quiet"))
        return line

    def _load(self, machine: MachinePicture, *, is_wide: bool) -> Text:
        level = "busy" if machine.load >= _HIGH_LOAD else "quiet"
        line = Text(f"{machine.device} {100 * machine.load:.0f}%", style=self._style(level))
        if is_wide:
            line.append(f" {sparkline(machine.history[-_NUM_HISTORY:])}", self._style("name"))
            used, total = machine.used_bytes / _GIB, machine.total_bytes / _GIB
            line.append(f" {used:.1f}/{total:.0f}G", self._style("quiet"))
        return line

    def _style(self, name: str) -> str:
        return str(self.get_component_rich_style(f"header--{name}"))

    def on_click(self, event: Click) -> None:
        """Go to the mode under the pointer."""
        for start, stop, mode in self._places:
            if start <= event.x < stop:
                self.app.switch_mode(mode)
                return


def sparkline(loads: Sequence[float]) -> str:
    """Return one block per load in [0, 1]."""
    top = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round(min(1.0, max(0.0, load)) * top)] for load in loads)
