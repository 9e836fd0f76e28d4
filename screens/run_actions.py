"""What can be done with a run, from the list of runs and from an opened one alike.

A screen derives from `RunActions` and says by `target()` which run is meant. Every action asks
where something could be lost, works off the event loop, ends in one sentence, and lets the feed
look again. The rules are those of the commands, which the tooltips name.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input
from typing_extensions import override

from mcworkbench.errors import WorkbenchError
from mcworkbench.executors.control import ENDED, STOPPING, go_on, is_of_settings, stop_run
from mcworkbench.runs.index import run_line
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.run_log import read_log
from mcworkbench.runs.state import ACTIVE, State
from mcworkbench.runs.views import RunView
from mcworkbench.screens.careful_work import careful_work
from mcworkbench.screens.dialogs.asking import (
    edit_dialog,
    shown_name,
    stop_dialog,
    told_of,
    useless_dialog,
)
from mcworkbench.screens.dialogs.log import LogDialog
from mcworkbench.screens.dialogs.report import ReportDialog, write_report
from mcworkbench.screens.run_deleting import RunDeleting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.runs.index import RunLine
    from mcworkbench.screens.dialogs.choice import ChoiceDialog
    from mcworkbench.screens.pictures.run_row import RunRow

_ON_A_RUN = ("stop_run", "resume_run", "report_run", "log_run", "edit_run", "delete_run")


class RunActions(RunDeleting):
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
            tooltip="Why stages failed, and what its processes wrote (mcworkbench log RUN)",
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
        self._was_useful: list[str] | None = None

    def target(self) -> RunRow | None:
        """Return the run that is meant, None where there is none."""
        raise NotImplementedError

    @override
    def targets(self) -> Sequence[RunRow]:
        row = self.target()
        return [row] if row is not None else []

    @override
    def refresh_chrome(self) -> None:
        super().refresh_chrome()
        useful = [action for action in _ON_A_RUN if self.target() and self.is_useful(action)]
        if useful != self._was_useful:
            self._was_useful = useful
            self.refresh_bindings()

    def is_useful(self, action: str) -> bool:
        """Return whether the hints should name an action: what would only explain is left out."""
        row = self.target()
        if row is None or action not in ("stop_run", "resume_run"):
            return True
        is_going = row.is_supervised or row.state in ACTIVE
        return is_going if action == "stop_run" else not is_going and row.state is not State.done

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

    def _fail(self, error: WorkbenchError, row: RunRow) -> None:
        self.workbench.tell(told_of(error, row), is_error=True)

    @property
    def _is_free(self) -> bool:
        """Return whether a dialog may open that took a moment: nobody does something else."""
        # `is_current` also holds under a dialog that lets it shine through.
        return self.app.screen is self and not isinstance(self.focused, Input)

    async def _ask(self, dialog: ChoiceDialog) -> str | None:
        return await self.app.push_screen_wait(dialog) if self._is_free else None

    async def _look(self, row: RunRow) -> RunLine | None:
        """Return a run as it is this moment: the row may be a second old."""
        line = await asyncio.to_thread(run_line, row.id)
        if line is None:
            self.workbench.tell(f"{shown_name(row)} is not there any more.", is_error=True)
        return line

    @careful_work
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
        answer = await self._ask(stop_dialog(name, asked))
        if answer is None:
            return
        level = StopLevel[answer]
        try:
            newest = await asyncio.to_thread(run_line, row.id)
            await asyncio.to_thread(stop_run, newest or line, level, by="app")
        except WorkbenchError as error:
            self._fail(error, row)
        else:
            self.workbench.tell(f"{name} {STOPPING[level]}")
        self.workbench.feed.poke()

    @careful_work
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
            self._fail(error, row)
        else:
            is_new = line.state is State.waiting
            self.workbench.tell(f"{name} {'starts' if is_new else 'goes on where it ended'}")
        self.workbench.feed.poke()

    async def _may_go_on(self, name: str, line: RunLine) -> bool:
        """Return whether a run shall be resumed; what cannot help offers its preset instead."""
        if line.state is State.done:
            if await self._ask(edit_dialog(name)) == "e":
                self._edit(line.id)
            return False
        if line.state is not State.failed or not await asyncio.to_thread(_is_hopeless, line.id):
            return True
        answer = await self._ask(useless_dialog(name, line.reason))
        if answer == "e":
            self._edit(line.id)
        return answer == "r"

    @careful_work
    async def action_report_run(self) -> None:
        """Write the report of a run in a process of its own and show it once it is there."""
        row = self._chosen()
        if row is None:
            return
        name = shown_name(row)
        if row.id in self._reported:
            self.workbench.tell(f"the report of {name} is being written already.")
            return
        self._reported.add(row.id)
        # At once: what comes seconds later would take the keys of whoever does something else.
        dialog = ReportDialog(name)
        if self._is_free:
            await self.app.push_screen(dialog)
        try:
            report = await write_report(row.id)
        except WorkbenchError as error:
            self._fail(error, row)
        else:
            if dialog.is_waiting:
                await dialog.fill(report)
            else:
                self.workbench.tell(f"the report of {name} is written: {report.page}")
        finally:
            if dialog.is_waiting:
                dialog.dismiss()
            self._reported.discard(row.id)

    @careful_work
    async def action_log_run(self) -> None:
        """Show what the processes of a run wrote."""
        row = self._chosen()
        if row is not None:
            log = await asyncio.to_thread(read_log, row.id)
            if self._is_free:
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
