"""What every screen of a mode has: header, panes, strip of panes, hints; and what the app gives.

A pane is any widget of class "pane"; its `name` is what the strip calls it. Where there is room
all panes show; in a small terminal, or zoomed, only the current one does. The pane that holds
the focus is the current one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus, Resize, ScreenResume
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static
from typing_extensions import override

from mcworkbench.screens.widgets.header import StatusHeader
from mcworkbench.screens.widgets.hints import Hints
from mcworkbench.screens.widgets.strip import PaneStrip

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from mcworkbench.screens.feed import Feed
    from mcworkbench.screens.pictures.machine import MachinePicture
    from mcworkbench.screens.pictures.run_picture import RunPicture
    from mcworkbench.screens.pictures.run_row import RunRow
    from mcworkbench.screens.run_deleting import Deleted

# Smaller than this, one pane shows at a time.
WIDE_COLUMNS, WIDE_ROWS = 110, 30
# Smaller than this, nothing useful fits.
MIN_COLUMNS, MIN_ROWS = 60, 16
PANE = "pane"
_TOO_SMALL = (
    f"This terminal is smaller than {MIN_COLUMNS} × {MIN_ROWS}: make it larger. "
    "Runs go on; q leaves."
)


class Workbench(Protocol):
    """What screens may ask of the app.

    Attributes:
        rows: the list of runs as last told, newest first.
        machine: its load, None before the first look.
        opened: the picture of the opened run, None where none is open or read yet.
        opened_id: the id of the opened run, or ''.
        feed: what watches the disk.
        has_heard: whether the list of runs has been read once.
        wall_s: Unix seconds, for ages.
        deleted: what was moved to the trash, a batch for each time, the last one last.
    """

    rows: tuple[RunRow, ...]
    machine: MachinePicture | None
    opened: RunPicture | None
    opened_id: str
    feed: Feed
    has_heard: bool
    wall_s: Callable[[], float]
    deleted: list[list[Deleted]]

    def open_run(self, run_id: str) -> None:
        """Show a run in the Run mode."""
        ...

    def close_run(self) -> None:
        """Have no run open any more."""
        ...

    def edit_preset(self, reference: str) -> None:
        """Show a preset, by name or file, in the Presets mode."""
        ...

    def tell(self, text: str, *, is_error: bool = False) -> None:
        """Show one sentence for a while; it is plain text, never markup."""
        ...


class PaneColumn(Vertical):
    """Panes above one another; it vanishes where none of them shows."""


class WorkbenchScreen(Screen[None]):
    """The base of the screens of the modes."""

    MODE: ClassVar[str] = ""
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_pane(1)", "Next pane", show=False, id="screen.next-pane"),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False, id="screen.last-pane"),
        Binding("z", "zoom", "Max", tooltip="Show only this pane", id="screen.zoom"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._is_zoomed = False
        self._current: Widget | None = None

    @property
    def workbench(self) -> Workbench:
        """Return the app."""
        return cast("Workbench", self.app)

    def compose(self) -> ComposeResult:
        """Lay out what all screens share around the panes of this one."""
        yield StatusHeader(self.MODE)
        yield PaneStrip()
        yield Static(Text(_TOO_SMALL), id="too-small")
        with Horizontal(id="panes"):
            yield from self.compose_panes()
        yield Hints()

    def compose_panes(self) -> ComposeResult:
        """Yield PaneColumns with the panes of this screen."""
        yield from ()

    # What the app tells the screen that shows; after a switch, the latest of each.

    def show_rows(self, rows: tuple[RunRow, ...]) -> None:
        """Show the list of runs."""

    def show_opened(self, picture: RunPicture | None) -> None:
        """Show the opened run, None where none is open or it is not read yet."""

    def show_picture(self, picture: RunPicture) -> None:
        """Show a watched run that is not the opened one, e.g. in a preview."""

    def show_missing(self, run_id: str, reason: str) -> None:
        """Say why a watched run has no picture; it may get one later."""

    def header_context(self) -> str:
        """Return what the header says in a small terminal, '' for nothing."""
        return ""

    def on_mount(self) -> None:
        """Give the first pane the focus."""
        panes = self.panes()
        if panes:
            self._current = panes[0]
            self.call_after_refresh(self._focus_pane, panes[0])
        self._lay_out()

    @on(ScreenResume)
    def _catch_up(self) -> None:
        self.show_rows(self.workbench.rows)
        self.show_opened(self.workbench.opened)
        self.refresh_chrome()

    def refresh_chrome(self) -> None:
        """Draw header and hints anew."""
        for widget in self.query(StatusHeader):
            widget.refresh()

    @on(Resize)
    def _resized(self) -> None:
        self._lay_out()

    @property
    def is_narrow(self) -> bool:
        """Return whether there is room for one pane only."""
        return self.size.width < WIDE_COLUMNS or self.size.height < WIDE_ROWS

    def panes(self) -> list[Widget]:
        """Return the panes in the order of the strip; one with `disabled` set is left out."""
        return [pane for pane in self.query(f".{PANE}") if not pane.disabled]

    def _lay_out(self) -> None:
        panes = self.panes()
        if self._current not in panes:
            self._current = panes[0] if panes else None
        is_single = self.is_narrow or self._is_zoomed
        self.set_class(self.is_narrow, "-narrow")
        is_tiny = self.size.width < MIN_COLUMNS or self.size.height < MIN_ROWS
        self.query_one("#too-small").display = is_tiny
        self.query_one("#panes").display = not is_tiny
        for pane in self.query(f".{PANE}"):
            pane.display = not pane.disabled and (not is_single or pane is self._current)
        for column in self.query(PaneColumn):
            column.display = any(pane.display for pane in column.query(f".{PANE}"))
        for strip in self.query(PaneStrip):
            strip.display = is_single and len(panes) > 1 and not is_tiny
            strip.show([str(pane.name or "") for pane in panes], self._place(panes))

    def refresh_panes(self) -> None:
        """Lay the panes out anew, after one was disabled or enabled."""
        self._lay_out()

    def _place(self, panes: list[Widget]) -> int:
        return panes.index(self._current) if self._current in panes else 0

    @on(DescendantFocus)
    def _follow_focus(self, event: DescendantFocus) -> None:
        for widget in event.widget.ancestors_with_self:
            if isinstance(widget, Widget) and widget.has_class(PANE) and not widget.disabled:
                if widget is not self._current:
                    self._current = widget
                    self._lay_out()
                return

    def action_next_pane(self, step: int) -> None:
        """Go to the next pane, or with -1 to the one before."""
        panes = self.panes()
        if panes:
            self.go_to_pane(panes[(self._place(panes) + step) % len(panes)])

    def go_to_pane(self, pane: Widget) -> None:
        """Make a pane the current one and give it the focus."""
        self._current = pane
        self._lay_out()
        # At once: keys typed ahead belong to where the user has just gone.
        self._focus_pane(pane)

    def _focus_pane(self, pane: Widget) -> None:
        inside = [pane, *pane.query("*")]
        target = next((w for w in inside if w.focusable), None)
        if target is not None:
            self.set_focus(target)

    @on(PaneStrip.Picked)
    def _picked(self, event: PaneStrip.Picked) -> None:
        panes = self.panes()
        if event.place < len(panes):
            self.go_to_pane(panes[event.place])

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # One pane alone is as large as it can be.
        return None if action == "zoom" and self.is_narrow else True

    def action_zoom(self) -> None:
        """Show only the current pane, or all again."""
        self._is_zoomed = not self._is_zoomed
        self._lay_out()
