"""[model] name = "mlp"."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from mcworkbench.config.options.base import ModelOptions

MAX_UNITS = 65_536
MAX_LAYERS = 64


class MlpOptions(ModelOptions):
    """A network of fully connected layers on the flattened input."""

    name: Literal["mlp"]
    widths: tuple[int, ...] = Field(
        default=(64, 64), description="Units of each hidden layer; [] is linear."
    )
    bias: bool = Field(default=True, description="Whether layers add a bias.")
    activation: Literal["relu", "tanh"] = Field(default="relu", description="Between layers.")
    init: Literal["torch", "glorot"] = Field(
        default="torch",
        description="Initial parameters: torch's own, or Glorot's uniform with zero biases.",
    )

    @field_validator("widths")
    @classmethod
    def _positive(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= width <= MAX_UNITS for width in value) or len(value) > MAX_LAYERS:
            raise ValueError("must hold at most 64 widths between 1 and 65536, e.g. [512, 256]")
        return value
