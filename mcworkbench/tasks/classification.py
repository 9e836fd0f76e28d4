"""One class per example: mean cross-entropy, accuracy, calibration.

Shape letters: B = examples, C = classes, M = calibration bins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch
from torch.nn import functional

from mcworkbench.metrics.calibration import calibration_error, calibration_sums
from mcworkbench.tasks.task import AbstractTask, MetricInfo, widened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

_NUM_TOTALS = 3


@final
class Classification(AbstractTask):
    """Outputs are logits (B, C), targets classes (B,)."""

    name = "classification"
    metrics = (
        MetricInfo("nll", "nats", higher_is_better=False),
        MetricInfo("accuracy", "fraction", higher_is_better=True),
        MetricInfo("error", "fraction", higher_is_better=False),
        MetricInfo("ece", "fraction", higher_is_better=False),
    )
    averages = "probabilities"

    def __init__(self, ece_bins: int) -> None:
        """Leave calibration out where `ece_bins` is 0: training does not pay for it."""
        self.ece_bins = ece_bins
        self.num_statistics = _NUM_TOTALS + ece_bins

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean negative log likelihood, nats per example."""
        return functional.cross_entropy(widened(outputs), targets)

    def statistics(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return count, Σ nll, Σ correct and the calibration gap of each bin, (3 + M,)."""
        log_BC = widened(outputs).log_softmax(1)
        nll_B = -log_BC.gather(1, targets[:, None])[:, 0]
        best_log_B, best_B = log_BC.max(1)
        correct_B = best_B == targets
        count = torch.full((1,), len(targets), dtype=torch.float64, device=outputs.device)
        totals = [count, nll_B.double().sum()[None], correct_B.double().sum()[None]]
        if self.ece_bins:
            totals.append(calibration_sums(best_log_B.exp(), correct_B, self.ece_bins))
        return torch.cat(totals)

    def summarise(self, sums: Sequence[float]) -> dict[str, float]:
        """Return nll (nats per example), accuracy, error and ece (fractions)."""
        count, nll, correct = sums[:_NUM_TOTALS]
        values = {
            "nll": nll / count,
            "accuracy": correct / count,
            # Not 1 - accuracy: one wrong of many must read as exactly that fraction.
            "error": (count - correct) / count,
        }
        if self.ece_bins:
            values["ece"] = calibration_error(sums[_NUM_TOTALS:], count)
        return values

    def predictions(self, outputs: Tensor) -> Tensor:
        """Return the most probable class, int64 (B,)."""
        return outputs.argmax(1)

    def stored(self, outputs: Tensor) -> Tensor:
        """Return the class probabilities, float16 (B, C)."""
        return widened(outputs).softmax(1).half()

    def averaged(self, outputs: Tensor) -> Tensor:
        """Return the class probabilities, float32 (B, C): ensembles average them, not logits."""
        return widened(outputs).softmax(1)

    def disagreement(self, predictions_a: Tensor, predictions_b: Tensor) -> float:
        """Return the fraction of examples with different classes."""
        return (predictions_a != predictions_b).double().mean().item()
