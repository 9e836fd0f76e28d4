"""The runs that are open: their views and painters, opened on demand, the least used let go.

Called by the feed's thread only.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, final

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.marks import check_readable, mark_of, marks_of
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.views import RunView
from mcworkbench.screens.pictures.build import Painter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mcworkbench.screens.pictures.run_picture import RunPicture

# Open runs that nobody asks for any more stay for a while: the user goes back and forth.
_MAX_IDLE = 6


@final
class Gallery:
    """Opens and refreshes views; what `breathe` raises ends a read and comes through."""

    def __init__(
        self,
        *,
        clock_s: Callable[[], float],
        wall_s: Callable[[], float],
        breathe: Callable[[], None],
    ) -> None:
        self._clock_s = clock_s
        self._wall_s = wall_s
        self._breathe = breathe
        self._painters: OrderedDict[str, Painter] = OrderedDict()

    def has(self, run_id: str) -> bool:
        """Return whether the run is open."""
        return run_id in self._painters

    def opened(self, run_id: str) -> RunView | None:
        """Return the view of an open run as it was refreshed last, None where it is not open."""
        painter = self._painters.get(run_id)
        return painter.view if painter is not None else None

    def refreshed(self, run_id: str) -> Painter:
        """Return a run whose view has just been refreshed, opened where it was not.

        Raises:
            WorkbenchError: it was deleted, or its run.json cannot be read.
            OSError: the disk does not answer; an open run stays as it was.
        """
        painter = self._painters.get(run_id)
        if painter is None:
            check_readable(RunFolder(run_id).document_path)
            view = RunView(run_id, clock=self._clock_s, breathe=self._breathe)
            painter = Painter(view, wall_s=self._wall_s, breathe=self._breathe)
            self._painters[run_id] = painter
            return painter
        view = painter.view
        if mark_of(str(view.folder.document_path)) is None:
            raise WorkbenchError(f"run {view.name or run_id} was deleted.")
        # A view takes what it cannot read for what is not there, so stages are asked for first.
        marks_of(str(node.view.folder.path) for node in view.nodes.values())
        view.refresh()
        self._painters.move_to_end(run_id)
        return painter

    def picture(self, run_id: str, *, is_open: bool = True) -> RunPicture:
        """Return the picture of a run as it is now; the last one itself where nothing changed.

        Args:
            run_id: its id.
            is_open: read also what only an open run shows.

        Raises:
            WorkbenchError: it was deleted, or its run.json cannot be read.
            OSError: the disk does not answer; an open run stays as it was.
        """
        return self.refreshed(run_id).picture(is_open=is_open)

    def forget(self, run_id: str) -> None:
        """Let go of a run."""
        self._painters.pop(run_id, None)

    def keep(self, wanted: Collection[str]) -> None:
        """Let go of runs that nobody wants, the least recently used first, down to a few."""
        idle = [run_id for run_id in self._painters if run_id not in wanted]
        for run_id in idle[: max(0, len(idle) - _MAX_IDLE)]:
            self.forget(run_id)
