"""[model] name = "resnet" and "resnet18"."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from mcworkbench.config.options.base import ModelOptions

SMALLEST = 8


class ResNetOptions(ModelOptions):
    """The residual network for 32-pixel images with three stages of 16, 32 and 64 channels."""

    name: Literal["resnet"]
    depth: int = Field(default=20, description="6n+2: 8, 14, 20, 32, 44, 56, 110, …")
    width: int = Field(default=1, ge=1, le=64, description="Multiplies every width.")
    norm: Literal["batch", "layer"] = Field(
        default="batch",
        description="layer: over the channels at each position, as Git Re-Basin; has no running "
        "statistics.",
    )
    shortcut: Literal[1, 3] = Field(
        default=3,
        description="Kernel of the shortcut where the shape changes: 3 as REPAIR and ZipIt, 1 as "
        "AutoNEB.",
    )

    @field_validator("depth")
    @classmethod
    def _valid_depth(cls, value: int) -> int:
        if value < SMALLEST or (value - 2) % 6:
            raise ValueError("must be 6n+2: 8, 14, 20, 32, 44, 56, 110, …")
        return value

    @property
    def label(self) -> str:
        """Return depth and width in one word."""
        return f"resnet{self.depth}" + (f"x{self.width}" if self.width > 1 else "")


class ResNet18Options(ModelOptions):
    """ResNet18 with a 3 × 3 stem, for 32-pixel images."""

    name: Literal["resnet18"]
    batch_norm: bool = Field(default=True, description="Batch norm after each convolution.")
    bias: bool = Field(
        default=True, description="Whether the linear layer adds a bias; convolutions never do."
    )
