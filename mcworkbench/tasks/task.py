"""The contract between what a network is for and everything that trains or scores it.

Training, curves, evaluation and ensembles call these methods and nothing else, so a task whose
targets are its inputs (reconstruction) needs no second loop: targets may have any shape (B, …).
Shape letters: B = examples of a batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from mcworkbench.runs.ensemble_scores import Averages

_HALF_TYPES = (torch.bfloat16, torch.float16)


@final
@dataclass(frozen=True, slots=True)
class MetricInfo:
    """A number that `summarise` returns.

    Attributes:
        name: its key, and the column's name after "<split>_".
        unit: "nats", "fraction", "dB", or "" for the unit of the targets or its square.
        higher_is_better: which direction is an improvement.
    """

    name: str
    unit: str
    higher_is_better: bool


class AbstractTask(ABC):
    """What loss means.

    Attributes:
        name: its name in the catalogue.
        metrics: what `summarise` returns; "nll", the mean loss per example, is always first.
        num_statistics: length of the vector that `statistics` returns.
        averages: what an ensemble is the mean of: "probabilities" of classes, or "values".
    """

    name: str
    metrics: tuple[MetricInfo, ...]
    num_statistics: int
    averages: Averages

    @abstractmethod
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss over the batch, a scalar that can be differentiated."""

    @abstractmethod
    def statistics(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return float64 sums over the batch, (num_statistics,), on the outputs' device.

        Vectors of batches add up; the first entry counts examples. Nothing is synchronised.
        """

    def loss_and_statistics(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return `loss` and `statistics` of one training batch; a costly loss is taken once."""
        with torch.no_grad():
            sums = self.statistics(outputs.detach(), targets)
        return self.loss(outputs, targets), sums

    @abstractmethod
    def summarise(self, sums: Sequence[float]) -> dict[str, float]:
        """Return every metric by name from the added statistics of at least one example."""

    @abstractmethod
    def predictions(self, outputs: Tensor) -> Tensor:
        """Return what two networks are compared by, first axis B."""

    @abstractmethod
    def stored(self, outputs: Tensor) -> Tensor:
        """Return what is kept of the outputs for ensembles and pictures, first axis B."""

    def with_classes(self, num_classes: int) -> AbstractTask:
        """Return the task that also counts class by class; tasks without classes stay as is."""
        del num_classes
        return self

    @abstractmethod
    def averaged(self, outputs: Tensor) -> Tensor:
        """Return what an ensemble takes the mean of, as `averages` says; float32, first axis B."""

    @abstractmethod
    def disagreement(self, predictions_a: Tensor, predictions_b: Tensor) -> float:
        """Return how differently two networks predict the same examples; 0 is not at all."""


def widened(outputs: Tensor) -> Tensor:
    """Return outputs of half precision as float32, others as they are."""
    return outputs.float() if outputs.dtype in _HALF_TYPES else outputs
