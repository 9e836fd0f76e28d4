"""The plane through three networks, with orthonormal axes.

Called by the plane stage and by pictures. Source: dnn-mode-connectivity's plane rule; ours
accumulates in float64 and takes any three vectors, not only a curve of three nodes.
Shape letters: D = padded elements, N = networks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from mcworkbench.errors import InvalidInputError

_CHUNK = 2**22
# Below this share of the networks' norms, a distance is float32 rounding.
_ROUNDING = 1e-6


@final
@dataclass(frozen=True)
class Plane:
    """An affine plane in parameter space.

    Attributes:
        origin: the first network, shape (D,).
        u: unit vector from the first network to the last, shape (D,).
        v: unit vector towards the middle one, orthogonal to u, shape (D,).
        dx: distance from the first network to the last.
        dy: distance of the middle network from the line through the others.
    """

    origin: Tensor
    u: Tensor
    v: Tensor
    dx: float
    dy: float

    def coordinates(self, w_ND: Tensor) -> Tensor:
        """Return each network's orthogonal projection on the axes, shape (N, 2), float64, CPU."""
        rows = [(_dot(w_D - self.origin, self.u), _dot(w_D - self.origin, self.v)) for w_D in w_ND]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, 2)

    def point(self, alpha: float, beta: float) -> Tensor:
        """Return origin + alpha dx u + beta dy v, shape (D,): the corners are (0, 0), (1, 0)."""
        return self.origin + alpha * self.dx * self.u + beta * self.dy * self.v


def plane_through(w0: Tensor, w1: Tensor, w2: Tensor) -> Plane:
    """Return the plane of three networks: w0 the origin, w2 along u, w1 (the bend) towards v.

    Raises:
        InvalidInputError: the three lie on one line, so no plane is theirs alone.
    """
    scale = max(math.sqrt(_dot(w, w)) for w in (w0, w1, w2))
    u = w2 - w0
    dx = math.sqrt(_dot(u, u))
    if dx <= _ROUNDING * scale:
        raise InvalidInputError(
            "plane: the first and the last network are the same; choose two that differ."
        )
    u = u / dx
    v = w1 - w0
    for _ in range(2):  # The second pass removes what rounding left of u.
        v = v - _dot(v, u) * u
    dy = math.sqrt(_dot(v, v))
    if dy <= _ROUNDING * max(scale, dx):
        raise InvalidInputError(
            "plane: the three networks lie on one line (as the bend of an untrained curve does); "
            "choose a third one beside it."
        )
    return Plane(w0, u, v / dy, dx, dy)


def _dot(a_D: Tensor, b_D: Tensor) -> float:
    """Return the inner product, accumulated in float64 without a float64 copy of the whole."""
    total = torch.zeros((), dtype=torch.float64, device=a_D.device)
    for start in range(0, a_D.numel(), _CHUNK):
        piece = slice(start, start + _CHUNK)
        total += torch.dot(a_D[piece].double(), b_D[piece].double())
    return float(total)
