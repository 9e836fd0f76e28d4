"""One class per example: mean cross-entropy, accuracy, calibration.

Shape letters: B = examples, C = classes, M = calibration bins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch
from torch.nn import functional
from typing_extensions import override

from mcworkbench.metrics.calibration import calibration_error, calibration_sums
from mcworkbench.metrics.f1 import NUM_CLASS_SUMS, class_sums, weighted_f1
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
        MetricInfo("f1", "fraction", higher_is_better=True),
    )
    averages = "probabilities"

    def __init__(self, ece_bins: int, num_classes: int = 0) -> None:
        """Leave calibration and F1 out where their counts are 0: training does not pay for them."""
        self.ece_bins = ece_bins
        self.num_classes = num_classes
        self.num_statistics = _NUM_TOTALS + ece_bins + NUM_CLASS_SUMS * num_classes

    @override
    def with_classes(self, num_classes: int) -> Classification:
        return Classification(self.ece_bins, num_classes)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean negative log likelihood, nats per example."""
        return functional.cross_entropy(widened(outputs), targets)

    def statistics(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return count, Σ nll, Σ correct, the gap of each calibration bin, counts of classes."""
        log_BC = widened(outputs).log_softmax(1)
        nll_B = -log_BC.gather(1, targets[:, None])[:, 0]
        best_log_B, best_B = log_BC.max(1)
        correct_B = best_B == targets
        count = torch.full((1,), len(targets), dtype=torch.float64, device=outputs.device)
        totals = [count, nll_B.double().sum()[None], correct_B.double().sum()[None]]
        if self.ece_bins:
            totals.append(calibration_sums(best_log_B.exp(), correct_B, self.ece_bins))
        if self.num_classes:
            totals.append(class_sums(best_B, targets, self.num_classes))
        return torch.cat(totals)

    def summarise(self, sums: Sequence[float]) -> dict[str, float]:
        """Return nll (nats per example), accuracy, error, ece and weighted F1 (fractions)."""
        count, nll, correct = sums[:_NUM_TOTALS]
        values = {
            "nll": nll / count,
            "accuracy": correct / count,
            # Not 1 - accuracy: one wrong of many must read as exactly that fraction.
            "error": (count - correct) / count,
        }
        bins_end = _NUM_TOTALS + self.ece_bins
        if self.ece_bins:
            values["ece"] = calibration_error(sums[_NUM_TOTALS:bins_end], count)
        if self.num_classes:
            values["f1"] = weighted_f1(sums[bins_end:], self.num_classes)
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
