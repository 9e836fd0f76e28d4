"""Numbers as files: CSV and JSON as stored, npz with the keys and units of other programs.

Called by `reports.report` and exports. Our own files keep fractions and nats, as their columns
are named, and so do the TensorFlow port's; the reference's have percent, from `quantities`.
"""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING

import numpy as np

from mcworkbench.reports.document import as_json
from mcworkbench.reports.quantities import to_shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mcworkbench.reports.document import PathSummary, RunSummary, TrainingSummary
    from mcworkbench.reports.ensemble_document import BudgetSummary, EnsembleSummary

# The reference's curve.npz (eval_curve): its names for our columns.
_SPLITS = {"tr": "train", "te": "test"}
_SERIES = {"loss": "loss", "nll": "nll", "acc": "accuracy", "err": "error"}
_SUMMARISED = ("loss", "nll", "err")
_STATISTICS = ("min", "max", "avg", "int")
# The TensorFlow port's names for our columns: of a series, and of its summary.
_TF_SERIES = {
    "nll": ("losses", "loss"),
    "accuracy": ("accuracy_scores", "accuracy"),
    "f1": ("f1_scores", "f1_scores"),
}
# Probabilities are stored in half precision: what is smaller is 0 there.
_SMALLEST_PROBABILITY = np.float32(2**-25)
# A cell that starts so is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def summary_json(summary: RunSummary) -> bytes:
    """Return everything collected as JSON; what is missing or not finite is null."""
    text = json.dumps(as_json(summary), indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def path_csv(path: PathSummary) -> bytes:
    """Return one row per evaluated t: position, distance from the row before, every column."""
    names = list(path.columns)
    rows = [
        [t, step, *(path.columns[name][index] for name in names)]
        for index, (t, step) in enumerate(zip(path.ts, path.dl, strict=True))
    ]
    return _csv(["t", "dl", *names], rows)


def training_csv(training: TrainingSummary) -> bytes:
    """Return one row per epoch: learning rate, seconds, every told value."""
    names = list(training.values)
    rows = [
        [
            epoch,
            training.lr[index],
            training.seconds[index],
            *(training.values[name][index] for name in names),
        ]
        for index, epoch in enumerate(training.epochs)
    ]
    return _csv(["epoch", "lr", "seconds", *names], rows)


def members_csv(ensemble: EnsembleSummary) -> bytes:
    """Return one row per member: its own scores, the ensemble's up to it, distances."""
    members = ensemble.members
    parts = ("values", "ensemble", "distances")
    names = {
        part: list(dict.fromkeys(name for one in members for name in getattr(one, part)))
        for part in parts
    }
    heads = [
        name if part != "ensemble" else f"ensemble_{name}" for part in parts for name in names[part]
    ]
    rows = [
        [
            *(one.index, one.epoch, one.step),
            *(getattr(one, part).get(name, math.nan) for part in parts for name in names[part]),
        ]
        for one in members
    ]
    return _csv(["index", "epoch", "step", *heads], rows)


def budgets_csv(budgets: Sequence[BudgetSummary]) -> bytes:
    """Return one row per method and budget; the methods' names stand in the first column."""
    names = list(dict.fromkeys(name for one in budgets for name in one.mean))
    rows = [
        [
            one.method,
            *(one.budget, one.members, one.pools),
            *(one.mean.get(name, math.nan) for name in names),
            *(one.sd.get(name, math.nan) for name in names),
        ]
        for one in budgets
    ]
    spreads = [f"{name}_sd" for name in names]
    return _csv(["method", "budget", "members", "pools", *names, *spreads], rows)


def reference_arrays(path: PathSummary) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of the reference's curve.npz; accuracy and error in percent.

    "ts", "dl", "{tr,te}_{loss,nll,acc,err}" of length T, and scalars
    "{tr,te}_{loss,nll,err}_{min,max,avg,int}". Keys whose column a path lacks are absent. Of a
    chain the arrays are those of the reference's chain.npz: no "dl" and no scalars, and "ts"
    counts segments, 0 … number of networks - 1.
    """
    arrays = {"ts": np.array(path.ts), "dl": np.array(path.dl)}
    if path.num_segments:
        arrays = {"ts": np.array(path.ts) * path.num_segments}
    for short, split in _SPLITS.items():
        for suffix, word in _SERIES.items():
            column = f"{split}_{word}"
            if column in path.columns:
                arrays[f"{short}_{suffix}"] = np.array(to_shown(column, path.columns[column]))
        for suffix in () if path.num_segments else _SUMMARISED:
            column = f"{split}_{_SERIES[suffix]}"
            arrays |= _scalars(f"{short}_{suffix}", column, path.statistics.get(column, {}))
    return arrays


def reference_npz(path: PathSummary) -> bytes:
    """Return `reference_arrays` as the bytes of an .npz file."""
    return npz_bytes(reference_arrays(path))


def tf_stats(path: PathSummary) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of the TensorFlow port's stats_of_points_on_curve: nats and fractions.

    "points_on_curve", "dl", "{train,test}_{losses,accuracy_scores,f1_scores}"; its loss has no
    penalty. Keys whose column a path lacks are absent.
    """
    arrays = {"points_on_curve": np.array(path.ts), "dl": np.array(path.dl)}
    for split in _SPLITS.values():
        for word, (series, _) in _TF_SERIES.items():
            if f"{split}_{word}" in path.columns:
                arrays[f"{split}_{series}"] = np.array(path.columns[f"{split}_{word}"])
    return arrays


def tf_summary(path: PathSummary) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of its summary_stats_curve, e.g. "train_loss_min", "test_accuracy_int"."""
    arrays = {"points_on_curve": np.array(path.ts)}
    for split in _SPLITS.values():
        for word, (_, name) in _TF_SERIES.items():
            known = path.statistics.get(f"{split}_{word}", {})
            for statistic in _STATISTICS:
                if statistic in known:
                    arrays[f"{split}_{name}_{statistic}"] = np.array(known[statistic])
    return arrays


def tf_predictions(
    ts: NDArray[np.floating], outputs_TNC: NDArray[np.floating], targets_N: NDArray[np.generic]
) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of its predictions_and_probabilities_curve, for the test set.

    "test_output" holds logarithms of the stored probabilities: logits with the same softmax. Of a
    regression there are only values: "test_predictions" and "test_targets".
    Shape letters: T = positions, N = examples, C = classes.
    """
    if not np.issubdtype(targets_N.dtype, np.integer):
        return {
            "points_on_curve": ts,
            "test_predictions": outputs_TNC,
            "test_targets": np.broadcast_to(targets_N, (len(ts), *targets_N.shape)).copy(),
        }
    logits_TNC = np.log(np.maximum(outputs_TNC.astype(np.float32), _SMALLEST_PROBABILITY))
    return {
        "points_on_curve": ts,
        "test_predictions": outputs_TNC.argmax(axis=2),
        "test_targets": np.broadcast_to(targets_N, outputs_TNC.shape[:2]).copy(),
        "test_output": logits_TNC,
    }


def npz_bytes(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Return arrays, none of them called "file", as the bytes of an .npz file."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _scalars(
    name: str, column: str, statistics: Mapping[str, float]
) -> dict[str, NDArray[np.float64]]:
    return {
        f"{name}_{statistic}": np.array(to_shown(column, [statistics[statistic]])[0])
        for statistic in _STATISTICS
        if statistic in statistics
    }


def _csv(heads: Sequence[str], rows: Sequence[Sequence[float | str]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([_harmless(head) for head in heads])
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return file.getvalue().encode()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cell(value: float | str) -> float | str:
    if isinstance(value, str):
        return _harmless(value)
    return "" if math.isnan(value) else value
