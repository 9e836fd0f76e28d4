"""[evaluate]: at which t of a path, on how many examples, with which statistics."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from mcworkbench.config.options.base import Options, unhashed
from mcworkbench.config.options.curve import Position
from mcworkbench.config.options.loss import JudgedOptions, LpipsOptions

_EPOCH = re.compile(r"\d{1,6}", re.ASCII)
MIN_POINTS = 2
MAX_POINTS = 10_001


class PointOptions(Options):
    """How the network at one t is made ready: its batch-norm statistics and its precision."""

    bn_examples: int = Field(
        default=0, ge=0, description="Training examples of the batch-norm refresh; 0 is all."
    )
    bn_batch: int = Field(
        default=128, ge=2, description="Batch of the batch-norm refresh: part of its result."
    )
    bn_augment: bool = Field(
        default=True,
        description="Augment the refresh's images as in training, by seed: clean ones have other "
        "statistics than those a network was trained with.",
    )
    bn_order: Literal["shuffled", "file"] = Field(
        default="shuffled", description="Order of the refresh; 'file' repeats the stored order."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32", description="As in training."
    )
    channels_last: bool = unhashed(default=False, description="As in training.")
    seed: int = Field(default=0, ge=0, lt=2**31, description="Seed of the subsets.")


class EvaluateSettings(PointOptions):
    """How a path is scored."""

    points: int | tuple[Position, ...] = Field(
        default=61,
        description="How many equally spaced t (ends included), or the list of t itself; of a "
        "chain, how many on each segment (absent: 6).",
    )
    train_examples: int = Field(
        default=0, ge=0, description="Training examples to score (seeded permutation); 0 is all."
    )
    weight_decay: float | None = Field(
        default=None,
        ge=0,
        le=10,
        description="Decay of the regularised loss; absent: the curve's own.",
    )
    ece_bins: int = Field(
        default=15, ge=2, le=100, description="Bins of the expected calibration error."
    )
    store_predictions: bool = Field(
        default=False,
        description="Keep the test predictions at every t (for ensembles, confusion).",
    )
    functions: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Regression of one variable: keep so many functions along the path, for "
        "pictures; 0 keeps none.",
    )
    batch_size: int = unhashed(
        1024, ge=1, description="Evaluation batch; halved by itself when memory ends."
    )

    @field_validator("points")
    @classmethod
    def _usable_points(cls, value: int | tuple[float, ...]) -> int | tuple[float, ...]:
        if isinstance(value, int):
            if not MIN_POINTS <= value <= MAX_POINTS:
                raise ValueError(
                    f"must be from {MIN_POINTS} to {MAX_POINTS} points, or a list such as [0.5]"
                )
        elif not value or list(value) != sorted(set(value)):
            raise ValueError("must list increasing t between 0 and 1, e.g. [0.0, 0.5, 1.0]")
        return value

    def positions(self) -> tuple[float, ...]:
        """Return every t at which the path is scored, increasing."""
        if isinstance(self.points, tuple):
            return self.points
        return tuple(index / (self.points - 1) for index in range(self.points))


class EvaluateOptions(EvaluateSettings, JudgedOptions):
    """Everything that determines one evaluation, beside its path and data."""

    also_test: tuple[str, ...] = Field(
        default=(), description="Names of the further test sets among the inputs."
    )
    lpips: LpipsOptions | None = Field(
        default=None, description="Weights of LPIPS; absent: it is not measured."
    )


class EvaluateSection(EvaluateSettings):
    """The [evaluate] section: the options of every evaluation, and which snapshots get one."""

    lpips: str = Field(
        default="auto",
        pattern=r"^(auto|off|file:.{1,4000})$",
        description="Autoencoders: LPIPS with VGG16's ImageNet weights of 'file:VGG16.pth'; auto: "
        "of torch's cache where they are, and only there; off. Nothing is downloaded.",
    )

    snapshots: tuple[str, ...] = Field(
        default=(), description="Also score the curve at these, e.g. ['initial', '10', 'best']."
    )

    @field_validator("snapshots")
    @classmethod
    def _known_snapshots(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            if word not in {"initial", "best", "last"} and not _EPOCH.fullmatch(word):
                raise ValueError(f"'{word}' is not an epoch, initial, best or last")
        return value
