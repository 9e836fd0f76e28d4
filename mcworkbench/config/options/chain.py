"""The chain of straight segments through networks in the order of [ends]."""

from __future__ import annotations

from pydantic import Field

from mcworkbench.config.options.base import Options

# As the reference's connect.py scores each segment.
POINTS_PER_SEGMENT = 6


class ChainOptions(Options):
    """What determines a chain, beside its networks."""

    points: int = Field(ge=2, le=4096, description="How many networks it goes through.")
