"""Make the picture of an opened run from its refreshed view, rebuilding only what changed.

Called by the feed's thread. Knows no Textual; everything in a picture is plain and frozen.
"""

from __future__ import annotations

import time
from dataclasses import fields
from typing import TYPE_CHECKING, final

from mcworkbench.reports.stage_text import (
    doing_words,
    finished_parts,
    in_order,
    live_parts,
    state_words,
)
from mcworkbench.runs.index import line_of
from mcworkbench.runs.state import ACTIVE
from mcworkbench.screens.pictures.facts import facts_of
from mcworkbench.screens.pictures.log import MergedLog
from mcworkbench.screens.pictures.looking import Looks
from mcworkbench.screens.pictures.members import Ensembles
from mcworkbench.screens.pictures.pairs import Pairs
from mcworkbench.screens.pictures.rows import row_of
from mcworkbench.screens.pictures.run_picture import RunPicture, StageRow
from mcworkbench.screens.pictures.training import Trainings
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.runs.views import NodeView, RunView

_MAX_TEXT = 500


def picture_of(view: RunView, *, wall_s: Callable[[], float] = time.time) -> RunPicture:
    """Return the picture of a refreshed view, built from nothing."""
    return Painter(view, wall_s=wall_s).picture()


@final
class Painter:
    """Paints one run again and again; what did not change stays the same object.

    Attributes:
        view: the run; the caller refreshes it before it asks for a picture.
    """

    def __init__(
        self,
        view: RunView,
        *,
        wall_s: Callable[[], float] = time.time,
        breathe: Callable[[], None] | None = None,
    ) -> None:
        """Prepare to paint; `breathe` is called between parts of a long read."""
        self.view = view
        self._wall_s = wall_s
        self._looks = Looks(breathe)
        self._trainings = Trainings()
        self._pairs = Pairs()
        self._ensembles = Ensembles()
        self._log = MergedLog()
        self._last: RunPicture | None = None

    def picture(self, *, is_open: bool = True) -> RunPicture:
        """Return the run as it is now: the last picture itself where nothing changed.

        Args:
            is_open: read also what only an open run shows, its looks.
        """
        run = self.view
        if not is_open:
            self._looks.forget()
        seen = {node.key: node.view.evidence for node in run.nodes.values()}
        row = row_of(line_of(run.document, run.evidence, seen), run)
        last = self._last
        painted = RunPicture(
            row=row,
            facts=facts_of(run, self._wall_s()),
            stages=tuple(map(_stage, in_order(run))),
            trainings=self._trainings.pictures(run),
            pairs=self._pairs.pictures(run),
            ensembles=self._ensembles.pictures(run),
            log=self._log.lines(run),
            warnings=tuple(map(_line, run.warnings)),
            messages=tuple(_line(f"{name}: {text}") for name, text in run.messages.items()),
            version=last.version + 1 if last is not None else 1,
            looks=self._looks.pairs(run) if is_open else (),
            strips=self._looks.strips(run) if is_open else (),
        )
        if last is not None and _content(painted) == _content(last):
            return last
        self._last = painted
        return painted


def _line(text: str) -> str:
    return clean_line(text, limit=_MAX_TEXT)


def _content(picture: RunPicture) -> tuple[object, ...]:
    # Plots compare by identity, which the painter's parts keep while nothing changes.
    return tuple(
        getattr(picture, field.name) for field in fields(picture) if field.name != "version"
    )


def _stage(node: NodeView) -> StageRow:
    is_active = node.state in ACTIVE
    progress = node.view.progress
    return StageRow(
        name=node.name,
        kind=node.kind,
        state=node.state,
        is_reused=node.reused,
        words=_line((doing_words(node) if is_active else "") or state_words(node)),
        numbers=tuple(live_parts(node) if is_active else finished_parts(node)),
        fraction=node.view.fraction,
        eta_s=progress.eta_s if is_active and progress is not None else None,
        made_by=node.made_by,
        message=_line(node.view.message),
        key=node.key,
    )
