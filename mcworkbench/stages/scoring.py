"""Score one network on the splits of a data set, with its own batch-norm statistics.

Used while an end trains, when it has finished, and for networks taken in from files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch

from mcworkbench.tasks import make_task
from mcworkbench.training.evaluation import evaluate_split, interruptible

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from mcworkbench.data.dataset import Dataset, SplitName
    from mcworkbench.data.resident import Split
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.ensemble_scores import Averages
    from mcworkbench.runs.workspace import Workspace
    from mcworkbench.tasks.task import AbstractTask

EVALUATION_BATCH = 1024
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


def watched_name(dataset: Dataset) -> SplitName:
    """Return "validation", or "test" where the data set keeps no validation examples."""
    return "validation" if dataset.counts["validation"] else "test"


def answers_of(split: Split, keep: Callable[[Tensor], Tensor], batch_size: int) -> Tensor:
    """Return what kept outputs are compared with: targets, or the images as `keep` keeps them."""
    if not split.reconstructs:
        return split.targets
    return torch.cat([keep(inputs_B) for inputs_B, _ in split.batches(batch_size)])


@final
class NetworkScorer:
    """Scores whole splits without touching parameters, buffers or generators.

    Attributes:
        task: what it scores by.
        averages: what an ensemble of such networks is the mean of, as the task says.
    """

    def __init__(
        self,
        dataset: Dataset,
        flat: FlatModule,
        workspace: Workspace,
        *,
        precision: str = "float32",
        channels_last: bool = False,
        task: AbstractTask | None = None,
        batch_size: int = EVALUATION_BATCH,
    ) -> None:
        """Keep what is scored; `task` is the data set's own with its usual loss where absent."""
        self._dataset = dataset
        self._flat = flat
        self._device = workspace.device
        self._between = interruptible(workspace)
        self._precision = precision
        self._channels_last = channels_last
        self.task = task or make_task(dataset)
        self.averages: Averages = self.task.averages
        self._splits: dict[SplitName, Split] = {}
        self._batch_size = batch_size

    def split(self, name: SplitName) -> Split:
        """Return a split on the device, made once."""
        if name not in self._splits:
            self._splits[name] = self._dataset.split(
                name, self._device, channels_last=self._channels_last
            )
        return self._splits[name]

    def answers(self, name: SplitName) -> Tensor:
        """Return what averaged outputs are compared with: targets, or images in [0, 1] pixels."""
        return answers_of(self.split(name), self.task.averaged, self._batch_size)

    def scores(self, name: SplitName) -> dict[str, float]:
        """Return every metric of one split by "<split>_<metric>"; may raise `Interrupted`."""
        return self._scored(name)[0]

    def outputs(self, name: SplitName) -> tuple[dict[str, float], Tensor]:
        """Return the scores of one split and what an ensemble averages, from one pass."""
        values, stored_N = self._scored(name, self.task.averaged)
        assert stored_N is not None
        return values, stored_N

    def _scored(
        self, name: SplitName, keep: Callable[[Tensor], Tensor] | None = None
    ) -> tuple[dict[str, float], Tensor | None]:
        self._flat.module.eval()
        scored = evaluate_split(
            self._flat,
            self.task,
            self.split(name),
            batch_size=self._batch_size,
            precision=self._precision,
            keep=keep,
            between=self._between,
        )
        self._batch_size = scored.batch_size
        values = {f"{name}_{metric}": value for metric, value in scored.values.items()}
        return values, scored.stored_N

    def all_scores(self, weight_decay: float = 0.0) -> dict[str, float]:
        """Return the metrics of every split, ‖w‖² and the training loss with its decay term."""
        values: dict[str, float] = {}
        for name in SPLITS:
            if self._dataset.counts[name]:
                values |= self.scores(name)
        norm_squared = float(torch.sum(self._flat.params.double() ** 2).item())
        penalty = weight_decay * norm_squared / 2
        return {**values, "train_loss": values["train_nll"] + penalty, "l2": norm_squared}
