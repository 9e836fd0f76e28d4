"""Points of a plane as characters, one sign per class; the commonest class has a cell. Pure numpy.

Shape letters: N = points, R = rows and C = columns of characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EMPTY = -1
SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARGIN = 0.02
_FLAT = 1e-9

Extent = tuple[float, float, float, float]


def sign_of(label: int) -> str:
    """Return the sign of a class; beyond the alphabet all have the same."""
    return SIGNS[label] if 0 <= label < len(SIGNS) else "•"


def extent_of(*points: NDArray[np.floating]) -> Extent | None:
    """Return low and high x, low and high y of points (N, 2) with a margin; None without any."""
    every = [each[np.isfinite(each).all(axis=1)] for each in points]
    joined = np.concatenate(every) if every else np.empty((0, 2))
    if not len(joined):
        return None
    low, high = joined.min(axis=0).astype(float), joined.max(axis=0).astype(float)
    size = np.maximum(high - low, _FLAT * np.maximum(np.abs(low), np.abs(high)) + _FLAT)
    low, high = low - _MARGIN * size, high + _MARGIN * size
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def scattered(
    points_N2: NDArray[np.floating],
    labels_N: NDArray[np.integer],
    num_rows: int,
    num_columns: int,
    extent: Extent,
) -> NDArray[np.int64]:
    """Return the class in every cell (R, C), `EMPTY` where no point lies; of equals the lower.

    Args:
        points_N2: x and y; points outside the extent or without numbers are left out.
        labels_N: class of each point, not negative.
        num_rows: rows R; the highest y is on top.
        num_columns: columns C.
        extent: low and high x, low and high y.
    """
    cells_RC = np.full((num_rows, num_columns), EMPTY, dtype=np.int64)
    if not num_rows or not num_columns or not len(points_N2):
        return cells_RC
    left, right, low, high = extent
    across = (points_N2[:, 0].astype(float) - left) / (right - left) * num_columns
    down = (high - points_N2[:, 1].astype(float)) / (high - low) * num_rows
    is_inside = (across >= 0) & (across <= num_columns) & (down >= 0) & (down <= num_rows)
    columns = np.minimum(across[is_inside].astype(int), num_columns - 1)
    rows = np.minimum(down[is_inside].astype(int), num_rows - 1)
    labels = np.asarray(labels_N)[is_inside].astype(np.int64)
    if not labels.size:
        return cells_RC
    num_labels = int(labels.max()) + 1
    places, counts = np.unique((rows * num_columns + columns) * num_labels + labels,
                               return_counts=True)  # fmt: skip
    # Ascending counts, so that the last one written to a cell is its commonest.
    order = np.lexsort((-places, counts))
    cells, classes = np.divmod(places[order], num_labels)
    cells_RC.ravel()[cells] = classes
    return cells_RC
