"""What a column of numbers is: its split, its unit, how it is labelled and written as text.

The one owner of units in text: fractions become percent here and nowhere else. Tables, figures,
exports and live plots ask this file; it reads no files and knows no run.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MISSING = "–"
PERCENT = 100.0
_SPLITS = ("train", "validation", "test")
# What an ensemble scores stands beside what its members score.
_ENSEMBLE = "ensemble_"
_FRACTIONS = ("error", "accuracy", "ece", "f1", "disagreement")
_FURTHER = "test-"
_TINY = 1e-3
_LARGE = 1e4

_WORDS = {
    "nll": "nll",
    "loss": "loss",
    "error": "error",
    "accuracy": "accuracy",
    "ece": "calibration error",
    "brier": "Brier score",
    "f1": "F1 score (class-weighted)",
    "disagreement_first": "disagreement with the first end",
    "disagreement_last": "disagreement with the last end",
    "mse": "mse",
    "rmse": "rmse",
    "mae": "mean absolute error",
    "psnr": "PSNR",
    "ssim": "SSIM",
    "lpips": "LPIPS (VGG16)",
    "baseline": "loss of the mean image",
    "l2": "squared norm of the parameters",
    # Whatever the task: a run in a list does not tell which it is.
    "probe_nll": "loss along t",
}
_UNITS = {"nll": "nats", "loss": "nats"}
RECONSTRUCTION = "reconstruction"
# What the loss of a reconstruction is called, by its name in [loss].
_LOSSES = {
    "mse": "mse",
    "mae": "mean absolute error",
    "ssim": "1 - SSIM",
    "laplacian": "Laplacian loss",
    "perceptual": "perceptual loss",
}
_IMAGE_COLUMNS = ("test_mse", "test_psnr", "test_ssim", "test_lpips")


@final
@dataclass(frozen=True, slots=True)
class Quantity:
    """One column, described.

    Attributes:
        column: its name, e.g. "test_error".
        split: "train", "validation", "test", "test (NAME)" of a further test set, "ensemble test"
            of an ensemble's own scores, or "" where it belongs to no split.
        word: what is measured, e.g. "error".
        unit: what text and figures show: "%", "nats" or "".
        is_fraction: whether the stored value is a fraction that text shows in percent.
        is_regularised: whether the weight penalty is part of it.
    """

    column: str
    split: str
    word: str
    unit: str
    is_fraction: bool
    is_regularised: bool

    @property
    def label(self) -> str:
        """Split and meaning, e.g. "test error" or "train loss (regularised)"."""
        penalty = " (regularised)" if self.is_regularised else ""
        return f"{self.split} {self.word}{penalty}".strip()

    @property
    def axis(self) -> str:
        """Label with unit, e.g. "test error, %"."""
        return f"{self.label}, {self.unit}" if self.unit else self.label


@functools.lru_cache(maxsize=512)
def quantity(column: str, *, task: str = "classification") -> Quantity:
    """Return what the column of that name holds; an unknown name is shown as it is."""
    if column.startswith(_ENSEMBLE):
        own = quantity(column.removeprefix(_ENSEMBLE), task=task)
        return replace(own, column=column, split=f"ensemble {own.split}".strip())
    split, _, rest = column.partition("_")
    if rest and is_further(column):
        split = f"test ({clean_line(split.removeprefix(_FURTHER))})"
    elif split not in _SPLITS:
        split, rest = "", column
    is_fraction = any(rest == name or rest.startswith(f"{name}_") for name in _FRACTIONS)
    if task != "classification":
        is_fraction = rest in {"error", "accuracy", "ece", "f1"}
    unit = "%" if is_fraction else _UNITS.get(rest, "") if task == "classification" else ""
    unit = "dB" if rest == "psnr" else unit
    word = _WORDS.get(rest) or clean_line(rest.replace("_", " "), limit=60)
    if task != "classification" and rest == "nll":
        word = _LOSSES.get(task.partition(":")[2] or "mse", "loss")
    return Quantity(column, split, word, unit, is_fraction, rest == "loss")


def is_further(column: str) -> bool:
    """Return whether a column is of a further test set: "test-NAME_error"."""
    return column.startswith(_FURTHER)


def task_of(columns: Iterable[str], options: Mapping[str, Any] | None = None) -> str:
    """Return what columns of these names are of: "classification", "reconstruction:mse", ….

    Args:
        columns: names; those that only one task has tell which it is.
        options: of the stage that told them, where known: they name a reconstruction's loss.
    """
    names = list(columns)
    if any(name.endswith("_psnr") for name in names):
        return reconstruction(options or {})
    is_regression = any(name.endswith(("_rmse", "_mse")) for name in names)
    return "regression" if is_regression else "classification"


def reconstruction(options: Mapping[str, Any]) -> str:
    """Return the task of a stage that trains or scores reconstructions, its loss named."""
    loss = options.get("loss")
    return f"{RECONSTRUCTION}:{loss.get('name', 'mse') if isinstance(loss, Mapping) else 'mse'}"


def averaged_task(columns: Iterable[str], task: str) -> str:
    """Return the task by which columns of an ensemble's members are told.

    What is scored from stored predictions is scored in plain numpy: a reconstruction by its mse,
    whatever [loss] the networks were trained with. Only a training's own scores have PSNR.
    """
    is_stored = not any(name.endswith("_psnr") for name in columns)
    return f"{RECONSTRUCTION}:mse" if is_stored and task.startswith(RECONSTRUCTION) else task


def image_columns(task: str) -> tuple[str, ...]:
    """Return the columns that only reconstructions have, beside the loss; () for other tasks."""
    head, _, loss = task.partition(":")
    if head != RECONSTRUCTION:
        return ()
    return _IMAGE_COLUMNS[1:] if loss == "mse" else _IMAGE_COLUMNS


def shown_scale(column: str, *, task: str = "classification") -> float:
    """Return the factor from a stored value to the number that text and figures show."""
    return PERCENT if quantity(column, task=task).is_fraction else 1.0


def to_shown(column: str, values: Sequence[float], *, task: str = "classification") -> list[float]:
    """Return stored values in the unit that text, figures and the reference's files use."""
    scale = shown_scale(column, task=task)
    return [scale * value for value in values]


def number(value: object, *, percent: bool = False, signed: bool = False) -> str:
    """Return a number as text: percent with two decimals, others with four significant ones.

    Anything that is not a finite number is the missing sign.
    """
    if not isinstance(value, int | float) or not math.isfinite(value):
        return MISSING
    sign = "+" if signed else ""
    if percent:
        return f"{PERCENT * value:{sign}.2f} %"
    if isinstance(value, int):
        return f"{value:{sign}d}"
    magnitude = abs(value)
    if magnitude and (magnitude < _TINY or magnitude >= _LARGE):
        return f"{value:{sign}.3e}"
    return f"{value:{sign}.4f}" if magnitude < 10 else f"{value:{sign}.2f}"  # noqa: PLR2004


def shown(column: str, value: object, *, task: str = "classification", signed: bool = False) -> str:
    """Return a stored value of a column as text in its shown unit."""
    return number(value, percent=quantity(column, task=task).is_fraction, signed=signed)


def as_float(value: Any) -> float:
    """Return a stored number, NaN where it is null or no number at all."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value)
