"""The screen of the mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from textual.containers import VerticalScroll
from textual.widgets import Static

from mcworkbench.screens.base import PaneColumn, WorkbenchScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult


@final
class RunsScreen(WorkbenchScreen):
    """To be written."""

    MODE: ClassVar[str] = "runs"

    def compose_panes(self) -> ComposeResult:
        """Lay out the panes."""
        with PaneColumn():
            yield VerticalScroll(Static("one"), name="One", classes="pane")
            yield VerticalScroll(Static("two"), name="Two", classes="pane")
        with PaneColumn():
            yield VerticalScroll(Static("three"), name="Three", classes="pane")
