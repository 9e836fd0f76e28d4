"""Which epochs of a training are kept, and which was the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mcworkbench.config.options.training import TrainingOptions
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def is_kept(keep: str, epoch: int, last_epoch: int) -> bool:
    """Return whether `keep` names this epoch ('0, 32, every:10, initial, last')."""
    words = {word.strip() for word in keep.split(",") if word.strip()}
    named = (
        {str(epoch)}
        | ({"initial"} if epoch == 0 else set())
        | ({"last"} if epoch == last_epoch else set())
    )
    periods = [int(word.partition(":")[2]) for word in words if word.startswith("every:")]
    return bool(words & named) or any(epoch % period == 0 for period in periods)


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
        # A score that is not a number is never the best.
        improved = score is not None and (self.best_score is None or score < self.best_score)
        if improved and epoch:
            self.best_score, self.best_epoch = score, epoch
            if "best" in self._options.keep:
                yield self._workspace.save_snapshot("best", epoch, step, files(), ("best",))
        if is_kept(self._options.keep, epoch, self._options.last_epoch):
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
