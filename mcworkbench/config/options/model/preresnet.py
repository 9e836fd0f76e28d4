"""[model] name = "preresnet"."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from mcworkbench.config.options.base import ModelOptions

SMALLEST_PRERESNET = 8
# From this depth on the reference builds bottleneck blocks of three convolutions.
FIRST_BOTTLENECK_DEPTH = 44


class PreResNetOptions(ModelOptions):
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
