"""A data set of the user's own, in one .npz file.

The loader is named by the catalogue and called by `decoded`. Nothing in the file can run code:
pickled objects are refused. Keys other than those below are ignored.
Shape letters: N = examples, H, W, C = image axes, F = features.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mcworkbench.data.raw import FEATURE_AXES, Array, RawData, as_images
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import file_sha256

if TYPE_CHECKING:
    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Report

_REQUIRED = ("train_images", "train_labels", "test_images", "test_labels")
_EXPECTED = (
    "expected are the arrays train_images, train_labels, test_images, test_labels (uint8 images "
    "N,H,W or N,H,W,C, or float features N,F; integer labels N) and optionally mean, std"
)


def load(path: str, options: DataOptions, report: Report) -> RawData:
    """Return the arrays of an .npz file; without `mean` and `std` in it, pixels stay [0, 1].

    Raises:
        InvalidInputError: the file is absent, damaged, changed since the plan was made, or its
            arrays do not fit together.
    """
    file = Path(path).expanduser()
    where = f"arrays:{path}"
    if not path or not file.is_file():
        raise InvalidInputError(f"{where}: there is no such file; {_EXPECTED}.")
    if options.digest and options.digest != file_sha256(file):
        raise InvalidInputError(f"{where}: the file changed after the run was planned; start anew.")
    report("read", 0, 1)
    found = _read(file, where)
    missing = [name for name in _REQUIRED if name not in found]
    if missing:
        raise InvalidInputError(f"{where}: {', '.join(missing)} is missing; {_EXPECTED}.")
    train, train_targets = _examples(found, "train", where)
    test, test_targets = _examples(found, "test", where)
    if train.shape[1:] != test.shape[1:] or train.dtype != test.dtype:
        raise InvalidInputError(
            f"{where}: train_images are {train.dtype} {train.shape[1:]} and test_images "
            f"{test.dtype} {test.shape[1:]}; both must be of one kind."
        )
    num_classes = 1 + max(int(train_targets.max()), int(test_targets.max()))
    if num_classes > len(train_targets):
        raise InvalidInputError(
            f"{where}: the largest label is {num_classes - 1}, yet there are only "
            f"{len(train_targets)} training examples; number the classes from 0."
        )
    channels = train.shape[-1]
    report("read", 1, 1)
    return RawData(
        train,
        train_targets,
        test,
        test_targets,
        classes=tuple(str(number) for number in range(num_classes)),
        mean=_per_channel(found, "mean", 0.0, channels, where),
        std=_per_channel(found, "std", 1.0, channels, where),
    )


def _read(file: Path, where: str) -> dict[str, Array]:
    wanted = (*_REQUIRED, "mean", "std")
    try:
        # Opened here: numpy leaves a file that is no archive open when it gives up.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            return {name: np.asarray(archive[name]) for name in wanted if name in archive}
    # numpy passes on whatever its zip and header readers stumble over.
    except (OSError, ValueError, EOFError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise InvalidInputError(
            f"{where}: cannot be read as an .npz file of plain arrays; {_EXPECTED}."
        ) from error
    except MemoryError as error:
        raise InvalidInputError(f"{where}: the arrays do not fit into memory.") from error


def _examples(found: dict[str, Array], part: str, where: str) -> tuple[Array, Array]:
    inputs, labels = found[f"{part}_images"], found[f"{part}_labels"]
    name = f"{where}: {part}_images"
    if inputs.dtype.kind == "f":
        if inputs.ndim != FEATURE_AXES or 0 in inputs.shape:
            raise InvalidInputError(f"{name} has shape {inputs.shape}; features must be (N, F).")
        inputs = np.ascontiguousarray(inputs, dtype=np.float32)
        if not np.isfinite(inputs).all():
            raise InvalidInputError(f"{name} holds a number that is not finite in float32.")
    else:
        inputs = as_images(inputs, name)
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        raise InvalidInputError(
            f"{where}: {part}_labels has type {labels.dtype} and shape {labels.shape}; labels "
            "must be integers of shape (N,)."
        )
    if len(labels) != len(inputs):
        raise InvalidInputError(
            f"{name} holds {len(inputs)} examples and {part}_labels {len(labels)}; there must be "
            "one label for each."
        )
    targets = labels.astype(np.int64)
    if targets.min() < 0:
        raise InvalidInputError(f"{where}: {part}_labels holds a negative label.")
    return inputs, targets


def _per_channel(
    found: dict[str, Array], name: str, default: float, channels: int, where: str
) -> tuple[float, ...]:
    if name not in found:
        return (default,)
    values = found[name]
    if values.dtype.kind not in "iuf" or values.size not in (1, channels):
        raise InvalidInputError(
            f"{where}: {name} has type {values.dtype} and {values.size} values; expected is one "
            f"number, or one for each of {channels} channels."
        )
    # A float32 file holds 0.4914 as 0.49140000343…; the number that was meant is the short one.
    numbers = tuple(float(str(value)) for value in values.reshape(-1))
    if not np.isfinite(numbers).all():
        raise InvalidInputError(f"{where}: {name} must be finite.")
    if name == "std" and min(numbers) <= 0:
        raise InvalidInputError(f"{where}: std must be above 0.")
    return numbers
