"""[snapshot]: snapshot ensembles, a training on cosine cycles that restart."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mcworkbench.config.options.loss import JudgedOptions
from mcworkbench.config.options.model import AnyModelOptions
from mcworkbench.config.options.own_rate import OwnRateOptions
from mcworkbench.config.options.training import SectionSeeds, SeedOptions
from mcworkbench.config.references import ReferenceText


class SnapshotSettings(OwnRateOptions):
    """Cosine restarts; a member at the end of every cycle (arXiv:1704.00109)."""

    epochs: int = Field(default=200, ge=1, le=100_000, description="Epochs of all cycles.")
    cycle: int = Field(default=40, ge=1, le=100_000, description="Epochs of one cosine cycle.")
    lr: float = Field(default=0.1, gt=0, le=1000, description="Rate at the start of every cycle.")
    schedule: Literal["restarts"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]
        default="restarts", description="½·lr·(1 + cos(π·i/C)) at step i of a cycle of C steps."
    )

    @model_validator(mode="after")
    def _has_members(self) -> SnapshotSettings:
        if self.cycle > self.last_epoch:
            raise ValueError(
                f"cycle = {self.cycle} is longer than the {self.last_epoch} epochs trained, so no "
                f"member is captured; use cycle = {self.last_epoch} or less"
            )
        return self

    @property
    def num_members(self) -> int:
        """How many networks will be captured."""
        return self.last_epoch // self.cycle

    def member_steps(self, num_steps: int) -> tuple[int, ...]:
        """Return after how many optimiser steps a member is captured: at the end of each cycle."""
        whole = self.cycle * num_steps
        return tuple(range(whole, self.last_epoch * num_steps + 1, whole))


class SnapshotSection(SnapshotSettings, SectionSeeds):
    """The [snapshot] section of a preset."""

    start: ReferenceText | None = Field(
        default=None,
        alias="from",
        description="Begin at a network that exists, e.g. 'run:NAME/endpoint-1'; absent: anew.",
    )
    independent: bool = Field(
        default=True, description="Also train [train] networks from the same seeds to compare with."
    )


class SnapshotOptions(SnapshotSettings, SeedOptions, JudgedOptions):
    """Everything that determines one snapshot ensemble, beside the data set."""

    model: AnyModelOptions = Field(description="The network.", discriminator="name")
