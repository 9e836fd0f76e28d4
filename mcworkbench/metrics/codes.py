"""Codes of two autoencoders: principal components, and the map from one code to the other.

Shape letters: N = examples, Z = numbers of a code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from torch import Tensor


def principal_frame(codes_NZ: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return mean (Z,), the first two principal directions (Z, 2) and their shares of variance.

    Signs are fixed: the largest entry of each direction is positive. A code of one number gets a
    second direction of zeros.
    """
    codes = codes_NZ.double()
    mean = codes.mean(0)
    _, singular, directions = torch.linalg.svd(codes - mean, full_matrices=False)
    shares = singular.square() / singular.square().sum().clamp_min(1e-300)
    frame = torch.zeros(codes.shape[1], 2, dtype=torch.float64, device=codes.device)
    explained = torch.zeros(2, dtype=torch.float64, device=codes.device)
    for place in range(min(2, len(directions))):
        direction = directions[place]
        largest = direction[direction.abs().argmax()]
        frame[:, place] = direction * (-1 if largest < 0 else 1)
        explained[place] = shares[place]
    return mean, frame, explained


def procrustes(from_NZ: Tensor, to_NZ: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rotation M (Z, Z) and shift c (Z,) for which M·z + c is nearest to the codes.

    Least squares over orthogonal matrices, reflections included: Schönemann 1966.
    """
    source, target = from_NZ.double(), to_NZ.double()
    mean_from, mean_to = source.mean(0), target.mean(0)
    left, _, right = torch.linalg.svd((target - mean_to).T @ (source - mean_from))
    rotation = left @ right
    return rotation, mean_to - rotation @ mean_from


def signed_permutation(from_NZ: Tensor, to_NZ: Tensor) -> tuple[Tensor, Tensor]:
    """Return M (Z, Z) of one ±1 per row and column, and c = 0: the best match of correlations.

    It commutes with every odd function, so it leaves a tanh code's network as it is.
    """
    source, target = (_standardised(codes) for codes in (from_NZ, to_NZ))
    correlation_ZZ = (target.T @ source / len(source)).cpu().numpy()
    rows, columns = linear_sum_assignment(-np.abs(correlation_ZZ))
    matrix = np.zeros_like(correlation_ZZ)
    matrix[rows, columns] = np.where(correlation_ZZ[rows, columns] < 0, -1.0, 1.0)
    turned = torch.from_numpy(matrix).to(from_NZ.device)
    return turned, torch.zeros(len(matrix), dtype=torch.float64, device=from_NZ.device)


def code_distance(source_NZ: Tensor, target_NZ: Tensor) -> float:
    """Return the root mean square distance, as a share of the target's spread.

    About 1.4 where the two have nothing to do with each other.
    """
    target = target_NZ.double()
    spread = (target - target.mean(0)).square().sum(1).mean()
    distance = (source_NZ.double() - target).square().sum(1).mean()
    return (distance / spread.clamp_min(1e-300)).sqrt().item()


def _standardised(codes_NZ: Tensor) -> Tensor:
    codes = codes_NZ.double()
    spread = codes.std(0, correction=0)
    return (codes - codes.mean(0)) / spread.clamp_min(1e-12)
