"""[model]: which network, and its free sizes. One file per family of networks, torch-free.

The union of all families is made from the catalogue: a new one is a file here, a file in
`models/` and a line in `catalogue.MODELS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, Union

from mcworkbench.catalogue import MODELS, resolve
from mcworkbench.config.options.base import ModelOptions
from mcworkbench.config.options.model.mlp import MlpOptions
from mcworkbench.config.options.model.preresnet import PreResNetOptions
from mcworkbench.config.options.model.vgg import Vgg16Options

__all__ = [
    "AnyModelOptions",
    "MlpOptions",
    "ModelOptions",
    "PreResNetOptions",
    "Vgg16Options",
    "range_of",
]

# Every network that a preset can name; `name` tells them apart, so a field of this type has
# Field(discriminator="name").
if TYPE_CHECKING:
    AnyModelOptions: TypeAlias = ModelOptions
else:
    AnyModelOptions = Union[tuple(resolve(named.options) for named in MODELS.values())]  # noqa: UP007


def range_of(options: ModelOptions) -> str:
    """Return the range of images that a network reconstructs, '' where it does not reconstruct."""
    return str(getattr(options, "range", ""))
