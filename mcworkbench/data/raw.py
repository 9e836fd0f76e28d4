"""What every source of data gives: plain arrays, checked once.

Made by the loaders that the catalogue names, consumed by `decoded`; holds no torch, no options.
Shape letters: N = examples, H = height, W = width, C = channels, F = features, O = outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
import numpy.typing as npt

from mcworkbench.errors import InvalidInputError

Report: TypeAlias = Callable[[str, int, int], None]
"""Told the phase, what is done and the total while a source works; may raise to abort it."""

Array: TypeAlias = npt.NDArray[Any]

IMAGE_AXES = 4
FEATURE_AXES = 2


def silent(phase: str, done: int, total: int) -> None:
    """Report to nobody."""


@final
@dataclass(frozen=True, slots=True)
class RawData:
    """One data set as its source gives it.

    Attributes:
        train_inputs: uint8 images (N, H, W, C), or float32 features (N, F).
        train_targets: int64 classes (N,), or float32 values (N, O).
        test_inputs: as train_inputs, of the test examples.
        test_targets: as train_targets, of the test examples.
        classes: the name of each class; empty for values.
        mean: per channel (pixels as [0, 1]) or per feature; one number stands for all of them.
        std: in the same unit.
    """

    train_inputs: Array
    train_targets: Array
    test_inputs: Array
    test_targets: Array
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]


def as_images(pixels: Array, where: str) -> Array:
    """Return uint8 pixels as (N, H, W, C); grey (N, H, W) gets one channel.

    Raises:
        InvalidInputError: the array is not a stack of uint8 images.
    """
    grey = pixels[..., None] if pixels.ndim == IMAGE_AXES - 1 else pixels
    if grey.dtype != np.uint8 or grey.ndim != IMAGE_AXES or 0 in grey.shape:
        raise InvalidInputError(
            f"{where} has type {pixels.dtype} and shape {pixels.shape}; images must be uint8 "
            "of shape (N, H, W) or (N, H, W, C)."
        )
    return grey


def channel_statistics(images_NHWC: Array) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each channel, pixels as [0, 1], to 4 digits.

    Counted from histograms: exact, in one pass, without a float copy of the images. A channel
    of one single value gets the deviation 1, so that dividing by it does nothing.
    """
    levels = np.arange(256) / 255
    means: list[float] = []
    stds: list[float] = []
    for channel in range(images_NHWC.shape[-1]):
        histogram = np.zeros(256, dtype=np.int64)
        for images in np.array_split(images_NHWC[..., channel], max(1, len(images_NHWC) // 4096)):
            histogram += np.bincount(images.reshape(-1), minlength=256)
        share = histogram / histogram.sum()
        mean = float(share @ levels)
        std = float(np.sqrt(share @ (levels - mean) ** 2))
        means.append(round(mean, 4))
        stds.append(round(std, 4) or 1.0)
    return tuple(means), tuple(stds)
