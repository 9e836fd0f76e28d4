"""What predictions are worth, alone and averaged: scores, calibration, diversity. Pure numpy.

The engine scores ensembles with it and the interface every what-if, so both show the same
digits; no torch, no files. What is averaged is said by `averages`: "probabilities" (of classes,
N × C) or "values" (N × anything). Fractions, nats, or the unit of the values.
Shape letters: S = networks, N = examples, C = classes, M = bins of confidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Array: TypeAlias = npt.NDArray[Any]
Averages: TypeAlias = Literal["probabilities", "values"]
NUM_BINS = 15
# A probability of zero would make the loss infinite; float32 knows nothing smaller.
_TINY = 2.0**-126
# Rows of every network that are compared at once, so that memory stays small.
_CHUNK = 4096


def mean_of(outputs: Iterable[Array]) -> Array:
    """Return the mean over networks, float64 (N, …), added in the order given."""
    total: Array | None = None
    count = 0
    for outputs_N in outputs:
        wide = np.asarray(outputs_N, dtype=np.float64)
        total = wide.copy() if total is None else np.add(total, wide, out=total)
        count += 1
    assert total is not None, "an ensemble needs a network"
    return total / count


def scores(averages: Averages, mean: Array, targets: Array) -> dict[str, float]:
    """Return every score of predictions by name, without the split's.

    Of probabilities: nll, accuracy, error, ece, and brier, Σ_c (p_c - y_c)² as Brier (1950)
    summed over classes, from 0 to 2. Of values: nll = mse, rmse, mae; an example's error is the
    mean over its values.
    """
    mean = np.asarray(mean, dtype=np.float64)
    if averages == "values":
        gap_NO = mean.reshape(len(mean), -1) - targets.reshape(len(targets), -1)
        mse = float(np.square(gap_NO).mean(axis=1).mean())
        return {"nll": mse, "mse": mse, "rmse": mse**0.5, "mae": float(np.abs(gap_NO).mean())}
    true_N = np.take_along_axis(mean, targets[:, None], axis=1)[:, 0]
    num_correct = int((mean.argmax(axis=1) == targets).sum())
    count_M, confidence_M, correct_M = _bins(mean, targets)
    return {
        "nll": float(-np.log(np.maximum(true_N, _TINY)).mean()),
        "accuracy": num_correct / len(targets),
        "error": (len(targets) - num_correct) / len(targets),
        "ece": float(np.abs(confidence_M - correct_M).sum() / count_M.sum()),
        "brier": float((np.square(mean).sum(axis=1) - 2 * true_N + 1).mean()),
    }


def reliability(mean_NC: Array, targets_N: Array) -> dict[str, list[float]]:
    """Return count, mean confidence and accuracy of every bin of confidence that holds something.

    Bin m holds m/M ≤ confidence < (m+1)/M, the last one 1 as well.
    """
    count_M, confidence_M, correct_M = _bins(mean_NC, targets_N)
    held = count_M > 0
    return {
        "count": count_M[held].tolist(),
        "confidence": (confidence_M[held] / count_M[held]).tolist(),
        "accuracy": (correct_M[held] / count_M[held]).tolist(),
    }


def _bins(mean_NC: Array, targets_N: Array) -> tuple[Array, Array, Array]:
    """Return examples, Σ confidence and Σ correct of each bin, as `metrics.calibration` bins."""
    confidence_N = mean_NC.max(axis=1).astype(np.float64)
    correct_N = mean_NC.argmax(axis=1) == targets_N
    bin_N = np.minimum((confidence_N * NUM_BINS).astype(np.int64), NUM_BINS - 1)
    return (
        np.bincount(bin_N, minlength=NUM_BINS).astype(np.float64),
        np.bincount(bin_N, weights=confidence_N, minlength=NUM_BINS),
        np.bincount(bin_N, weights=correct_N, minlength=NUM_BINS),
    )


def without_each(
    averages: Averages, outputs: Sequence[Array], targets: Array
) -> list[dict[str, float]]:
    """Return what the ensemble scores without each network in turn; empty for a single one."""
    if len(outputs) < 2:  # noqa: PLR2004 - nothing is left of a single network.
        return [{} for _ in outputs]
    mean, count = mean_of(outputs), len(outputs)
    return [
        scores(averages, (mean * count - np.asarray(one, dtype=np.float64)) / (count - 1), targets)
        for one in outputs
    ]


def disagreement(averages: Averages, one: Array, other: Array) -> float:
    """Return how differently two networks predict: fraction of other classes, or RMS difference."""
    if averages == "probabilities":
        return float((one.argmax(axis=1) != other.argmax(axis=1)).mean())
    gap = np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    return float(np.sqrt(np.square(gap).mean()))


def disagreements(averages: Averages, outputs: Sequence[Array]) -> list[list[float]]:
    """Return the disagreement of every two networks, (S, S), zero on the diagonal."""
    if averages == "probabilities":
        classes_SN = np.stack([one.argmax(axis=1) for one in outputs])
        return [(classes_SN != one_N).mean(axis=1).tolist() for one_N in classes_SN]
    return [[disagreement(averages, one, other) for other in outputs] for one in outputs]


def correlations(outputs: Sequence[Array]) -> list[list[float]]:
    """Return the Pearson correlation of every two networks' outputs, (S, S).

    Over all examples and classes, as snapshot ensembles are compared (arXiv:1704.00109, §4.4);
    one that never varies correlates with nothing and has NaN.
    """
    means_S1 = np.array([[float(np.mean(one, dtype=np.float64))] for one in outputs])
    gram_SS = np.zeros((len(outputs), len(outputs)))
    for start in range(0, len(outputs[0]), _CHUNK):
        part = [one[start : start + _CHUNK].reshape(-1) for one in outputs]
        centred_SE = np.stack(part).astype(np.float64) - means_S1
        gram_SS += centred_SE @ centred_SE.T
    norms_S = np.sqrt(np.diag(gram_SS))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(gram_SS / np.outer(norms_S, norms_S), -1, 1).tolist()
