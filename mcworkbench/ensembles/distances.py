"""How far apart networks are and how alike they predict, every two of the members so far.

Shape letters: D = padded parameters, N = examples, S = networks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, final

import torch

from mcworkbench.runs import ensemble_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from mcworkbench.runs.ensemble_scores import Array, Averages

Matrices = dict[str, list[list[float]]]


def distance(one_D: Tensor, other_D: Tensor) -> float:
    """Return the Euclidean distance of two networks, added up in float64."""
    return float(torch.linalg.vector_norm(one_D - other_D, dtype=torch.float64))


def cosine(one_D: Tensor, other_D: Tensor) -> float:
    """Return the cosine of the angle between two parameter vectors; NaN for one of zeros."""
    wide_D, other_wide_D = one_D.double(), other_D.double()
    norms = wide_D.norm() * other_wide_D.norm()
    return float(torch.dot(wide_D, other_wide_D) / norms) if norms > 0 else math.nan


@final
class Comparison:
    """Matrices over networks, (S, S) each, that grow by a line and a column per network.

    Attributes:
        matrices: "disagreement" and "correlation" of predictions; "distance" and "cosine" of
            parameters, as long as those of every network were given.
    """

    def __init__(self, averages: Averages) -> None:
        self.matrices: Matrices = {}
        self._averages: Averages = averages

    def add(self, outputs: Sequence[Array], vectors: Sequence[Tensor | None]) -> None:
        """Compare the last of these networks with the others."""
        newest, others = outputs[-1], outputs[:-1]
        gaps = [ensemble_scores.disagreement(self._averages, newest, one) for one in others]
        ties = [ensemble_scores.correlations([newest, one])[0][1] for one in others]
        self._extend("disagreement", gaps, 0.0)
        self._extend("correlation", ties, 1.0)
        known = [vector_D for vector_D in vectors if vector_D is not None]
        if len(known) < len(vectors):
            return
        here_D = known.pop()
        self._extend("distance", [distance(here_D, other_D) for other_D in known], 0.0)
        self._extend("cosine", [cosine(here_D, other_D) for other_D in known], 1.0)

    def _extend(self, name: str, values: list[float], own: float) -> None:
        matrix = self.matrices.setdefault(name, [])
        for row, value in zip(matrix, values, strict=True):
            row.append(value)
        matrix.append([*values, own])
