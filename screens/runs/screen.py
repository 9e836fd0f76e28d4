"""The mode of all runs: the list at the left, a preview of the one under the cursor beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, final

from textual import on
from textual.events import ScreenResume, ScreenSuspend
from typing_extensions import override

from mcworkbench.config.loading import load_experiment
from mcworkbench.errors import WorkbenchError
from mcworkbench.screens.base import PaneColumn
from mcworkbench.screens.careful_work import careful_work
from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.launching import Begun, Order, begin
from mcworkbench.screens.run_actions import RunActions
from mcworkbench.screens.runs.pane import RunsPane
from mcworkbench.screens.runs.preview import Overview, best_plot, nothing
from mcworkbench.screens.runs.run_list import RunList
from mcworkbench.screens.widgets.log_list import LogList
from mcworkbench.text import PROGRAM

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer

    from mcworkbench.screens.pictures.run_picture import RunPicture
    from mcworkbench.screens.pictures.run_row import RunRow

_PREVIEW = "preview"
# A cursor that rushes past a run does not ask for its picture.
_SETTLE_S = 0.15
_DEMO = "quickstart"


@final
class RunsScreen(RunActions):
    """All runs, what can be done with them, and a look at each."""

    MODE: ClassVar[str] = "runs"
    HELP = (
        "Runs go on without this app. Everything here is also a command: "
        "`mcworkbench list`, `stop`, `resume`, `delete`, `restore`, `report`."
    )

    def __init__(self) -> None:
        super().__init__()
        self._picture: RunPicture | None = None
        self._previewed = ""
        # The run that had no picture last, and why.
        self._missing = ("", "")
        self._settling: Timer | None = None
        self._is_starting = False

    @override
    def compose_panes(self) -> ComposeResult:
        with PaneColumn(id="runs-left"):
            yield RunsPane(wall_s=self.workbench.wall_s)
            yield LogList(id="runs-log")
        with PaneColumn(id="runs-right"):
            yield Chart(name="Preview", classes="pane", id="runs-preview")
            yield Overview()

    @property
    def pane(self) -> RunsPane:
        """Return the pane of the list."""
        return self.query_one(RunsPane)

    @override
    def target(self) -> RunRow | None:
        return self.pane.row

    @override
    def targets(self) -> list[RunRow]:
        return self.pane.marked or list(super().targets())

    @override
    def show_rows(self, rows: tuple[RunRow, ...]) -> None:
        # Until the demo is listed a second enter must not start a second one.
        self._is_starting = self._is_starting and not rows
        self.pane.show(rows, has_heard=self.workbench.has_heard)
        self._show_preview()

    @override
    def show_picture(self, picture: RunPicture) -> None:
        row = self.target()
        if row is not None and picture.row.id == row.id:
            self._picture, self._missing = picture, ("", "")
            self._show_preview()

    @override
    def show_missing(self, run_id: str, reason: str) -> None:
        row = self.target()
        if row is not None and run_id == row.id:
            self._picture, self._missing = None, (run_id, reason)
            self._show_preview()

    # The preview.

    @on(RunsPane.Chosen)
    def _follow_cursor(self) -> None:
        self._show_preview()
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(_SETTLE_S, self._settle)

    def _settle(self) -> None:
        # The list may move its cursor, by rows that come and go, while a dialog hides it.
        if self.app.screen is self:
            self._watch()

    @on(ScreenResume)
    def _watch(self) -> None:
        row = self.target()
        wanted = row.id if row is not None and not row.problem else ""
        self.workbench.feed.watch(_PREVIEW, wanted)

    @on(ScreenSuspend)
    def _look_away(self) -> None:
        # Also a dialog on top suspends; what it hides need not be read either.
        self.workbench.feed.watch(_PREVIEW, "")

    def _show_preview(self) -> None:
        row = self.target()
        run_id = row.id if row is not None else ""
        if run_id != self._previewed:
            self._previewed = run_id
            self.query_one(LogList).forget()
        picture = self._picture
        if picture is not None and picture.row.id != run_id:
            self._picture = picture = None
        reason = self._missing[1] if picture is None and self._missing[0] == run_id else ""
        known = picture.facts if picture is not None else ()
        self.query_one(Overview).show(row, (*known, *([("preview", reason)] if reason else [])))
        self.query_one(LogList).show(picture.log if picture is not None else ())
        chart = self.query_one(Chart)
        if picture is not None:
            chart.show(best_plot(picture))
        elif row is None or row.problem:
            chart.show(nothing("nothing to preview"))
        else:
            chart.show(nothing("no preview: see Overview" if reason else "reading …"))

    # Opening, and the first run of all.

    @on(RunList.Opened)
    def _open(self, event: RunList.Opened) -> None:
        if event.row is None:
            if self.pane.is_empty:
                self._start_demo()
        elif event.row.problem:
            self.workbench.tell(f"{event.row.id} cannot be opened: {event.row.problem}")
        else:
            self.workbench.open_run(event.row.id)

    @careful_work
    async def _start_demo(self) -> None:
        if self._is_starting:
            return
        self._is_starting = True
        self.workbench.tell(f"starting {_DEMO} …")
        try:
            begun = await asyncio.to_thread(_begin_demo)
        except WorkbenchError as error:
            self._is_starting = False
            self.workbench.tell(str(error), is_error=True)
            return
        self.workbench.feed.poke()
        self.workbench.open_run(begun.run_id)


def _begin_demo() -> Begun:
    experiment, file = load_experiment(_DEMO)
    return begin(Order(experiment, file, (PROGRAM, "run", _DEMO), opens=True))
