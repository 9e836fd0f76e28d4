"""What the app said so far, newest first: notices vanish, this list stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from mcworkbench.screens.dialogs.dialog import AbstractDialog

if TYPE_CHECKING:
    from textual.app import ComposeResult


@final
class MessagesDialog(AbstractDialog[None]):
    """Shows time and text of every notice."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,exclamation_mark,q,enter", "dismiss", "Close", show=False),
    ]

    def __init__(self, told: list[tuple[str, str, bool]]) -> None:
        """Show `told`: time, text and whether it was an error, oldest first."""
        super().__init__()
        self._told = told

    def compose(self) -> ComposeResult:
        """Lay out one line per notice."""
        with VerticalScroll(id="messages", classes="dialog") as box:
            box.border_title = "Messages"
            box.border_subtitle = "esc closes"
            if not self._told:
                yield Static(Text("Nothing was said yet."))
            for time, text, is_error in reversed(self._told):
                sign = "✗" if is_error else "·"
                yield Static(Text(f"{time} {sign} {text}"))
