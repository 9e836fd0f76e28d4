"""What the processes of a run wrote: why stages failed, the newest logs, the supervisor's own.

Logs may be huge and hostile: only their last part is read, off the event loop, and every line is
cleaned before it is shown.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, final

from rich.cells import cell_len
from rich.segment import Segment
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static
from typing_extensions import override

from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder, last_write_s
from mcworkbench.runs.state import State, stage_evidence
from mcworkbench.screens.dialogs.page import AbstractPage
from mcworkbench.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from mcworkbench.runs.stage_folder import AttemptFolder

TAIL_BYTES = 256 * 1024
_MAX_LINE = 500
_MAX_LOGS = 4
_MAX_WHOSE = 30
_KILO = 1000
_TAB = 4
_ENDED_BADLY = (State.failed, State.lost)


@final
@dataclass(frozen=True, slots=True)
class LogPart:
    """One log: the line on which it begins, whose it is, its file."""

    begins: int
    whose: str
    path: Path


@final
@dataclass(frozen=True, slots=True)
class RunLog:
    """What a run's processes wrote last.

    Attributes:
        reasons: why stages ended badly, one sentence each.
        lines: of the logs, one after the other.
        parts: which log is where among them; the supervisor's comes last.
    """

    reasons: tuple[str, ...]
    lines: tuple[str, ...]
    parts: tuple[LogPart, ...]

    def part_at(self, line: int) -> LogPart:
        """Return the log that a line belongs to."""
        return [part for part in self.parts if part.begins <= line][-1]


def read_log(run_id: str) -> RunLog:
    """Return what a run's processes wrote last; reads at most a megabyte or so.

    Raises:
        InvalidInputError: `run_id` is not the id of a run.
    """
    folder = RunFolder(run_id)
    reasons, logs = _stage_logs(folder)
    lines: list[str] = []
    parts: list[LogPart] = []
    for head, path in [*logs, ("supervisor", folder.log_path)]:
        parts.append(LogPart(len(lines), clean_line(head, limit=_MAX_WHOSE), path))
        lines += _section(head, path)
    return RunLog(tuple(reasons), tuple(lines), tuple(parts))


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

    @dataclass
    class Scrolled(Message):
        """Other lines are in view."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Show `lines`, each free of control characters."""
        super().__init__()
        self.lines = tuple(line.expandtabs(_TAB) for line in lines)

    def on_mount(self) -> None:
        """Take the room that the text needs."""
        widest = max(map(cell_len, self.lines), default=0)
        self.virtual_size = Size(widest, len(self.lines))

    @override
    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Scrolled())

    @override
    def render_line(self, y: int) -> Strip:
        left, top = self.scroll_offset
        place, style = top + y, self.rich_style
        if place >= len(self.lines):
            return Strip.blank(self.size.width, style)
        strip = Strip([Segment(self.lines[place], style)])
        return strip.crop_extend(left, left + self.size.width, style)


@final
class LogDialog(AbstractPage):
    """Shows the logs of a run."""

    HELP = (
        f"Why stages failed comes first, then the last {TAIL_BYTES // 1024} kB of each of the "
        "newest logs. The file of a log holds all of it; y copies the path of the one at the top."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,L", "dismiss(None)", "Close", show=False),
    ]

    def __init__(self, name: str, log: RunLog) -> None:
        """Show `log`, that of the run called `name`."""
        super().__init__()
        self._titled, self._log = name, log
        self._part = log.parts[0]

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        with Vertical(classes="dialog page") as box:
            box.border_title = Content(f"Log · {self._titled}")
            if self._log.reasons:
                reasons = "\n".join(f"✗ {reason}" for reason in self._log.reasons)
                yield Static(Content(reasons), classes="page-why")
            yield LogText(self._log.lines)

    def on_mount(self) -> None:
        """Put the focus where the arrow keys scroll."""
        self.scroller().focus()
        self._show_part(self._log.parts[0])

    @override
    def scroller(self) -> LogText:
        return self.query_one(LogText)

    @override
    def shown_path(self) -> Path:
        return self._part.path

    @on(LogText.Scrolled)
    def _follow(self) -> None:
        text = self.scroller()
        top = text.scroll_offset.y
        # Short logs at the end never come to the top.
        is_end = top >= text.max_scroll_y > 0
        self._show_part(self._log.parts[-1] if is_end else self._log.part_at(top))

    @override
    def action_top(self) -> None:
        super().action_top()
        self._show_part(self._log.parts[0])

    @override
    def action_end(self) -> None:
        super().action_end()
        self._show_part(self._log.parts[-1])

    def _show_part(self, part: LogPart) -> None:
        self._part = part
        told = f"G end · y copies the path of {part.whose} · esc closes"
        self.query_one(".page", Vertical).border_subtitle = Content(told)  # pyright: ignore[reportAttributeAccessIssue]
