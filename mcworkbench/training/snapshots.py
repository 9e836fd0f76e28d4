"""Which epochs of a training are kept, and which was the best."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mcworkbench.config.options.training import TrainingOptions
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


@final
class Keeper:
    """Saves snapshots and remembers the best score (lower is better)."""

    def __init__(self, options: TrainingOptions, workspace: Workspace) -> None:
        self._options = options
        self._workspace = workspace
        self.best_score: float | None = None
        self.best_epoch: int | None = None

    def after_epoch(
        self,
        epoch: int,
        step: int,
        score: float | None,
        files: Callable[[], Mapping[str, bytes]],
    ) -> Iterator[Event]:
        """Yield a SnapshotSaved for each snapshot that this epoch deserves."""
        # NaN would be the best for ever: nothing is lower.
        known = math.inf if score is None or math.isnan(score) else score
        improved = known < (math.inf if self.best_score is None else self.best_score)
        if improved and epoch:
            self.best_score, self.best_epoch = known, epoch
            if "best" in self._options.keep_words():
                yield self._workspace.save_snapshot("best", epoch, step, files(), ("best",))
        if self._options.keeps(epoch):
            yield self._workspace.save_snapshot(f"epoch-{epoch}", epoch, step, files())

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint must hold."""
        return {"best_score": self.best_score, "best_epoch": self.best_epoch}

    def summary(self) -> dict[str, float]:
        """Return the best epoch for the stage's summary; empty where nothing was watched."""
        return {} if self.best_epoch is None else {"best_epoch": self.best_epoch}

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore what `state` returned."""
        self.best_score, self.best_epoch = state["best_score"], state["best_epoch"]
