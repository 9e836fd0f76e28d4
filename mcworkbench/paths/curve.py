"""A curve: how much of every control point each position t takes.

Pure arithmetic on coefficients; control points themselves belong to `path.NodePath`.
Shape letters: T = positions, K = control points (nodes), ends included.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mcworkbench.catalogue import PATHS, find, resolve

if TYPE_CHECKING:
    from torch import Tensor


class AbstractCurve(ABC):
    """A family of curves with a number of control points.

    Attributes:
        num_nodes: K, both ends included.
    """

    num_nodes: int

    @abstractmethod
    def coefficients(self, t_T: Tensor) -> Tensor:
        """Return the weight of every node at every t, shape (T, K), in the type of `t_T`.

        Each row sums to 1; t = 0 takes the first node alone, t = 1 the last alone.

        Args:
            t_T: positions in [0, 1], shape (T,), floating-point.
        """


def make_curve(name: str, num_nodes: int, *, where: str = "") -> AbstractCurve:
    """Return the catalogue's curve of that name with K = `num_nodes`.

    Raises:
        InvalidInputError: no curve is called `name`.
    """
    curve = resolve(find(PATHS, "curve", name, where=where))(num_nodes)
    assert isinstance(curve, AbstractCurve)
    return curve
