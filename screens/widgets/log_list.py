"""The log panel: what the stages told, newest last; it follows until the user scrolls up."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual.binding import Binding, BindingType
from typing_extensions import override

from mcworkbench.screens.widgets.lines import AbstractLines, Line
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.screens.pictures.run_picture import LogLine

_SIGNS = {"warning": ("⚠", "stopped"), "error": ("✗", "failed")}
_PLAIN = ("·", "quiet")
_MIN_TEXT = 16
# The columns of the time and the sign.
_INDENT = 11


@final
class LogList(AbstractLines):
    """Time, node and text of every line."""

    HELP = (
        "What the stages told, oldest first: epochs, checkpoints, warnings, errors. It follows the "
        "newest line until you scroll up; End follows again. L opens the whole log of a stage."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("end", "jump(1)", "Follow", show=False, id="log.follow",
                tooltip="Follow the newest line"),
    ]  # fmt: skip
    HAS_CURSOR: ClassVar[bool] = False

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, name="Log", classes="pane")
        self.border_title = "Log"
        self.entries: tuple[LogLine, ...] = ()
        self.is_following = True
        self._is_growing = False
        self._wrapped: dict[LogLine, list[Text]] = {}
        self._wrapped_width = -1

    def show(self, entries: tuple[LogLine, ...]) -> None:
        """Show lines, oldest first."""
        if entries is not self.entries:
            self.entries = entries
            self.renew()

    def forget(self) -> None:
        """Begin anew with another run."""
        self.entries, self.is_following = (), True
        self.renew()

    @property
    @override
    def num_items(self) -> int:
        return len(self.entries)

    @override
    def _build(self) -> None:
        self._is_growing = True
        super()._build()
        if self.is_following:
            self._scroll(self.max_scroll_y)
        self._is_growing = False
        self._tell()

    @override
    def notify_style_update(self) -> None:
        self._wrapped_width = -1
        super().notify_style_update()

    @override
    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self._is_growing:
            self.is_following = new_value >= self.max_scroll_y
            self._tell()

    def _tell(self) -> None:
        if self.entries:
            self.border_subtitle = "follow" if self.is_following else "held · end follows"
        else:
            self.border_subtitle = ""

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        if not self.entries:
            return [], [Line(Text("no news yet", self.look("quiet"), end=""))]
        before = self._wrapped if width == self._wrapped_width else {}
        # Only what still shows is kept, so the memory does not grow with the run.
        self._wrapped = {
            entry: before.get(entry) or self._wrap(entry, width) for entry in self.entries
        }
        self._wrapped_width = width
        lines: list[Line] = []
        for place, entry in enumerate(self.entries):
            lines += [Line(text, place) for text in self._wrapped[entry]]
        return [], lines

    def _wrap(self, entry: LogLine, width: int) -> list[Text]:
        sign, look = _SIGNS.get(entry.level, _PLAIN)
        head = Text()
        head.append(f"{clean_line(entry.time)} ", self.look("quiet"))
        head.append(f"{sign} ", self.look(look))
        if entry.node:
            head.append(f"{clean_line(entry.node)} ", self.look("head"))
        head.append(clean_line(entry.text, limit=2000), self.look(look) if look != "quiet" else "")
        first, rest = list(head.wrap(self.app.console, width))[:1], Text()
        if first:
            rest = head[len(first[0].plain) :]
            rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
        # What goes on stands below the text, not below the name, which may be long.
        indent = min(_INDENT, max(0, width - _MIN_TEXT))
        rows = [*first, *(rest.wrap(self.app.console, max(1, width - indent)) if rest else [])]
        for row in rows[1:]:
            row.pad_left(indent)
        for row in rows:
            row.end = ""
            row.truncate(width, overflow="ellipsis")
        return rows
