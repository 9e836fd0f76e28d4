"""[swa] and [swag]: the running mean of a training's iterates, and a Gaussian around it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mcworkbench.config.options.base import unhashed
from mcworkbench.config.options.loss import JudgedOptions
from mcworkbench.config.options.model import AnyModelOptions
from mcworkbench.config.options.own_rate import OwnRateOptions
from mcworkbench.config.options.refresh import RefreshOptions
from mcworkbench.config.options.training import SectionSeeds, SeedOptions
from mcworkbench.config.references import ReferenceText

SWAG_RANK = 20


class SwaSettings(OwnRateOptions, RefreshOptions):
    """Averages iterates from some epoch on; its batch norm is recomputed (arXiv:1803.05407)."""

    epochs: int = Field(
        default=200, ge=1, le=100_000, description="Epochs, averaged ones included."
    )
    average_from: int = Field(
        default=161, ge=1, le=100_000, description="First epoch whose end joins the average."
    )
    average_every: int = Field(
        default=1, ge=1, le=100_000, description="Epochs from one averaged iterate to the next."
    )
    swa_lr: float = Field(
        default=0.01, gt=0, le=1000, description="Rate that the schedule comes down to."
    )
    schedule: Literal["swa", "constant"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]
        default="swa",
        description="swa: lr until half of average_from, then linear to swa_lr at nine tenths, set "
        "once an epoch; constant: swa_lr throughout, to average from a trained network on.",
    )
    rank: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Deviations from the mean that are kept for SWAG; 0 keeps no moments at all.",
    )
    watch_average: int = unhashed(
        5, ge=0, description="Averaged iterates between scores of the average; 0: at the end only."
    )
    carry_momentum: bool = Field(
        default=True,
        description="Begin with the optimiser's state of the starting network, where it has one.",
    )

    @model_validator(mode="after")
    def _has_iterates(self) -> SwaSettings:
        if self.average_from > self.last_epoch:
            raise ValueError(
                f"average_from = {self.average_from} lies beyond the {self.last_epoch} epochs "
                "trained, so nothing is averaged; begin earlier or train longer"
            )
        if self.rank and self.num_iterates < self.rank:
            raise ValueError(
                f"rank = {self.rank} needs as many averaged iterates, and epochs = "
                f"{self.last_epoch} from average_from = {self.average_from} give "
                f"{self.num_iterates}; use rank = {self.num_iterates} or train longer"
            )
        return self

    @property
    def num_iterates(self) -> int:
        """How many iterates are averaged."""
        return (self.last_epoch - self.average_from) // self.average_every + 1

    def average_steps(self, num_steps: int) -> tuple[int, ...]:
        """Return after how many optimiser steps an iterate joins the average."""
        epochs = range(self.average_from, self.last_epoch + 1, self.average_every)
        return tuple(epoch * num_steps for epoch in epochs)


class SwaSection(SwaSettings, SectionSeeds):
    """The [swa] section of a preset."""

    start: ReferenceText | None = Field(
        default=None,
        alias="from",
        description="Begin at a network that exists, e.g. 'run:NAME/endpoint-1@32'; absent: anew.",
    )
    independent: bool = Field(
        default=True, description="Also train [train] networks from the same seeds to compare with."
    )


class SwaOptions(SwaSettings, SeedOptions, JudgedOptions):
    """Everything that determines one average, beside its start and the data set."""

    model: AnyModelOptions = Field(description="The network.", discriminator="name")


class SwagSettings(RefreshOptions):
    """Samples of a Gaussian around the average, as an ensemble (arXiv:1902.02476)."""

    samples: int = Field(default=30, ge=1, le=10_000, description="Networks drawn.")
    scale: float = Field(
        default=0.5, ge=0, le=100, description="Factor on the covariance, low rank and diagonal."
    )
    rank: int = Field(
        default=SWAG_RANK,
        ge=2,
        le=1000,
        description="Deviations used, the newest; the low-rank covariance is D·Dᵀ/(rank - 1).",
    )
    sample_seed: int = Field(default=0, ge=0, lt=2**31, description="Seed of the samples.")
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32", description="As in training."
    )
    channels_last: bool = unhashed(default=False, description="As in training.")
    keep_networks: bool = Field(
        default=False, description="Keep every sample's parameters, not only its predictions."
    )


class SwagSection(SwagSettings):
    """The [swag] section of a preset."""

    diagonal: bool = Field(
        default=True, description="Also draw from the diagonal Gaussian, at scale 1."
    )


class SwagOptions(SwagSettings):
    """Everything that determines one set of samples, beside the average and the data set."""

    is_diagonal: bool = Field(default=False, description="Leave the low-rank part out.")
