"""[model] name = "cnn"."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mcworkbench.config.options.base import ModelOptions


class CnnOptions(ModelOptions):
    """Three 3 × 3 convolutions and three linear layers, for 28-pixel images."""

    name: Literal["cnn"]
    batch_norm: bool = Field(
        default=False, description="Batch norm after each convolution and hidden linear layer."
    )

    @property
    def label(self) -> str:
        """Return whether it has batch norm in one word."""
        return "cnnbn" if self.batch_norm else "cnn"
