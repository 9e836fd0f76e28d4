"""[model]: which network, and its free sizes. One class per network, torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from mcworkbench.config.options.autoencoder import (
    AeDenseOptions,
    AeSeedOptions,
    AeTinyOptions,
    AeZOptions,
)
from mcworkbench.config.options.base import Options

MAX_UNITS = 65_536
MAX_LAYERS = 64
SMALLEST_PRERESNET = 8
# From this depth on the reference builds bottleneck blocks of three convolutions.
FIRST_BOTTLENECK_DEPTH = 44


class MlpOptions(Options):
    """A ReLU network of fully connected layers on the flattened input."""

    name: Literal["mlp"]
    widths: tuple[int, ...] = Field(
        default=(64, 64), description="Units of each hidden layer; [] is linear."
    )
    bias: bool = Field(default=True, description="Whether layers add a bias.")
    activation: Literal["relu", "tanh"] = Field(default="relu", description="Between layers.")

    @field_validator("widths")
    @classmethod
    def _positive(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= width <= MAX_UNITS for width in value) or len(value) > MAX_LAYERS:
            raise ValueError("must hold at most 64 widths between 1 and 65536, e.g. [512, 256]")
        return value


class PreResNetOptions(Options):
    """The pre-activation residual network for 32-pixel images."""

    name: Literal["preresnet"]
    depth: int = Field(
        default=20,
        description="6n+2 below 44 (8, 14, 20, 26, 32, 38), 9n+2 from 47 (47, 56, …, 110, 164).",
    )

    @field_validator("depth")
    @classmethod
    def _valid_depth(cls, value: int) -> int:
        block = 9 if value >= FIRST_BOTTLENECK_DEPTH else 6
        if value < SMALLEST_PRERESNET or (value - 2) % block:
            raise ValueError(
                "must be 6n+2 below 44 (8, 14, 20, …) or 9n+2 above (47, 56, 110, 164, …)"
            )
        return value


class Vgg16Options(Options):
    """VGG16 for 32-pixel images, three fully connected layers with dropout at the end."""

    name: Literal["vgg16"]
    dropout: float = Field(
        default=0.5, ge=0, lt=1, description="Probability of dropping a unit; 0 is off."
    )


# Every network that a preset can name; `name` tells them apart.
AnyModelOptions = (
    MlpOptions
    | PreResNetOptions
    | Vgg16Options
    | AeSeedOptions
    | AeZOptions
    | AeTinyOptions
    | AeDenseOptions
)


def range_of(options: AnyModelOptions) -> str:
    """Return the range of images that a network reconstructs, '' where it does not reconstruct."""
    return str(getattr(options, "range", ""))
