"""A long text over the whole screen, with the path of the file it comes from to copy."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from mcworkbench.screens.dialogs.dialog import AbstractDialog
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from pathlib import Path

    from textual.widget import Widget

    from mcworkbench.screens.base import Workbench

_MAX_PATH = 4000


class AbstractPage(AbstractDialog[None]):
    """Scrolls a text; `y` sends a path to the clipboard."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "y", "copy_path", "Copy path", show=False, id="page.copy",
            tooltip="Copy the path of the file that shows",
        ),
        Binding("j", "scroll(1)", "Down", show=False, id="page.down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="page.up"),
        Binding("g", "top", "Top", show=False, id="page.first"),
        Binding("G", "end", "End", show=False, id="page.last"),
    ]  # fmt: skip

    @abstractmethod
    def scroller(self) -> Widget:
        """Return what scrolls."""

    @abstractmethod
    def shown_path(self) -> Path | None:
        """Return the path of the file that shows, None where none does yet."""

    def action_scroll(self, step: int) -> None:
        """Go down by lines, or up."""
        self.scroller().scroll_relative(y=step, animate=False)

    def action_top(self) -> None:
        """Go to the first line."""
        self.scroller().scroll_home(animate=False)

    def action_end(self) -> None:
        """Go to the last line."""
        self.scroller().scroll_end(animate=False)

    def action_copy_path(self) -> None:
        """Send the path of what shows to the terminal's clipboard, and say so."""
        path = self.shown_path()
        if path is None:
            return
        told = clean_line(str(path), limit=_MAX_PATH)
        self.app.copy_to_clipboard(told)
        # Whether the terminal takes it cannot be known: tmux drops it unless told otherwise.
        cast("Workbench", self.app).tell(f"sent to the terminal's clipboard: {told}")
