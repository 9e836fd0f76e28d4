"""[model] name = "wideresnet"."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from mcworkbench.config.options.base import ModelOptions

SMALLEST = 10


class WideResNetOptions(ModelOptions):
    """The wide residual network for 32-pixel images."""

    name: Literal["wideresnet"]
    depth: int = Field(default=28, description="6n+4: 10, 16, 22, 28, 34, 40, …")
    widen: int = Field(
        default=10, ge=1, le=64, description="Multiplies the widths 16, 32, 64 of the stages."
    )
    dropout: float = Field(
        default=0.0, ge=0, lt=1, description="Between the convolutions of a block; 0 is off."
    )

    @field_validator("depth")
    @classmethod
    def _valid_depth(cls, value: int) -> int:
        if value < SMALLEST or (value - 4) % 6:
            raise ValueError("must be 6n+4: 10, 16, 22, 28, 34, 40, …")
        return value

    @property
    def label(self) -> str:
        """Return its published name in small letters."""
        return f"wideresnet{self.depth}x{self.widen}"
