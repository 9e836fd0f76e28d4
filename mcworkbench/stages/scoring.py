"""Score one network on the splits of a data set, with its own batch-norm statistics.

Used while an end trains, when it has finished, and for networks taken in from files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch

from mcworkbench.tasks import make_task
from mcworkbench.training.evaluation import evaluate_split, interruptible

if TYPE_CHECKING:
    from mcworkbench.data.dataset import Dataset, SplitName
    from mcworkbench.data.resident import Split
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.workspace import Workspace
    from mcworkbench.tasks.task import AbstractTask

EVALUATION_BATCH = 1024
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


def watched_name(dataset: Dataset) -> SplitName:
    """Return "validation", or "test" where the data set keeps no validation examples."""
    return "validation" if dataset.counts["validation"] else "test"


@final
class NetworkScorer:
    """Scores whole splits without touching parameters, buffers or generators."""

    def __init__(
        self,
        dataset: Dataset,
        flat: FlatModule,
        workspace: Workspace,
        *,
        precision: str = "float32",
        channels_last: bool = False,
        task: AbstractTask | None = None,
    ) -> None:
        """Keep what is scored; `task` is the data set's own with its usual loss where absent."""
        self._dataset = dataset
        self._flat = flat
        self._device = workspace.device
        self._between = interruptible(workspace)
        self._precision = precision
        self._channels_last = channels_last
        self._task = task or make_task(dataset)
        self._splits: dict[SplitName, Split] = {}
        self._batch_size = EVALUATION_BATCH

    def split(self, name: SplitName) -> Split:
        """Return a split on the device, made once."""
        if name not in self._splits:
            self._splits[name] = self._dataset.split(
                name, self._device, channels_last=self._channels_last
            )
        return self._splits[name]

    def scores(self, name: SplitName) -> dict[str, float]:
        """Return every metric of one split by "<split>_<metric>"; may raise `Interrupted`."""
        self._flat.module.eval()
        scored = evaluate_split(
            self._flat,
            self._task,
            self.split(name),
            batch_size=self._batch_size,
            precision=self._precision,
            between=self._between,
        )
        self._batch_size = scored.batch_size
        return {f"{name}_{metric}": value for metric, value in scored.values.items()}

    def all_scores(self, weight_decay: float = 0.0) -> dict[str, float]:
        """Return the metrics of every split, ‖w‖² and the training loss with its decay term."""
        values: dict[str, float] = {}
        for name in SPLITS:
            if self._dataset.counts[name]:
                values |= self.scores(name)
        norm_squared = float(torch.sum(self._flat.params.double() ** 2).item())
        penalty = weight_decay * norm_squared / 2
        return {**values, "train_loss": values["train_nll"] + penalty, "l2": norm_squared}
