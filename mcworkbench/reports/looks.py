"""Looks at what networks along a path predict: pure numpy, shared by reports, commands, the app.

Reads the files that an evaluation keeps beside its table, `predictions.npz` and `functions.npz`;
knows no run, no torch and no textual.
Shape letters: T = positions, N = examples, C = classes, F = functions, G = grid.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Array: TypeAlias = npt.NDArray[Any]

PREDICTIONS_FILE = "predictions.npz"
FUNCTIONS_FILE = "functions.npz"
BANDWIDTH = 0.01
_NUM_POINTS = 201
_MATRIX_AXES = 3


@final
@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Test outputs at every t.

    Attributes:
        ts: (T,), increasing.
        outputs: class probabilities (T, N, C), or values (T, N, O) of a regression.
        targets: classes (N,), or values (N, O).
    """

    ts: Array
    outputs: Array
    targets: Array

    @property
    def has_classes(self) -> bool:
        """Return whether the outputs are class probabilities."""
        return self.targets.dtype.kind == "i" and self.outputs.ndim == _MATRIX_AXES

    def place(self, t: float) -> int:
        """Return the place of the stored position nearest to t, the lower one of two."""
        return nearest_place(self.ts, t)

    def at(self, t: float) -> tuple[Array, Array]:
        """Return outputs (N, …) and targets at the stored position nearest to t."""
        return self.outputs[self.place(t)], self.targets


@final
@dataclass(frozen=True, slots=True, eq=False)
class Functions:
    """Functions of one variable along a path, and the data they were made for.

    Attributes:
        ts: (F,), increasing; the first and last are the ends of the path.
        x: positions of the input, (G,).
        values: (F, G).
        train_x: of the training examples, (N,); and so on.
        train_y: likewise.
        test_x: likewise.
        test_y: likewise.
    """

    ts: Array
    x: Array
    values: Array
    train_x: Array
    train_y: Array
    test_x: Array
    test_y: Array

    def place(self, t: float) -> int:
        """Return the place of the function nearest to t."""
        return nearest_place(self.ts, t)


def nearest_place(ts: Array, t: float) -> int:
    """Return the place of the position nearest to t, the lower one of two."""
    return int(np.argmin(np.abs(ts - t)))


def read_predictions(folder: Path) -> Predictions | None:
    """Return the stored predictions of an evaluation, None where it kept none that can be read."""
    found = _read(folder / PREDICTIONS_FILE, ("ts", "outputs", "targets"))
    if found is None:
        return None
    ts, outputs, targets = found
    fits = outputs.ndim >= 2 and outputs.shape[:2] == (len(ts), len(targets))  # noqa: PLR2004
    return Predictions(ts, outputs, targets) if fits and len(ts) else None


def read_functions(folder: Path) -> Functions | None:
    """Return the stored functions of an evaluation, None where it kept none that can be read."""
    names = ("ts", "x", "values", "train_x", "train_y", "test_x", "test_y")
    found = _read(folder / FUNCTIONS_FILE, names)
    if found is None:
        return None
    ts, x, values = found[:3]
    return Functions(*found) if values.shape == (len(ts), len(x)) and len(ts) else None


def confusion(outputs_NC: Array, targets_N: Array) -> npt.NDArray[np.int64]:
    """Return how often each class (row) was predicted as each (column), (C, C).

    The prediction is the most probable class, the lower one of two.
    """
    num_classes = outputs_NC.shape[1]
    flat_N = targets_N.astype(np.int64) * num_classes + outputs_NC.argmax(1)
    counts = np.bincount(flat_N, minlength=num_classes * num_classes)
    return counts.reshape(num_classes, num_classes)


def true_class_density(
    outputs_NC: Array,
    targets_N: Array,
    *,
    bandwidth: float = BANDWIDTH,
    num_points: int = _NUM_POINTS,
) -> tuple[Array, Array]:
    """Return where in [0, 1] the probabilities of the true class lie, class by class.

    A Gaussian kernel density of each class's examples, looked at between 0 and 1 only: what the
    kernel puts beyond is cut off, not moved inside. A class without examples has NaN.

    Args:
        outputs_NC: class probabilities.
        targets_N: true classes.
        bandwidth: standard deviation of the kernel.
        num_points: G.

    Returns:
        The grid (G,) and the densities (C, G).
    """
    grid_G = np.linspace(0, 1, num_points)
    chosen_N = np.take_along_axis(outputs_NC, targets_N[:, None].astype(np.int64), 1)[:, 0]
    density_CG = np.full((outputs_NC.shape[1], num_points), np.nan)
    for label in np.unique(targets_N):
        # Probabilities were kept as halves, so a class has few different ones.
        values, counts = np.unique(chosen_N[targets_N == label], return_counts=True)
        gaps_GV = (grid_G[:, None] - values.astype(np.float64)) / bandwidth
        kernel_GV = np.exp(-(gaps_GV**2) / 2) / (bandwidth * np.sqrt(2 * np.pi))
        density_CG[int(label)] = kernel_GV @ counts / counts.sum()
    return grid_G, density_CG


def worst_confusions(counts_CC: Array, count: int) -> list[tuple[int, int, int]]:
    """Return the most frequent mistakes as (true class, predicted class, how often)."""
    wrong = counts_CC.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    pairs = [divmod(int(place), len(wrong)) for place in order]
    return [(true, told, int(wrong[true, told])) for true, told in pairs if wrong[true, told]]


def _read(file: Path, names: Sequence[str]) -> list[Array] | None:
    try:
        # Opened here: numpy leaves a file that is no archive open when it gives up.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            return [np.asarray(archive[name]) for name in names]
    except (OSError, ValueError, EOFError, TypeError, KeyError, zipfile.BadZipFile):
        return None
