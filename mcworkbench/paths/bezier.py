"""The Bézier curve: smooth, drawn towards its bends without passing through them.

Shape letters: T = positions, K = nodes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, final

import torch

from mcworkbench.paths.curve import AbstractCurve

if TYPE_CHECKING:
    from torch import Tensor


@final
class Bezier(AbstractCurve):
    """A Bézier curve of degree K - 1."""

    def __init__(self, num_nodes: int) -> None:
        assert num_nodes > 1, "a curve has two ends"
        self.num_nodes = num_nodes
        self._binomials = [float(math.comb(num_nodes - 1, k)) for k in range(num_nodes)]

    def coefficients(self, t_T: Tensor) -> Tensor:
        """Return C(n, k) t^k (1 - t)^(n - k) with n = K - 1, shape (T, K).

        Source: arXiv:1802.10026, section 3.2; 0^0 is 1, so the ends are exact.
        """
        powers_K = torch.arange(self.num_nodes, dtype=t_T.dtype, device=t_T.device)
        binomials_K = torch.tensor(self._binomials, dtype=t_T.dtype, device=t_T.device)
        t_T1 = t_T.unsqueeze(-1)
        return binomials_K * t_T1**powers_K * (1 - t_T1) ** powers_K.flip(0)
