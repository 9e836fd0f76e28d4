"""The product of a dataset stage: written once, opened by every stage that trains or scores.

`write_dataset` decodes and checks a data set and returns the content of dataset.json;
`open_dataset` turns that file into a `Dataset`, whose splits live on a device.
Shape letters: N = examples, C, H, W = image axes, F = features.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, final

import numpy as np
import torch

from mcworkbench import catalogue, folders
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.sources import other_places
from mcworkbench.data import decoded
from mcworkbench.data.draws import subset
from mcworkbench.data.raw import IMAGE_AXES, silent
from mcworkbench.data.reconstructing import as_model_takes
from mcworkbench.data.resident import Split
from mcworkbench.data.scaling import scaling
from mcworkbench.data.splits import Splits, split_indices
from mcworkbench.errors import InvalidInputError, WorkbenchError

if TYPE_CHECKING:
    from mcworkbench.config.options.model import AnyModelOptions
    from mcworkbench.data.raw import Array, Report

SplitName: TypeAlias = Literal["train", "validation", "test"]

DATASET_FILE = "dataset.json"
_FORMAT = 1


@final
@dataclass(frozen=True)
class Dataset:
    """A decoded data set with its splits and scaling.

    Attributes:
        options: the [data] section it was made from.
        task: name of its task in the catalogue.
        classes: the name of each class; empty for regression.
        mean: subtracted per channel (pixels as [0, 1]) or per feature.
        std: what is divided by, likewise.
        input_shape: (C, H, W) or (F,).
        num_outputs: classes, or values per example.
        counts: examples of each split.
        folder: where the decoded arrays lie.
        range: of images that are reconstructed, "unit" or "signed"; "" where targets are labels.
    """

    options: DataOptions
    task: str
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    input_shape: tuple[int, ...]
    num_outputs: int
    counts: dict[str, int]
    folder: Path
    range: str = ""

    def for_model(self, options: AnyModelOptions) -> Dataset:
        """Return the data set as a network takes it: scaled to its range where it reconstructs.

        Raises:
            InvalidInputError: it reconstructs, and this is no set of images or [data] normalize
                asks for another scaling; or it does not, and there are no labels.
        """
        return as_model_takes(self, options)

    @cached_property
    def _splits(self) -> Splits:
        return split_indices(
            _load(self.folder, "train_targets"),
            len(_load(self.folder, "test_targets")),
            self.options,
        )

    def index(self, name: SplitName, limit: int = 0, seed: int = 0) -> Array:
        """Return the stored places of the examples that `split` with these arguments holds."""
        index = getattr(self._splits, name)
        return index[subset(len(index), limit, seed, f"{name}-subset")]

    def split(
        self,
        name: SplitName,
        device: str | torch.device,
        limit: int = 0,
        seed: int = 0,
        *,
        channels_last: bool = False,
    ) -> Split:
        """Return one split, whole, on a device.

        Args:
            name: which one; "validation" is empty where [data] validation is "none".
            device: where its tensors go, in one copy.
            limit: use only this many examples, a seeded permutation in stored order; 0 is all.
            seed: of that permutation.
            channels_last: lay image batches out channels-last.
        """
        index = self.index(name, limit, seed)
        part = "test" if name == "test" else "train"
        inputs = _resident(_load(self.folder, f"{part}_inputs"), index, device)
        return Split(
            expanded(inputs, self.options.features),
            _resident(_load(self.folder, f"{part}_targets"), index, device),
            self.mean,
            self.std,
            channels_last=channels_last,
            output_size=self.options.output_size,
            reconstructs=bool(self.range),
        )

    def scaled_inputs(self, x_N: torch.Tensor) -> torch.Tensor:
        """Return what a network takes for values of the one input variable, float32 (N, F).

        Raises:
            InvalidInputError: the data have more than one variable, or images.
        """
        if _load(self.folder, "train_inputs").shape[1:] != (1,):
            raise InvalidInputError(
                f"[evaluate] functions: '{self.options.name}' has no single input variable to "
                "draw functions of; set functions = 0."
            )
        split = Split(expanded(x_N[:, None], self.options.features), x_N, self.mean, self.std)
        return split.take(torch.arange(len(x_N), device=x_N.device))[0]

    def raw(self, name: SplitName) -> tuple[Array, Array]:
        """Return inputs and targets of one split as stored, for pictures."""
        part = "test" if name == "test" else "train"
        index = getattr(self._splits, name)
        inputs, targets = (_load(self.folder, f"{part}_{what}") for what in ("inputs", "targets"))
        return inputs[index], targets[index]


def write_dataset(options: DataOptions, report: Report = silent) -> dict[str, Any]:
    """Decode the data set, check that the [data] section fits it, and return dataset.json.

    Raises:
        InvalidInputError: the name, the files, the split, the scaling or the augmentation cannot
            be used; the sentence says which option to change.
    """
    folder = decoded.decode(options.name, options, report)
    meta = _meta(folder)
    inputs, targets = _load(folder, "train_inputs"), _load(folder, "train_targets")
    splits = split_indices(targets, len(_load(folder, "test_targets")), options)
    mean, std = scaling(meta, inputs, options)
    _check_augmentation(inputs, options)
    classes = meta["classes"]
    shape = _input_shape(inputs.shape[1:], options)
    return {
        "format": _FORMAT,
        "options": options.model_dump(mode="json"),
        "content": decoded.content_digest(meta),
        "task": _task(options, has_classes=bool(classes)),
        "classes": classes,
        "mean": mean,
        "std": std,
        "input_shape": list(shape),
        "num_outputs": len(classes) if classes else int(targets.shape[1]),
        "counts": {
            "train": len(splits.train),
            "validation": len(splits.validation),
            "test": len(splits.test),
        },
    }


def open_dataset(folder: Path) -> Dataset:
    """Return the data set that a dataset stage published in `folder`.

    Where the cache was emptied since, the source is decoded again, from wherever a plan has seen
    the same files since.

    Raises:
        WorkbenchError: dataset.json cannot be read, or the source is gone or holds other data.
    """
    record = folders.read_json(folder / DATASET_FILE)
    if not isinstance(record, dict) or record.get("format") != _FORMAT:
        raise WorkbenchError(f"{folder / DATASET_FILE}: is absent or damaged; run the stage again.")
    options = DataOptions(**record["options"])
    arrays = _decode_anywhere(options)
    if decoded.content_digest(_meta(arrays)) != record["content"]:
        raise WorkbenchError(
            f"'{options.name}' no longer holds the data this run was made with; bring them back, "
            "or start a new run."
        )
    return Dataset(
        options=options,
        task=record["task"],
        classes=tuple(record["classes"]),
        mean=tuple(record["mean"]),
        std=tuple(record["std"]),
        input_shape=tuple(record["input_shape"]),
        num_outputs=record["num_outputs"],
        counts=record["counts"],
        folder=arrays,
    )


def _decode_anywhere(options: DataOptions) -> Path:
    """Return the decoded source, from its first place or another that holds the same files."""
    try:
        return decoded.decode(options.name, options, silent)
    except InvalidInputError as error:
        for name in other_places(options.name, options.digest):
            with contextlib.suppress(InvalidInputError):
                return decoded.decode(name, options, silent)
        told = str(error).rstrip(".")
        raise InvalidInputError(
            f"{told}; where the data were moved, run a preset that names their present place."
        ) from error


def expanded(inputs: torch.Tensor, features: str) -> torch.Tensor:
    """Return the features of inputs of one variable, (N, F); "none" gives the inputs back."""
    if features == "none":
        return inputs
    half_N1 = inputs / 2
    return torch.cat([half_N1, half_N1.square()], 1)


def _meta(folder: Path) -> dict[str, Any]:
    return folders.read_json(folder / decoded.META)


def _load(folder: Path, name: str) -> Array:
    """Return one stored array, read from disk only where it is looked at."""
    return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)


def _resident(values: Array, index: Array, device: str | torch.device) -> torch.Tensor:
    # A full, ordered index is a plain copy; fancy indexing would visit the pages one by one.
    whole = len(index) == len(values)
    copied = np.array(values) if whole else np.asarray(values[index])
    return torch.from_numpy(copied).to(device)


def _task(options: DataOptions, *, has_classes: bool) -> str:
    """Return the task's name: as asked, as the catalogue says, or as the targets are."""
    source = catalogue.DATASETS[catalogue.split_source(options.name)[0]]
    task = options.task or source.task or ("classification" if has_classes else "regression")
    if task in {"classification", "regression"} and (task == "classification") != has_classes:
        kind = "classes" if has_classes else "values"
        raise InvalidInputError(
            f"[data] task = '{task}' does not fit '{options.name}', which has {kind}."
        )
    return task


def _input_shape(stored: tuple[int, ...], options: DataOptions) -> tuple[int, ...]:
    if options.features != "none":
        if stored != (1,):
            raise InvalidInputError(
                f"[data] features = '{options.features}' is meant for inputs of one variable, and "
                f"'{options.name}' has inputs of shape {stored}; use 'none'."
            )
        return (2,)
    is_image = len(stored) == IMAGE_AXES - 1
    if options.output_size and not is_image:
        raise InvalidInputError(
            f"[data] output_size = {options.output_size} is meant for images, and "
            f"'{options.name}' has features; leave it out."
        )
    side = options.output_size
    return (stored[0], side, side) if side else stored


def _check_augmentation(inputs: Array, options: DataOptions) -> None:
    if options.augment != "none" and inputs.ndim != IMAGE_AXES:
        raise InvalidInputError(
            f"[data] augment = '{options.augment}' is meant for images, and '{options.name}' has "
            "features; use 'none'."
        )
