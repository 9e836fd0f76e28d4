"""The class-weighted F1 score, as sums that add up over batches.

Shape letters: B = examples, C = classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

# Of each class: right, predicted, actual.
NUM_CLASS_SUMS = 3


def class_sums(predicted_B: Tensor, actual_B: Tensor, num_classes: int) -> Tensor:
    """Return how often each class was hit, was predicted, was there, float64 (3 · C,).

    Neither synchronises nor scatters, so it is deterministic on a GPU.
    """
    labels_C = torch.arange(num_classes, device=predicted_B.device)
    is_predicted_BC = predicted_B[:, None] == labels_C
    is_actual_BC = actual_B[:, None] == labels_C
    parts = (is_predicted_BC & is_actual_BC, is_predicted_BC, is_actual_BC)
    return torch.cat([part.sum(0) for part in parts]).double()


def weighted_f1(sums: Sequence[float], num_classes: int) -> float:
    """Return the mean over classes of 2·hit / (predicted + actual), weighted by actual.

    A class that is not there counts nothing.
    """
    hit, predicted, actual = (
        sums[start : start + num_classes]
        for start in range(0, NUM_CLASS_SUMS * num_classes, num_classes)
    )
    total = sum(actual)
    return sum(
        there * 2 * right / (told + there) / total
        for right, told, there in zip(hit, predicted, actual, strict=True)
        if there
    )
