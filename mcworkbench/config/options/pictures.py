"""[pictures] and [latent]: what the networks along a path reconstruct, and their codes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mcworkbench.config.options.base import Options, unhashed
from mcworkbench.config.options.evaluate import PointOptions

Align = Literal["procrustes", "permutation"]


class PicturesSection(Options):
    """[pictures]: reconstructions of fixed test images along every path."""

    points: int = Field(
        default=31, ge=2, le=201, description="Equally spaced t, ends included, of the pictures."
    )
    images: int = Field(default=8, ge=1, le=64, description="Fixed test images.")
    frame_ms: int = unhashed(
        150, ge=20, le=5000, description="How long a frame of the GIF stays, milliseconds."
    )


class PicturesOptions(PicturesSection, PointOptions):
    """Everything that determines the pictures of one path."""

    def positions(self) -> tuple[float, ...]:
        """Return every t, increasing."""
        return tuple(place / (self.points - 1) for place in range(self.points))


class LatentSection(Options):
    """[latent]: codes of both ends of a pair."""

    examples: int = Field(default=1000, ge=2, le=100_000, description="Test images with codes.")
    cross_points: int = Field(
        default=11,
        ge=2,
        le=51,
        description="t of encoders and decoders that are crossed, ends included.",
    )
    strips: int = Field(default=2, ge=1, le=16, description="Pairs of images joined in code.")
    steps: int = Field(default=9, ge=2, le=65, description="Pictures of such a strip.")


class LatentOptions(LatentSection, PointOptions):
    """Everything that determines the codes of one pair."""


class LatentChoice(LatentSection):
    """The [latent] section of a preset."""

    align: Literal["auto", "procrustes", "permutation", "none"] = Field(
        default="auto",
        description="Also join the first end with the last one after its code was turned into "
        "the first one's: by a rotation (procrustes) or by permuting and flipping its numbers; "
        "auto: the rotation where the code is linear, else the permutation; none is off.",
    )


class AlignCodeOptions(Options):
    """How one network's code is turned into another's without changing what it computes."""

    method: Align = Field(
        default="procrustes",
        description="procrustes: a rotation and a shift, for linear codes; permutation: numbers "
        "of the code are permuted and flipped, for tanh codes too.",
    )
    examples: int = Field(
        default=2048, ge=2, le=1_000_000, description="Training images whose codes are compared."
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="Seed of that subset.")
