"""What the processes of a run wrote: why stages failed, the newest logs, the supervisor's own.

Logs may be huge and hostile: only their last part is read, off the event loop, and every line is
cleaned before it is shown.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast, final

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static
from typing_extensions import override

from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder, last_write_s
from mcworkbench.runs.state import State, stage_evidence
from mcworkbench.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from mcworkbench.runs.stage_folder import AttemptFolder
    from mcworkbench.screens.base import Workbench

TAIL_BYTES = 256 * 1024
_MAX_LINE = 500
_MAX_LOGS = 4
_KILO = 1000
_TAB = 4
_ENDED_BADLY = (State.failed, State.lost)


@final
@dataclass(frozen=True, slots=True)
class RunLog:
    """What a run's processes wrote last.

    Attributes:
        reasons: why stages ended badly, one sentence each.
        lines: of the logs.
        path: where the supervisor's log lies; those of stages lie with the stages.
    """

    reasons: tuple[str, ...]
    lines: tuple[str, ...]
    path: Path


def read_log(run_id: str) -> RunLog:
    """Return what a run's processes wrote last; reads at most a megabyte or so.

    Raises:
        InvalidInputError: `run_id` is not the id of a run.
    """
    folder = RunFolder(run_id)
    reasons, logs = _stage_logs(folder)
    lines: list[str] = []
    for head, path in logs:
        lines += _section(head, path)
    lines += _section("supervisor", folder.log_path)
    return RunLog(tuple(reasons), tuple(lines), folder.log_path)


def _stage_logs(folder: RunFolder) -> tuple[list[str], list[tuple[str, Path]]]:
    """Return why stages ended badly, and the logs worth reading: theirs, else the newest."""
    document = folder.document()
    reasons: list[str] = []
    bad: list[tuple[str, AttemptFolder]] = []
    others: list[tuple[str, AttemptFolder]] = []
    for name, node in document.nodes.items() if document else ():
        stage = StageFolder(node.key)
        attempts = stage.attempts()
        evidence = stage_evidence(stage)
        if evidence.state in _ENDED_BADLY and evidence.message:
            reasons.append(clean(f"{name}: {evidence.message}", limit=_MAX_LINE))
        if attempts:
            found = bad if evidence.state in _ENDED_BADLY else others
            found.append((name, attempts[-1]))
    newest = sorted(others, key=lambda pair: last_write_s(pair[1]))[-1:]
    chosen = bad[:_MAX_LOGS] or newest
    heads = [(f"{name}, attempt {attempt.number}", attempt.log_path) for name, attempt in chosen]
    return reasons, heads


def _section(head: str, path: Path) -> list[str]:
    text, size = _tail(path)
    if not text.strip():
        return [f"── {clean_line(head)}: nothing written ──", ""]
    part = f" (its last {TAIL_BYTES // 1024} kB of {size / _KILO:,.0f} kB)" * (size > TAIL_BYTES)
    lines = [clean(line, limit=_MAX_LINE) for line in text.splitlines()]
    return [f"── {clean_line(head)}{part} ──", *lines, ""]


def _tail(path: Path) -> tuple[str, int]:
    """Return the last part of a file, from the start of a line, and its size."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - TAIL_BYTES)
            file.seek(start)
            content = file.read(TAIL_BYTES)
    except OSError:
        return "", 0
    if start:
        content = content.partition(b"\n")[2] or content
    return content.decode(errors="replace"), size


@final
class LogText(ScrollView, can_focus=True):
    """Lines of clean text, of which only those in view are drawn."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Show `lines`, each free of control characters."""
        super().__init__()
        self.lines = tuple(line.expandtabs(_TAB) for line in lines)

    def on_mount(self) -> None:
        """Take the room that the text needs."""
        widest = max(map(cell_len, self.lines), default=0)
        self.virtual_size = Size(widest, len(self.lines))

    @override
    def render_line(self, y: int) -> Strip:
        left, top = self.scroll_offset
        place, style = top + y, self.rich_style
        if place >= len(self.lines):
            return Strip.blank(self.size.width, style)
        strip = Strip([Segment(self.lines[place], style)])
        return strip.crop_extend(left, left + self.size.width, style)


@final
class LogDialog(ModalScreen[None]):
    """Shows the logs of a run."""

    HELP = "Why stages failed comes first, then the newest logs; the file itself holds all of it."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,L", "dismiss(None)", "Close", show=False),
        Binding("y", "copy_path", "Copy path", show=False),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
        Binding("g", "top", "Top", show=False),
        Binding("G", "end", "End", show=False),
    ]

    def __init__(self, name: str, log: RunLog) -> None:
        """Show `log`, that of the run called `name`."""
        super().__init__()
        self._titled, self._log = name, log

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        with Vertical(classes="dialog page") as box:
            box.border_title = Content(f"Log · {self._titled}")
            box.border_subtitle = "G end · y copies the path · esc closes"
            if self._log.reasons:
                reasons = "\n".join(f"✗ {reason}" for reason in self._log.reasons)
                yield Static(Content(reasons), classes="page-why")
            yield LogText(self._log.lines)

    def on_mount(self) -> None:
        """Put the focus where the arrow keys scroll."""
        self.query_one(LogText).focus()

    def action_scroll(self, step: int) -> None:
        """Go down by lines, or up."""
        self.query_one(LogText).scroll_relative(y=step, animate=False)

    def action_top(self) -> None:
        """Go to the first line."""
        self.query_one(LogText).scroll_home(animate=False)

    def action_end(self) -> None:
        """Go to the last line."""
        self.query_one(LogText).scroll_end(animate=False)

    def action_copy_path(self) -> None:
        """Put the path of the supervisor's log on the terminal's clipboard."""
        copy_path(self, self._log.path)


def copy_path(screen: ModalScreen[None], path: Path) -> None:
    """Put a path on the terminal's clipboard and say so."""
    told = clean_line(str(path), limit=4000)
    screen.app.copy_to_clipboard(told)
    cast("Workbench", screen.app).tell(f"copied {told}")
