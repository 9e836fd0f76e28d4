"""Runs deleted to the trash and brought back, by batches: the last one first.

The batches belong to the app, so every screen undoes the same ones.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.actions import delete_run, restore_run
from mcworkbench.runs.state import ACTIVE
from mcworkbench.screens.base import WorkbenchScreen
from mcworkbench.screens.careful_work import careful_work
from mcworkbench.screens.dialogs.asking import delete_dialog, shown_name, told_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.screens.pictures.run_row import RunRow


@final
@dataclass(frozen=True, slots=True)
class Deleted:
    """A run in the trash: where it lies, its id, and what sentences call it."""

    place: Path
    run_id: str
    name: str


class RunDeleting(WorkbenchScreen):
    """A screen from which runs are deleted."""

    @abstractmethod
    def targets(self) -> Sequence[RunRow]:
        """Return the runs to delete; more than one where several are marked."""

    @careful_work
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
        batch: list[Deleted] = []
        # Known to the app at once: whatever happens on the way, u brings back what went.
        self.workbench.deleted.append(batch)
        try:
            for row in rows:
                await self._trash(row, batch)
        finally:
            if not batch:
                self.workbench.deleted.remove(batch)
            self.workbench.feed.poke()
        if batch:
            self.workbench.tell(f"deleted {_named(batch)}; u brings {_them(batch)} back")
        if self.workbench.opened_id in {one.run_id for one in batch}:
            self.workbench.close_run()
            self.app.switch_mode("runs")

    async def _trash(self, row: RunRow, batch: list[Deleted]) -> None:
        try:
            place = await asyncio.to_thread(delete_run, row.id)
        except WorkbenchError as error:
            self.workbench.tell(told_of(error, row), is_error=True)
        else:
            batch.append(Deleted(place, row.id, shown_name(row)))

    @careful_work
    async def action_undo_delete(self) -> None:
        """Bring back the runs that were deleted last; what cannot come back now stays known."""
        batches = self.workbench.deleted
        if not batches:
            self.workbench.tell("nothing was deleted; `mcworkbench restore` lists older ones.")
            return
        batch = batches.pop()
        back: list[Deleted] = []
        try:
            for one in batch:
                try:
                    await asyncio.to_thread(restore_run, one.place)
                except WorkbenchError as error:
                    self.workbench.tell(f"{one.name} is not restored: {error}", is_error=True)
                else:
                    back.append(one)
        finally:
            left = [one for one in batch if one not in back and one.place.exists()]
            if left:
                # Below all others: what fails again must not bar the way to them.
                batches.insert(0, left)
            self.workbench.feed.poke()
        if back:
            self.workbench.tell(f"restored {_named(back)}")


def _named(batch: Sequence[Deleted]) -> str:
    return batch[0].name if len(batch) == 1 else f"{len(batch)} runs"


def _them(batch: Sequence[Deleted]) -> str:
    return "it" if len(batch) == 1 else "them"
