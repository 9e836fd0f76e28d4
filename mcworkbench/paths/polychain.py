"""The polygonal chain: straight segments from node to node, each a same share of t.

Shape letters: T = positions, K = nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch

from mcworkbench.paths.curve import AbstractCurve

if TYPE_CHECKING:
    from torch import Tensor


@final
class PolygonalChain(AbstractCurve):
    """A chain of K - 1 straight segments; with 2 nodes, the straight line."""

    def __init__(self, num_nodes: int) -> None:
        assert num_nodes > 1, "a curve has two ends"
        self.num_nodes = num_nodes

    def coefficients(self, t_T: Tensor) -> Tensor:
        """Return max(0, 1 - |t (K - 1) - k|), shape (T, K).

        Source: arXiv:1802.10026, section 3.2.
        """
        indices_K = torch.arange(self.num_nodes, dtype=t_T.dtype, device=t_T.device)
        distance_TK = (t_T.unsqueeze(-1) * (self.num_nodes - 1) - indices_K).abs()
        return (1 - distance_TK).clamp(min=0)
