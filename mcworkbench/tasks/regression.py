"""Values instead of classes: mean squared error.

Also fits targets of any shape, such as images: an example's error is the mean over its values.
Shape letters: B = examples, O = values per example.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch
from torch.nn import functional

from mcworkbench.tasks.task import AbstractTask, MetricInfo, widened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


@final
class Regression(AbstractTask):
    """Outputs and targets are (B, O); "nll" is the mean squared error, like every task's loss."""

    name = "regression"
    metrics = (
        MetricInfo("nll", "", higher_is_better=False),
        MetricInfo("mse", "", higher_is_better=False),
        MetricInfo("rmse", "", higher_is_better=False),
        MetricInfo("mae", "", higher_is_better=False),
    )
    num_statistics = 3
    averages = "values"

    def __init__(self, ece_bins: int = 0) -> None:
        """Take the bins that every task is offered; values have no calibration error."""
        del ece_bins

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the squared error, mean over examples and their values."""
        return functional.mse_loss(widened(outputs), targets)

    def statistics(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return count, Σ squared error and Σ absolute error per example, (3,)."""
        gap_BO = (widened(outputs).double() - targets.double()).flatten(1)
        count = torch.full((), len(targets), dtype=torch.float64, device=outputs.device)
        return torch.stack([count, gap_BO.square().mean(1).sum(), gap_BO.abs().mean(1).sum()])

    def summarise(self, sums: Sequence[float]) -> dict[str, float]:
        """Return nll = mse (unit of the targets squared), rmse and mae (their unit)."""
        count, squared, absolute = sums
        mse = squared / count
        return {"nll": mse, "mse": mse, "rmse": mse**0.5, "mae": absolute / count}

    def predictions(self, outputs: Tensor) -> Tensor:
        """Return the values themselves, float32 (B, O)."""
        return outputs.float()

    def stored(self, outputs: Tensor) -> Tensor:
        """Return the values themselves, float32 (B, O)."""
        return outputs.float()

    def averaged(self, outputs: Tensor) -> Tensor:
        """Return the values themselves, float32 (B, O)."""
        return outputs.float()

    def disagreement(self, predictions_a: Tensor, predictions_b: Tensor) -> float:
        """Return the root mean square of the difference."""
        return (predictions_a - predictions_b).double().square().mean().sqrt().item()
