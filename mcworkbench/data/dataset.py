"""The product of a dataset stage: written once, opened by every stage that trains or scores.

`write_dataset` decodes and checks a data set and returns the content of dataset.json;
`open_dataset` turns that file into a `Dataset`, whose splits live on a device.
Shape letters: N = examples, C, H, W = image axes, F = features.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, final

import numpy as np
import torch

from mcworkbench import catalogue, folders
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.model import range_of
from mcworkbench.config.sources import other_places
from mcworkbench.data import decoded
from mcworkbench.data.draws import subset
from mcworkbench.data.raw import IMAGE_AXES, silent
from mcworkbench.data.resident import Split
from mcworkbench.data.splits import Splits, split_indices
from mcworkbench.errors import InvalidInputError, WorkbenchError

if TYPE_CHECKING:
    from mcworkbench.config.options.model import AnyModelOptions
    from mcworkbench.data.raw import Array, Report

SplitName: TypeAlias = Literal["train", "validation", "test"]

DATASET_FILE = "dataset.json"
_FORMAT = 1
_COLOURS = 3
# Mean and std that bring [0, 1] pixels to each range of images.
_RANGES = {"unit": ((0.0,), (1.0,)), "signed": ((0.5,), (0.5,))}
_PLAIN = ("auto", "none", "unit")
_NORMALIZE: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "none": ((0.0,), (1.0,)),
    "unit": ((0.0,), (1.0,)),
    # ImageNet's, and CIFAR-10's as in timgaripov/dnn-mode-connectivity.
    "VGG": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "ResNet": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
}


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
        image_range = range_of(options)
        return self._reconstructing(image_range) if image_range else self._labelled(options.name)

    def _labelled(self, name: str) -> Dataset:
        if self.task == "reconstruction":
            raise InvalidInputError(
                f"[data] name: '{self.options.name}' has images and no classes, and [model] {name} "
                "needs something to tell; use an autoencoder (ae_seed, ae_z, ae_tiny, ae_dense)."
            )
        return self

    def _reconstructing(self, image_range: str) -> Dataset:
        if len(self.input_shape) != IMAGE_AXES - 1:
            raise InvalidInputError(
                f"[data] name: '{self.options.name}' has features, and an autoencoder needs images."
            )
        if self.options.normalize not in _PLAIN:
            raise InvalidInputError(
                f"[data] normalize = '{self.options.normalize}': an autoencoder's images have the "
                "range of its [model] range; leave normalize out."
            )
        mean, std = _RANGES[image_range]
        outputs = math.prod(self.input_shape)
        return replace(
            self,
            task="reconstruction",
            range=image_range,
            mean=mean,
            std=std,
            num_outputs=outputs,
        )

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
        return Split(
            _resident(_load(self.folder, f"{part}_inputs"), index, device),
            _resident(_load(self.folder, f"{part}_targets"), index, device),
            self.mean,
            self.std,
            channels_last=channels_last,
            reconstructs=bool(self.range),
        )


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
    mean, std = _scaling(meta, inputs, options)
    _check_augmentation(inputs, options)
    classes = meta["classes"]
    return {
        "format": _FORMAT,
        "options": options.model_dump(mode="json"),
        "content": decoded.content_digest(meta),
        "task": catalogue.DATASETS[catalogue.split_source(options.name)[0]].task,
        "classes": classes,
        "mean": mean,
        "std": std,
        "input_shape": list(inputs.shape[1:]),
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


def _scaling(
    meta: dict[str, Any], inputs: Array, options: DataOptions
) -> tuple[list[float], list[float]]:
    name = options.normalize
    if name == "auto":
        return meta["mean"], meta["std"]
    mean, std = _NORMALIZE[name]
    channels = inputs.shape[1]
    if len(mean) > 1 and (inputs.ndim != IMAGE_AXES or channels != _COLOURS):
        kind = f"{channels}-channel images" if inputs.ndim == IMAGE_AXES else "features"
        raise InvalidInputError(
            f"[data] normalize = '{name}' is meant for colour images, and '{options.name}' has "
            f"{kind}; use 'auto' or 'none'."
        )
    return list(mean), list(std)


def _check_augmentation(inputs: Array, options: DataOptions) -> None:
    if options.augment != "none" and inputs.ndim != IMAGE_AXES:
        raise InvalidInputError(
            f"[data] augment = '{options.augment}' is meant for images, and '{options.name}' has "
            "features; use 'none'."
        )
