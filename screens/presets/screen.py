"""The screen of the mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from textual.containers import VerticalScroll
from textual.widgets import Static

from mcworkbench.screens.base import PaneColumn, WorkbenchScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult


@final
class PresetsScreen(WorkbenchScreen):
    """To be written."""

    MODE: ClassVar[str] = "presets"

    def compose_panes(self) -> ComposeResult:
        """Lay out the panes."""
        with PaneColumn():
            yield VerticalScroll(Static("one"), name="One", classes="pane")
            yield VerticalScroll(Static("two"), name="Two", classes="pane")
        with PaneColumn():
            yield VerticalScroll(Static("three"), name="Three", classes="pane")

    def open_preset(self, reference: str) -> None:
        """Show a preset by name or file."""

    async def may_leave(self) -> bool:
        """Return whether nothing unsaved would be lost, after asking where it would."""
        return True
