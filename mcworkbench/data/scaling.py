"""What [data] normalize subtracts and divides by, as `dataset` writes it down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcworkbench.data.raw import IMAGE_AXES
from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Array

_COLOURS = 3
_NORMALIZE: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "none": ((0.0,), (1.0,)),
    "unit": ((0.0,), (1.0,)),
    # ImageNet's, and CIFAR-10's as in timgaripov/dnn-mode-connectivity.
    "VGG": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "ResNet": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
}


def scaling(
    meta: dict[str, Any], inputs: Array, options: DataOptions
) -> tuple[list[float], list[float]]:
    """Return mean and std per channel or feature.

    Raises:
        InvalidInputError: statistics of colour images are asked for where there are none.
    """
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
