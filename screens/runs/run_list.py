"""The lines of the list of runs: a cursor that stays on its run, marks, states in words.

Only lines in view are drawn, and of those only the ones whose text changed; a thousand runs cost
no more than a screenful. Knows no files and no actions on runs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from typing_extensions import override

from mcworkbench.screens.pictures.run_row import RunRow
from mcworkbench.screens.runs.columns import Column, cells_of, columns_for
from mcworkbench.screens.runs.strips import (
    STATE_STYLES,
    STYLES,
    empty_pieces,
    run_pieces,
    strip_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.style import Style
    from textual.events import Click


@final
class RunList(ScrollView, can_focus=True):
    """Runs, one per line."""

    HELP = (
        "All runs, live. The sign and the word say what each is doing; the bar how much of it is "
        "done; 'best' is the number it is known by, e.g. the largest test error along its curve. "
        "Enter opens a run; the right side shows the one under the cursor."
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"runs--{name}" for name in (*STYLES, *STATE_STYLES)}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", tooltip="Open the run", id="runs.open"),
        Binding(
            "space", "mark", "Mark", id="runs.mark",
            tooltip="Mark the run, or unmark it; d deletes the marked ones",
        ),
        Binding("down,j", "move(1)", "Down", show=False, id="runs.down"),
        Binding("up,k", "move(-1)", "Up", show=False, id="runs.up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="runs.page-down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="runs.page-up"),
        Binding("home,g", "go_to(0)", "First", show=False, id="runs.first"),
        Binding("end,G", "go_to(-1)", "Last", show=False, id="runs.last"),
    ]  # fmt: skip

    @dataclass
    class Moved(Message):
        """Another run stands under the cursor, None where there is none."""

        row: RunRow | None

    @dataclass
    class Opened(Message):
        """The user wants to see a run, None where none is listed."""

        row: RunRow | None

    @dataclass
    class Marked(Message):
        """Other runs are marked."""

    @dataclass
    class LaidOut(Message):
        """The columns changed."""

    def __init__(self, *, wall_s: Callable[[], float] = time.time) -> None:
        """List nothing yet; ages are taken against `wall_s`."""
        super().__init__()
        self.rows: tuple[RunRow, ...] = ()
        self.marked: set[str] = set()
        self.columns: tuple[Column, ...] = ()
        self.sentences: tuple[tuple[str, str], ...] = ()
        self._wall_s = wall_s
        self._at = 0
        self._drawn: dict[int, tuple[object, ...]] = {}

    def on_mount(self) -> None:
        """Let ages grow."""
        self.set_interval(1.0, self._refresh_changed)

    @property
    def row(self) -> RunRow | None:
        """Return the run under the cursor."""
        return self.rows[self._at] if self._at < len(self.rows) else None

    def show(self, rows: Sequence[RunRow], sentences: tuple[tuple[str, str], ...] = ()) -> None:
        """List `rows`; without any, say `sentences` instead: each what, and the key for it."""
        before, was_visible = self.row, self._is_in_view()
        size, said = len(self.rows), self.sentences
        self.rows, self.sentences = tuple(rows), sentences
        self.marked &= {row.id for row in self.rows}
        self._at = self._place_of(before.id if before is not None else "")
        self._lay_out()
        if size != len(self.rows):
            self.virtual_size = Size(self.size.width, len(self.rows))
            self.refresh()
        elif not self.rows and sentences != said:
            self.refresh()
        if was_visible:
            self._reveal()
        self._refresh_changed()
        after = self.row
        if (before.id if before else "") != (after.id if after else ""):
            self.post_message(self.Moved(after))

    def _place_of(self, run_id: str) -> int:
        """Return the line of a run, else the one that took its place."""
        for place, row in enumerate(self.rows):
            if row.id == run_id:
                return place
        return max(0, min(self._at, len(self.rows) - 1))

    def _lay_out(self) -> None:
        columns = columns_for(self.rows, max(1, self.size.width))
        if columns != self.columns:
            self.columns = columns
            self.post_message(self.LaidOut())
            self.refresh()

    def on_resize(self) -> None:
        """Take the columns that fit."""
        self._lay_out()
        self.virtual_size = Size(self.size.width, len(self.rows))
        self._reveal()

    def _refresh_changed(self) -> None:
        """Draw the lines in view again whose text is not what stands there."""
        if not self.is_on_screen:
            return
        top = self.scroll_offset.y
        now_s = self._wall_s()
        for y in range(self.size.height):
            place = top + y
            if place < len(self.rows) and self._drawn.get(place) != self._content(place, now_s):
                self.refresh(Region(0, y, self.size.width, 1))

    def _content(self, place: int, now_s: float) -> tuple[object, ...]:
        row = self.rows[place]
        cells = cells_of(row, self.columns, now_s) if not row.problem else [row.id, row.problem]
        return (row.state, row.id in self.marked, place == self._at, self.has_focus, *cells)

    # Drawing.

    @override
    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.rich_style
        place = self.scroll_offset.y + y
        if not self.rows:
            size = self.size.height
            return strip_of(
                empty_pieces(self.sentences, y, width, size, look=self._look), width, base
            )
        if place >= len(self.rows):
            return Strip.blank(width, base)
        now_s = self._wall_s()
        self._drawn[place] = self._content(place, now_s)
        is_cursor, row = place == self._at, self.rows[place]
        if is_cursor:
            name = "cursor" if self.has_focus else "cursor-blurred"
            base = self.get_component_rich_style(f"runs--{name}")
        pieces = run_pieces(
            row, self.columns, width, now_s,
            look=self._look, is_marked=row.id in self.marked, is_cursor=is_cursor,
        )  # fmt: skip
        return strip_of(pieces, width, base)

    def _look(self, name: str) -> Style:
        return self.get_component_rich_style(f"runs--{name}", partial=True)

    # The cursor.

    def _is_in_view(self) -> bool:
        return 0 <= self._at - self.scroll_offset.y < max(1, self.size.height)

    def _reveal(self) -> None:
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if self._at < top:
            self.scroll_to(y=self._at, animate=False)
        elif self._at >= top + height:
            self.scroll_to(y=self._at - height + 1, animate=False)

    def put_cursor(self, place: int) -> None:
        """Put the cursor on a line; the nearest where there is none."""
        place = max(0, min(place, len(self.rows) - 1))
        if self.rows and place != self._at:
            self._at = place
            self._reveal()
            self._refresh_changed()
            self.post_message(self.Moved(self.row))

    def action_move(self, step: int) -> None:
        """Go down by lines, or up."""
        self.put_cursor(self._at + step)

    def action_page(self, step: int) -> None:
        """Go down by what is in view, or up."""
        self.put_cursor(self._at + step * max(1, self.size.height - 1))

    def action_go_to(self, place: int) -> None:
        """Go to the first run, or with -1 to the last."""
        self.put_cursor(place if place >= 0 else len(self.rows) - 1)

    def action_open(self) -> None:
        """Ask for the run under the cursor to be opened."""
        self.post_message(self.Opened(self.row))

    def action_mark(self) -> None:
        """Mark the run under the cursor, or unmark it, and go to the next."""
        if self.row is not None:
            self.marked ^= {self.row.id}
            self._refresh_changed()
            self.post_message(self.Marked())
            self.action_move(1)

    def unmark(self) -> None:
        """Mark nothing any more."""
        self.marked = set()
        self._refresh_changed()
        self.post_message(self.Marked())

    def on_focus(self) -> None:
        """Draw the cursor as one that acts."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor as one that waits."""
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Go to the run under the pointer; a double click opens it."""
        place = self.scroll_offset.y + event.y
        if place < len(self.rows):
            self.put_cursor(place)
            if event.chain > 1:
                self.action_open()
