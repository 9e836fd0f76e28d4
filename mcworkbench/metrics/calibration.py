"""How far confidence is from accuracy, as sums that add up over batches.

Used by tasks while they score a batch, and by whoever summarises the sums.
Shape letters: B = examples, M = bins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


def calibration_sums(confidence_B: Tensor, correct_B: Tensor, num_bins: int) -> Tensor:
    """Return Σ confidence - Σ correct of each equal-width bin of confidence, float64 (M,).

    Bin m holds m/M ≤ confidence < (m+1)/M, the last one 1 as well. Neither synchronises nor
    scatters, so it is deterministic on a GPU.
    """
    confidence_B = confidence_B.double()
    bin_B = (confidence_B * num_bins).long().clamp(max=num_bins - 1)
    is_in_BM = bin_B[:, None] == torch.arange(num_bins, device=bin_B.device)
    gap_B = confidence_B - correct_B.double()
    return (is_in_BM * gap_B[:, None]).sum(0)


def calibration_error(sums_M: Sequence[float], count: float) -> float:
    """Return the expected calibration error, a fraction: Σ_m |gap_m| / count.

    Source: Guo et al., arXiv:1706.04599, equation 3; the bin sizes cancel.
    """
    return sum(abs(gap) for gap in sums_M) / count
