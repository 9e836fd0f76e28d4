"""Numbers as files: CSV and JSON as stored, npz with the reference's keys and percent.

Called by `reports.report`. Our own files keep fractions and nats, as their columns are named;
the reference's files keep its units, applied by `quantities`.
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

# The reference's curve.npz (eval_curve): its names for our columns.
_SPLITS = {"tr": "train", "te": "test"}
_SERIES = {"loss": "loss", "nll": "nll", "acc": "accuracy", "err": "error"}
_SUMMARISED = ("loss", "nll", "err")
_STATISTICS = ("min", "max", "avg", "int")
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
    file = io.BytesIO()
    # Keywords cannot collide with savez's own parameters: every name here is fixed above.
    np.savez(file, allow_pickle=False, **reference_arrays(path))
    return file.getvalue()


def _scalars(
    name: str, column: str, statistics: Mapping[str, float]
) -> dict[str, NDArray[np.float64]]:
    return {
        f"{name}_{statistic}": np.array(to_shown(column, [statistics[statistic]])[0])
        for statistic in _STATISTICS
        if statistic in statistics
    }


def _csv(heads: Sequence[str], rows: Sequence[Sequence[float]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([_harmless(head) for head in heads])
    writer.writerows([["" if _is_missing(value) else value for value in row] for row in rows])
    return file.getvalue().encode()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _is_missing(value: float) -> bool:
    return isinstance(value, float) and math.isnan(value)
