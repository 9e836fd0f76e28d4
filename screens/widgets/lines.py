"""Rows of text that scroll, with or without a cursor: what plan, table and log are made of.

Lays text out only while it shows, and repaints the rows that changed; no work is done for a
hidden pane. Knows nothing of runs.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from typing_extensions import override

if TYPE_CHECKING:
    from rich.style import Style
    from textual.events import Click, Resize, Show

# What an error in laying out shows instead of ending the app.
_FAILED = "cannot draw: "


@dataclass(frozen=True, slots=True)
class Line:
    """One row of text and the place of the item it belongs to, -1 for none."""

    text: Text
    item: int = -1


class AbstractLines(ScrollView, can_focus=True):
    """Scrolls lines under a fixed head; the cursor, where there is one, stands on an item."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--quiet",
        "lines--strong",
        "lines--running",
        "lines--waiting",
        "lines--stopped",
        "lines--failed",
        "lines--done",
        "lines--reused",
        "lines--mark",
        "lines--head",
        "lines--cursor",
        "lines--cursor-blurred",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Up", show=False, tooltip="One up", id="list.up"),
        Binding("down,j", "step(1)", "Down", show=False, tooltip="One down", id="list.down"),
        Binding(
            "pageup", "page(-1)", "Page up", show=False, tooltip="One page up", id="list.page-up"
        ),
        Binding(
            "pagedown",
            "page(1)",
            "Page down",
            show=False,
            tooltip="One page down",
            id="list.page-down",
        ),
        Binding("home", "jump(0)", "First", show=False, tooltip="To the first", id="list.first"),
        Binding("end", "jump(1)", "Last", show=False, tooltip="To the last", id="list.last"),
    ]
    HAS_CURSOR: ClassVar[bool] = True

    @dataclass
    class Moved(Message):
        """The user moved the cursor to an item."""

        lines: AbstractLines
        item: int

        @property
        @override
        def control(self) -> AbstractLines:
            return self.lines

    @dataclass
    class Picked(Message):
        """The user pressed enter, or clicked, on an item."""

        lines: AbstractLines
        item: int

        @property
        @override
        def control(self) -> AbstractLines:
            return self.lines

    def __init__(self, *, id: str, name: str, classes: str = "") -> None:  # noqa: A002
        super().__init__(id=id, name=name, classes=classes)
        self.at = 0
        self.num_laid_out = 0
        self._laid: tuple[Line, ...] = ()
        self._heads: tuple[Text, ...] = ()
        self._is_stale = True
        self._laid_width = -1
        # Where the cursor was when rows were last asked to be painted.
        self._painted_at = -1

    @abstractmethod
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        """Return the rows of the fixed head and all lines for `width` columns."""

    @property
    @abstractmethod
    def num_items(self) -> int:
        """Return how many items there are."""

    def look(self, name: str) -> Style:
        """Return the theme's style for "quiet", "failed", … without a background."""
        return self.get_component_rich_style(f"lines--{name}", partial=True)

    def renew(self) -> None:
        """Lay out anew: now where the lines show, else once they do."""
        self._is_stale = True
        if self.is_mounted and self.size.width > 0 and self._is_displayed:
            self._build()

    @property
    def _is_displayed(self) -> bool:
        # Under a dialog it still shows, and nothing tells of the dialog's end.
        return self.screen in self.app.screen_stack and all(
            node.display for node in self.ancestors_with_self if node is not self.screen
        )

    def catch_up(self) -> None:
        """Lay out what came while another screen showed."""
        if self._is_stale:
            self.renew()

    def _build(self) -> None:
        width = self._columns
        self._is_stale, self._laid_width = False, width
        self.num_laid_out += 1
        try:
            heads, lines = self.lay_out(width)
        except Exception as error:  # noqa: BLE001 - odd data must not end the app
            heads, lines = [], [Line(Text(f"{_FAILED}{error}", end=""))]
        before = self._heads, self._laid
        self._heads, self._laid = tuple(heads), tuple(lines)
        self.at = max(0, min(self.at, self.num_items - 1))
        self.virtual_size = Size(width, len(self._laid) + self._num_head)
        self._repaint(*before)

    def _repaint(self, heads: tuple[Text, ...], laid: tuple[Line, ...]) -> None:
        """Have the rows painted that differ from those before, all where the cursor moved."""
        is_alike = self.at == self._painted_at and len(laid) == len(self._laid)
        self._painted_at = self.at
        if (
            not is_alike
            or len(heads) != len(self._heads)
            or not all(map(_is_same, heads, self._heads))
        ):
            self.refresh()
            return
        top = self.scroll_offset.y - self._num_head
        changed = [
            place
            for place, (old, new) in enumerate(zip(laid, self._laid, strict=True))
            if old.item != new.item or not _is_same(old.text, new.text)
        ]
        if changed:
            width = self.size.width
            self.refresh(*(Region(0, place - top, width, 1) for place in changed))

    @property
    def _columns(self) -> int:
        return max(1, self.size.width - self.scrollbar_size_vertical)

    @property
    def _num_head(self) -> int:
        return len(self._heads)

    def on_resize(self, _event: Resize) -> None:
        """Lay out for the new width."""
        if self._is_stale or self._columns != self._laid_width:
            self._build()
        self.reveal()

    def on_show(self, _event: Show) -> None:
        """Lay out what came while it was hidden."""
        if self._is_stale and self.size.width > 0:
            self._build()

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        # The texts carry the colours of the theme.
        self._is_stale = True
        if self.is_mounted:
            self.call_after_refresh(self.renew)

    @override
    def render_line(self, y: int) -> Strip:
        width = self.size.width
        base = self.rich_style
        if y < self._num_head:
            return self._strip(self._heads[y], width, base)
        place = self.scroll_offset.y + y - self._num_head
        if not 0 <= place < len(self._laid):
            return Strip.blank(width, base)
        line = self._laid[place]
        if self.HAS_CURSOR and line.item == self.at and line.item >= 0:
            name = "lines--cursor" if self.has_focus else "lines--cursor-blurred"
            base = self.get_component_rich_style(name)
        return self._strip(line.text, width, base)

    def _strip(self, text: Text, width: int, base: Style) -> Strip:
        # Rich forgets a text's own style where it has no spans.
        base_of_text = base + self.app.console.get_style(text.style)
        pieces = Segment.apply_style(text.render(self.app.console), base_of_text)
        return Strip(Segment.adjust_line_length(list(pieces), width, style=base), width)

    # Movement.

    def move_to(self, item: int) -> None:
        """Put the cursor on an item without telling anyone."""
        item = max(0, min(item, self.num_items - 1))
        if item != self.at:
            self.at = self._painted_at = item
            self.refresh()
        self.reveal()

    def reveal(self) -> None:
        """Scroll so that the item under the cursor shows."""
        places = [place for place, line in enumerate(self._laid) if line.item == self.at]
        if not places or not self.HAS_CURSOR:
            return
        room = max(1, self.size.height - self._num_head)
        top = self.scroll_offset.y
        if places[0] < top or len(places) > room:
            self._scroll(places[0])
        elif places[-1] >= top + room:
            self._scroll(places[-1] - room + 1)

    def _scroll(self, y: float) -> None:
        # Forced, because right after growing the scrollbar is not there yet.
        self.scroll_to(y=y, animate=False, force=True)
        self.call_after_refresh(self._place_thumb)

    def _place_thumb(self) -> None:
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = self.scroll_y

    def _user_moves(self, item: int) -> None:
        before = self.at
        self.move_to(item)
        if self.at != before:
            self.post_message(self.Moved(self, self.at))

    def action_step(self, by: int) -> None:
        """Move the cursor, or scroll where there is none."""
        if self.HAS_CURSOR:
            self._user_moves(self.at + by)
        else:
            self._scroll(self.scroll_offset.y + by)

    def action_page(self, by: int) -> None:
        """Move by what fits on the screen."""
        self.action_step(by * max(1, self.size.height - self._num_head - 1))

    def action_jump(self, where: int) -> None:
        """Go to the first (0) or the last (1)."""
        if self.HAS_CURSOR:
            self._user_moves(where * (self.num_items - 1))
        else:
            self._scroll(where * self.max_scroll_y)

    def action_pick(self) -> None:
        """Choose the item under the cursor."""
        if 0 <= self.at < self.num_items:
            self.post_message(self.Picked(self, self.at))

    def on_click(self, event: Click) -> None:
        """Put the cursor under the pointer; a second click chooses."""
        place = self.scroll_offset.y + event.y - self._num_head
        if self.HAS_CURSOR and event.y >= self._num_head and 0 <= place < len(self._laid):
            item = self._laid[place].item
            if item >= 0:
                self._user_moves(item)
                if event.chain > 1:
                    self.action_pick()


def _is_same(one: Text, other: Text) -> bool:
    # Rich compares what texts say and their spans, not the style that they begin with.
    return one == other and one.style == other.style
