"""Running averages of network vectors: the mean of SWA, the Gaussian of SWAG.

Pure arithmetic on vectors; batch norm of whatever comes out is the caller's to refresh.
Shape letters: D = padded parameters, K = deviations.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, final

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

# A variance below this is rounding.
_SMALLEST_VARIANCE = 1e-30


@final
class RunningMean:
    """The equal mean of vectors, as `torch.optim.swa_utils.AveragedModel` computes it.

    Attributes:
        vector_D: the mean so far; zeros before the first.
        count: how many vectors it is the mean of.
    """

    def __init__(self, like_D: Tensor) -> None:
        """Begin empty, on the device of `like_D`."""
        self.vector_D = torch.zeros_like(like_D)
        self.count = 0

    @torch.no_grad()
    def add(self, vector_D: Tensor) -> None:
        """Take one more vector in: m ← m + (w - m)/(n + 1)."""
        if self.count == 0:
            self.vector_D.copy_(vector_D)
        else:
            self.vector_D.lerp_(vector_D, 1 / (self.count + 1))
        self.count += 1

    def clear(self) -> None:
        """Begin anew."""
        self.vector_D.zero_()
        self.count = 0

    def load(self, vector_D: Tensor, count: int) -> None:
        """Restore a mean."""
        self.vector_D.copy_(vector_D)
        self.count = count


@final
class Moments:
    """Mean, variance and newest deviations of iterates: the Gaussian of SWAG (arXiv:1902.02476).

    The reference keeps the mean of squares and subtracts; ours adds up (w - m)(w - m'), Welford's
    form of the same variance, which does not cancel. Deviations are w - m with m after the update.
    """

    def __init__(self, mean: RunningMean, rank: int) -> None:
        """Follow `mean`, keeping the newest `rank` deviations on the CPU."""
        self.mean = mean
        self.rank = rank
        self._squares_D = torch.zeros_like(mean.vector_D)
        self._deviations: list[Tensor] = []

    @torch.no_grad()
    def add(self, vector_D: Tensor) -> None:
        """Take one more iterate into mean, variance and deviations."""
        before_D = self.mean.vector_D.clone() if self.mean.count else vector_D
        self.mean.add(vector_D)
        self._squares_D.addcmul_(vector_D - before_D, vector_D - self.mean.vector_D)
        self._deviations.append((vector_D - self.mean.vector_D).cpu())
        self._deviations = self._deviations[-self.rank :]

    @property
    def variance_D(self) -> Tensor:
        """The variance of each parameter over the iterates: E[w²] - E[w]²."""
        return self._squares_D / max(1, self.mean.count)

    @property
    def deviations_KD(self) -> Tensor:
        """The newest deviations, on the CPU, oldest first."""
        return torch.stack(self._deviations) if self._deviations else torch.zeros(0)

    def tensors(self) -> dict[str, Tensor]:
        """Return what a checkpoint must hold beside the mean."""
        kept = {f"deviation.{place}": row_D for place, row_D in enumerate(self._deviations)}
        return {"squares": self._squares_D, **kept}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Restore what `tensors` returned."""
        self._squares_D.copy_(tensors["squares"])
        count = sum(name.startswith("deviation.") for name in tensors)
        self._deviations = [tensors[f"deviation.{place}"] for place in range(count)]


def swag_sample(
    mean_D: Tensor,
    variance_D: Tensor,
    deviations_KD: Tensor | None,
    *,
    scale: float,
    seed: int,
    index: int,
) -> Tensor:
    """Return one network drawn from SWAG's Gaussian, shape (D,).

    w = m + √scale·(√max(v, 1e-30) ⊙ z₁ + Dᵀz₂ / √(K - 1)), without the second term where there
    are no deviations: the diagonal Gaussian. The noise is drawn on the CPU from (seed, index),
    so it is the same everywhere and sample k does not depend on how many others are drawn.
    """
    digest = hashlib.sha256(f"{seed}/swag/{index}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
    noise_D = torch.randn(mean_D.shape, generator=generator).to(mean_D)
    step_D = variance_D.clamp(min=_SMALLEST_VARIANCE).sqrt() * noise_D
    if deviations_KD is not None:
        num = len(deviations_KD)
        assert num > 1, "the low-rank part divides by the rank less one"
        weights_K = torch.randn(num, generator=generator).to(deviations_KD)
        step_D += torch.mv(deviations_KD.T, weights_K).to(mean_D) / (num - 1) ** 0.5
    return mean_D + scale**0.5 * step_D
