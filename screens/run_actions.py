"""What can be done with a run, from the list of runs and from an opened one alike.

A screen derives from `RunActions` and says by `target()` which run is meant. Every action asks
where something could be lost, works off the event loop, ends in one sentence, and lets the feed
look again. The rules are those of the commands, which the tooltips name.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakKeyDictionary

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import Input
from typing_extensions import override

from mcworkbench.errors import WorkbenchError
from mcworkbench.executors.control import ENDED, STOPPING, go_on, is_of_settings, stop_run
from mcworkbench.runs.actions import delete_run, restore_run
from mcworkbench.runs.index import run_line
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.state import ACTIVE, State
from mcworkbench.runs.views import RunView
from mcworkbench.screens.base import WorkbenchScreen
from mcworkbench.screens.dialogs.asking import (
    delete_dialog,
    edit_dialog,
    shown_name,
    stop_dialog,
    useless_dialog,
)
from mcworkbench.screens.dialogs.log import LogDialog, read_log
from mcworkbench.screens.dialogs.report import ReportDialog, write_report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.app import App

    from mcworkbench.runs.index import RunLine
    from mcworkbench.screens.pictures.run_row import RunRow

# What was deleted in each app, in the order of the deletes: both screens undo the same ones.
_deleted: WeakKeyDictionary[App[object], list[list[Path]]] = WeakKeyDictionary()


_ON_A_RUN = ("stop_run", "resume_run", "report_run", "log_run", "edit_run", "delete_run")


class RunActions(WorkbenchScreen):
    """A screen from which runs are stopped, resumed, deleted, reported on and read about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "X", "stop_run", "Stop", id="run.stop",
            tooltip="Stop it: after this epoch, now, or kill (mcworkbench stop RUN [--now|--kill])",
        ),
        Binding(
            "R", "resume_run", "Resume", id="run.resume",
            tooltip="Go on where it ended, or begin (mcworkbench resume RUN)",
        ),
        Binding(
            "p", "report_run", "Report", id="run.report",
            tooltip="Write its report and read it (mcworkbench report RUN)",
        ),
        Binding(
            "L", "log_run", "Log", id="run.log",
            tooltip="Why stages failed, and what its processes wrote",
        ),
        Binding(
            "E", "edit_run", "Edit", id="run.edit",
            tooltip="Edit its preset as a new one",
        ),
        Binding(
            "d", "delete_run", "Delete", id="run.delete",
            tooltip="Move it to the trash (mcworkbench delete RUN)",
        ),
        Binding(
            "u", "undo_delete", "Undo", show=False, id="run.undo",
            tooltip="Bring back what was deleted last (mcworkbench restore RUN)",
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._reported: set[str] = set()
        self._had_target: bool | None = None

    def target(self) -> RunRow | None:
        """Return the run that is meant, None where there is none."""
        raise NotImplementedError

    def targets(self) -> Sequence[RunRow]:
        """Return the runs to delete; more than one where several are marked."""
        row = self.target()
        return [row] if row is not None else []

    @override
    def refresh_chrome(self) -> None:
        super().refresh_chrome()
        has_target = self.target() is not None
        if has_target is not self._had_target:
            self._had_target = has_target
            self.refresh_bindings()

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _ON_A_RUN and self.target() is None:
            return None
        return super().check_action(action, parameters)

    def _chosen(self) -> RunRow | None:
        """Return the run that is meant if anything can be done with it, else say why not."""
        row = self.target()
        if row is None:
            self.workbench.tell("no run is selected.")
        elif row.problem:
            self.workbench.tell(f"{row.id} cannot be read, only deleted: {row.problem}")
        else:
            return row
        return None

    def _fail(self, error: WorkbenchError) -> None:
        self.workbench.tell(str(error), is_error=True)

    async def _look(self, row: RunRow) -> RunLine | None:
        """Return a run as it is this moment: the row may be a second old."""
        line = await asyncio.to_thread(run_line, row.id)
        if line is None:
            self.workbench.tell(f"{shown_name(row)} is not there any more.", is_error=True)
        return line

    @work
    async def action_stop_run(self) -> None:
        """Ask how soon a run shall stop, and ask it to."""
        row = self._chosen()
        line = await self._look(row) if row is not None else None
        if row is None or line is None:
            return
        name = shown_name(row)
        if line.state in ENDED or line.state is State.waiting:
            self.workbench.tell(f"{name} is not running: it is {line.state}.")
            return
        asked = RunFolder(row.id).request().level if line.state is State.stopping else None
        if asked is StopLevel.kill:
            self.workbench.tell(f"{name} is being killed already.")
            return
        answer = await self.app.push_screen_wait(stop_dialog(name, asked))
        if answer is None:
            return
        level = StopLevel[answer]
        try:
            newest = await asyncio.to_thread(run_line, row.id)
            await asyncio.to_thread(stop_run, newest or line, level, by="app")
        except WorkbenchError as error:
            self._fail(error)
        else:
            self.workbench.tell(f"{name} {STOPPING[level]}")
        self.workbench.feed.poke()

    @work
    async def action_resume_run(self) -> None:
        """Go on with a run that is not done."""
        row = self._chosen()
        line = await self._look(row) if row is not None else None
        if row is None or line is None:
            return
        name = shown_name(row)
        if line.state in ACTIVE or line.state is State.queued:
            why = f": {line.reason}" if line.reason else ""
            self.workbench.tell(f"{name} is {line.state} already{why}.")
            return
        if not await self._may_go_on(name, line):
            return
        try:
            await asyncio.to_thread(go_on, row.id)
        except WorkbenchError as error:
            self._fail(error)
        else:
            is_new = line.state is State.waiting
            self.workbench.tell(f"{name} {'starts' if is_new else 'goes on where it ended'}")
        self.workbench.feed.poke()

    async def _may_go_on(self, name: str, line: RunLine) -> bool:
        """Return whether a run shall be resumed; what cannot help offers its preset instead."""
        if line.state is State.done:
            if await self.app.push_screen_wait(edit_dialog(name)) == "e":
                self._edit(line.id)
            return False
        if line.state is not State.failed or not await asyncio.to_thread(_is_hopeless, line.id):
            return True
        answer = await self.app.push_screen_wait(useless_dialog(name, line.reason))
        if answer == "e":
            self._edit(line.id)
        return answer == "r"

    @work
    async def action_delete_run(self) -> None:
        """Move runs to the trash, after asking."""
        rows = list(self.targets())
        busy = [row for row in rows if row.is_supervised or row.state in ACTIVE]
        if not rows:
            self.workbench.tell("no run is selected.")
        elif busy:
            self.workbench.tell(f"{shown_name(busy[0])} is {busy[0].state}; stop it first with X.")
        elif await self.app.push_screen_wait(delete_dialog(rows)) == "d":
            await self._delete(rows)

    async def _delete(self, rows: Sequence[RunRow]) -> None:
        places: list[Path] = []
        try:
            for row in rows:
                places.append(await asyncio.to_thread(delete_run, row.id))  # noqa: PERF401
        except WorkbenchError as error:
            self._fail(error)
        if places:
            _deleted.setdefault(self.app, []).append(places)
            what = shown_name(rows[0]) if len(places) == 1 else f"{len(places)} runs"
            self.workbench.tell(f"deleted {what}; u brings {_them(places)} back")
            if self.workbench.opened_id in {row.id for row in rows}:
                self.workbench.close_run()
                self.app.switch_mode("runs")
        self.workbench.feed.poke()

    @work
    async def action_undo_delete(self) -> None:
        """Bring back the runs that were deleted last."""
        batches = _deleted.get(self.app)
        if not batches:
            self.workbench.tell("nothing was deleted; `mcworkbench restore` lists older ones.")
            return
        places = batches.pop()
        back: list[str] = []
        try:
            for place in places:
                back.append(await asyncio.to_thread(restore_run, place))  # noqa: PERF401
        except WorkbenchError as error:
            self._fail(error)
        if back:
            self.workbench.tell(f"restored {back[0] if len(back) == 1 else f'{len(back)} runs'}")
        self.workbench.feed.poke()

    @work
    async def action_report_run(self) -> None:
        """Write the report of a run in a process of its own, then show it."""
        row = self._chosen()
        if row is None:
            return
        name = shown_name(row)
        if row.id in self._reported:
            self.workbench.tell(f"the report of {name} is being written already.")
            return
        self._reported.add(row.id)
        self.workbench.tell(f"writing the report of {name} …")
        try:
            report = await write_report(row.id)
        except WorkbenchError as error:
            self._fail(error)
        else:
            if self.is_current and not isinstance(self.focused, Input):
                self.app.push_screen(ReportDialog(report))
            else:
                # Whoever does something else by now must not have the keys taken away.
                self.workbench.tell(f"the report of {name} is written: {report.page}")
        finally:
            self._reported.discard(row.id)

    @work
    async def action_log_run(self) -> None:
        """Show what the processes of a run wrote."""
        row = self._chosen()
        if row is not None:
            log = await asyncio.to_thread(read_log, row.id)
            self.app.push_screen(LogDialog(shown_name(row), log))

    def action_edit_run(self) -> None:
        """Open the preset of a run in the editor, as a new one."""
        row = self._chosen()
        if row is not None:
            self._edit(row.id)

    def _edit(self, run_id: str) -> None:
        self.workbench.edit_preset(str(RunFolder(run_id).preset_path))


def _is_hopeless(run_id: str) -> bool:
    """Return whether a failed run would fail the same way again."""
    try:
        return is_of_settings(RunView(run_id))
    except WorkbenchError:
        return False


def _them(things: Sequence[object]) -> str:
    return "it" if len(things) == 1 else "them"
