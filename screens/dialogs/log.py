"""The dialog of what the processes of a run wrote: a page of clean lines, drawn where in view."""

from __future__ import annotations

from dataclasses import dataclass
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

from mcworkbench.screens.dialogs.page import AbstractPage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.app import ComposeResult

    from mcworkbench.runs.run_log import LogPart, RunLog

TAIL_BYTES = 256 * 1024
_TAB = 4


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
