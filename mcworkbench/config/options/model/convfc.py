"""[model] name = "convfc"."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mcworkbench.config.options.base import ModelOptions


class ConvFcOptions(ModelOptions):
    """5 × 5 convolutions of 32, 64, 128 channels, then linear layers of 1000 units."""

    name: Literal["convfc"]
    convolutions: int = Field(
        default=3, ge=1, le=4, description="Each doubles the channels and halves the image."
    )
    linear: int = Field(
        default=3, ge=1, le=16, description="Linear layers, the last of which gives the outputs."
    )
    bias: bool = Field(default=True, description="Whether layers add a bias.")
