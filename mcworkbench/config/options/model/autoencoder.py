"""[model] of autoencoders: networks whose targets are their own inputs. Torch-free.

A network with a `range` reconstructs: the data set is scaled to that range, the network ends in
the activation of that range, and metrics are taken in [0, 1]. There is no second place for it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from mcworkbench.config.options.base import ModelOptions

ImageRange = Literal["unit", "signed"]
InitScheme = Literal["default", "normal", "kaiming_normal", "kaiming_uniform"]
MAX_UNITS = 65_536
MAX_LAYERS = 64


class AutoencoderOptions(ModelOptions):
    """What every autoencoder can be told."""

    # Whether nothing follows the layer that gives the code: then any rotation of it is the same.
    has_linear_code: ClassVar[bool] = True

    code: int = Field(default=128, ge=1, le=MAX_UNITS, description="Numbers in the bottleneck.")
    range: ImageRange = Field(
        default="unit",
        description="Range of images and reconstructions: unit is [0, 1] and ends in a sigmoid, "
        "signed is [-1, 1] and ends in a tanh. Losses and metrics are of [0, 1] either way.",
    )
    noise: float = Field(
        default=0.0,
        ge=0,
        le=10,
        description="Denoising: standard deviation of normal noise on training inputs, in units "
        "of the pixel range; the target stays clean. 0 is off.",
    )
    init: InitScheme = Field(
        default="default",
        description="Initial convolutions: torch's default, normal (0.02), kaiming_normal or "
        "kaiming_uniform (leaky 0.2); the last three set biases to 0, batch norms to N(1, 0.02).",
    )


class AeSeedOptions(AutoencoderOptions):
    """Five strided convolutions, nearest upsampling, a linear code; sides in multiples of 32."""

    name: Literal["ae_seed"]
    width: int = Field(default=64, ge=1, le=1024, description="Channels of the first layer.")


class AeZOptions(AutoencoderOptions):
    """Strided convolutions, bilinear upsampling, a tanh code; sides 32, 48 and so on by 16."""

    has_linear_code: ClassVar[bool] = False

    name: Literal["ae_z"]
    width: int = Field(default=64, ge=1, le=1024, description="Channels of the first layer.")
    dropout: float = Field(
        default=0.05, ge=0, lt=1, description="Probability of dropping a value; 0 is off."
    )


class AeTinyOptions(AutoencoderOptions):
    """Two strided convolutions for small images (8, 28, 32 px); sides in multiples of 4."""

    name: Literal["ae_tiny"]
    code: int = Field(default=32, ge=1, le=MAX_UNITS, description="Numbers in the bottleneck.")
    width: int = Field(default=16, ge=1, le=1024, description="Channels of the first layer.")


class AeDenseOptions(AutoencoderOptions):
    """Fully connected layers around a linear code, mirrored; images of any size."""

    name: Literal["ae_dense"]
    code: int = Field(default=32, ge=1, le=MAX_UNITS, description="Numbers in the bottleneck.")
    widths: tuple[int, ...] = Field(
        default=(512, 128),
        description="Units of the encoder's hidden layers; the decoder's mirror.",
    )

    @field_validator("widths")
    @classmethod
    def _positive(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= width <= MAX_UNITS for width in value) or len(value) > MAX_LAYERS:
            raise ValueError("must hold at most 64 widths between 1 and 65536, e.g. [512, 128]")
        return value
