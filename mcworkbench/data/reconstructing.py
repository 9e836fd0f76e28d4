"""A data set as a network takes it: with labels, or as images that are given back.

The one place that knows what a range of images is: it becomes the scaling of every batch.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from mcworkbench.config.options.model import range_of
from mcworkbench.data.raw import IMAGE_AXES
from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from mcworkbench.config.options.model import AnyModelOptions
    from mcworkbench.data.dataset import Dataset

# Mean and std that bring [0, 1] pixels to each range.
_RANGES = {"unit": ((0.0,), (1.0,)), "signed": ((0.5,), (0.5,))}
_PLAIN = ("auto", "none", "unit")


def as_model_takes(dataset: Dataset, options: AnyModelOptions) -> Dataset:
    """Return the data set for a network; see `Dataset.for_model`."""
    image_range = range_of(options)
    if image_range:
        return _reconstructing(dataset, image_range)
    if dataset.task == "reconstruction":
        raise InvalidInputError(
            f"[data] name: '{dataset.options.name}' has images and no classes, and [model] "
            f"{options.family} needs something to tell; use an autoencoder (ae_seed, ae_z, "
            "ae_tiny, ae_dense)."
        )
    return dataset


def _reconstructing(dataset: Dataset, image_range: str) -> Dataset:
    if len(dataset.input_shape) != IMAGE_AXES - 1:
        raise InvalidInputError(
            f"[data] name: '{dataset.options.name}' has features, and an autoencoder needs images."
        )
    if dataset.options.normalize not in _PLAIN:
        raise InvalidInputError(
            f"[data] normalize = '{dataset.options.normalize}': an autoencoder's images have the "
            "range of its [model] range; leave normalize out."
        )
    mean, std = _RANGES[image_range]
    return replace(
        dataset,
        task="reconstruction",
        range=image_range,
        mean=mean,
        std=std,
        num_outputs=math.prod(dataset.input_shape),
    )
