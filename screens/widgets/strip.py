"""The strip of panes: one line of names where only one pane shows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from rich.text import Text
from textual.message import Message
from textual.widget import Widget
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click

_GAP = 3


@final
class PaneStrip(Widget):
    """Names of the panes, the current one marked; a click goes to it."""

    COMPONENT_CLASSES = {"strip--current", "strip--other", "strip--hint"}  # noqa: RUF012

    @dataclass
    class Picked(Message):
        """A name was clicked."""

        place: int

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._current = 0

    def show(self, names: Sequence[str], current: int) -> None:
        """Show the names of the panes."""
        if (tuple(names), current) != (self._names, self._current):
            self._names, self._current = tuple(names), current
            self.refresh()

    @override
    def render(self) -> Text:
        line = Text(" ", no_wrap=True, overflow="ellipsis")
        for place, name in enumerate(self._names):
            if place:
                line.append(" │ ", style=self.get_component_rich_style("strip--other"))
            style = "strip--current" if place == self._current else "strip--other"
            line.append(name, style=self.get_component_rich_style(style))
        hint = "tab: next  z: all" if not self.screen.has_class("-narrow") else "tab: next"
        room = self.size.width - line.cell_len - len(hint) - 1
        if room > _GAP:
            line.append(" " * room)
            line.append(hint, style=self.get_component_rich_style("strip--hint"))
        return line

    def on_click(self, event: Click) -> None:
        """Find the name under the pointer."""
        start = 1
        for place, name in enumerate(self._names):
            if start <= event.x < start + len(name):
                self.post_message(self.Picked(place))
                return
            start += len(name) + _GAP
