"""Data from a function of the user's own: `code:package.module:function`, once it is trusted.

The loader is named by the catalogue and called by `decoded`. The function takes no argument and
returns a dict of numpy arrays: train_inputs and test_inputs, uint8 images (N, H, W) or (N, H, W,
C) or float features (N, F), and train_targets and test_targets, integer classes (N,) or float
values (N,) or (N, O); optionally classes (names), mean and std.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mcworkbench.config.user_code import load_trusted
from mcworkbench.data.raw import FEATURE_AXES, Array, RawData, as_images
from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Report

_WANTED = ("train_inputs", "train_targets", "test_inputs", "test_targets")


def load(path: str, options: DataOptions, report: Report) -> RawData:
    """Return what the function gives.

    Raises:
        InvalidInputError: it is not trusted, raises, changed since the plan was made, or gives
            something else than the arrays above.
    """
    where = f"code:{path}"
    function: Any = load_trusted(path, options.code_folder, options.digest, "[data] name")
    report("read", 0, 1)
    try:
        given: Any = function()
    # Whatever the user's own code raises: its words are what helps.
    except Exception as error:
        raise InvalidInputError(
            f"{where} failed ({type(error).__name__}: {clean_line(str(error))})."
        ) from error
    if not isinstance(given, dict) or not all(name in given for name in _WANTED):
        raise InvalidInputError(f"{where} must return a dict with {', '.join(_WANTED)}.")
    arrays = {name: np.asarray(given[name]) for name in _WANTED}
    inputs = [_inputs(arrays[name], f"{where}: {name}") for name in _WANTED[::2]]
    targets = [_targets(arrays[name], f"{where}: {name}") for name in _WANTED[1::2]]
    _check(inputs, targets, where)
    is_values = targets[0].dtype == np.float32
    num_classes = 0 if is_values else 1 + max(int(one.max()) for one in targets)
    named = [clean_line(str(name)) for name in given.get("classes", ())]
    report("read", 1, 1)
    return RawData(
        inputs[0],
        targets[0],
        inputs[1],
        targets[1],
        classes=tuple(named or map(str, range(num_classes))),
        mean=_numbers(given.get("mean", 0.0), where),
        std=_numbers(given.get("std", 1.0), where),
    )


def _inputs(values: Array, where: str) -> Array:
    if values.dtype.kind != "f":
        return as_images(values, where)
    if values.ndim != FEATURE_AXES or 0 in values.shape or not np.isfinite(values).all():
        raise InvalidInputError(
            f"{where} has shape {values.shape}; features must be finite and (N, F)."
        )
    return np.ascontiguousarray(values, dtype=np.float32)


def _targets(values: Array, where: str) -> Array:
    if values.dtype.kind in "iu" and values.ndim == 1 and len(values) and values.min() >= 0:
        return values.astype(np.int64)
    if values.dtype.kind == "f" and values.ndim in (1, FEATURE_AXES) and np.isfinite(values).all():
        return values.astype(np.float32).reshape(len(values), -1)
    raise InvalidInputError(
        f"{where} has type {values.dtype} and shape {values.shape}; targets must be integer "
        "classes from 0 (N,) or finite values (N,) or (N, O)."
    )


def _check(inputs: list[Array], targets: list[Array], where: str) -> None:
    kinds = [(one.dtype, one.shape[1:]) for one in inputs]
    values = [(one.dtype, one.shape[1:]) for one in targets]
    lengths = [len(a) == len(b) for a, b in zip(inputs, targets, strict=True)]
    if kinds[0] != kinds[1] or values[0] != values[1] or not all(lengths):
        raise InvalidInputError(
            f"{where}: train and test must be of one kind and shape, with one target for each "
            "input."
        )


def _numbers(value: Any, where: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in np.atleast_1d(value))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{where}: mean and std must be numbers.") from error
