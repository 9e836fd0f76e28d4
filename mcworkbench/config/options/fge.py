"""[fge]: fast geometric ensembling, a training on a cyclical learning rate."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mcworkbench.config.options.loss import JudgedOptions
from mcworkbench.config.options.own_rate import OwnRateOptions
from mcworkbench.config.options.training import SectionSeeds, SeedOptions


class FgeSettings(OwnRateOptions):
    """Cycles between two learning rates; a member at every lowest point (arXiv:1802.10026)."""

    epochs: int = Field(default=20, ge=1, le=100_000, description="Epochs of FGE itself.")
    lr: float = Field(
        default=0.05, gt=0, le=1000, description="Highest rate, at the start of a cycle: alpha 1."
    )
    lr_min: float = Field(
        default=5e-4, gt=0, le=1000, description="Lowest rate, where members are taken: alpha 2."
    )
    cycle: int = Field(
        default=4, ge=1, le=100_000, description="Epochs of a whole cycle, high to low to high."
    )
    shape: Literal["triangle", "sawtooth"] = Field(
        default="triangle",
        description="triangle: down and up again, a member in the middle of each cycle; sawtooth: "
        "down only, a member at the end of each cycle.",
    )
    index: Literal["code", "paper"] = Field(
        default="code",
        description="Where in a cycle a step lies. code: the reference implementation's i / c, so "
        "that the last step before a member is a little above lr_min; paper: (i + 1) / c, so that "
        "it is lr_min.",
    )
    schedule: Literal["cyclic"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]
        default="cyclic", description="The cycle is the schedule."
    )
    average_period: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="PFGE: average the lowest points of so many epochs into one member and go on "
        "from it; 0 is plain FGE.",
    )
    carry_momentum: bool = Field(
        default=True,
        description="Begin with the optimiser's state of the starting network, where it has one.",
    )

    @model_validator(mode="after")
    def _has_members(self) -> FgeSettings:
        if self.lr_min > self.lr:
            raise ValueError(
                f"lr_min = {self.lr_min:g} lies above lr = {self.lr:g}; lr is the highest rate of "
                "a cycle"
            )
        if self.shape == "triangle" and self.index == "code" and self.cycle % 2:
            raise ValueError(
                f"cycle = {self.cycle} is odd, so its lowest rate falls into the middle of an "
                f"epoch; use cycle = {self.cycle + 1}, index = 'paper' (members within epochs) or "
                "shape = 'sawtooth' (a member at the end of each cycle)"
            )
        if self.cycle > self.epochs:
            raise ValueError(
                f"cycle = {self.cycle} is longer than epochs = {self.epochs}; a cycle must fit, "
                f"e.g. epochs = {self.cycle}"
            )
        if self.average_period and (
            self.average_period % self.cycle or self.average_period > self.last_epoch
        ):
            raise ValueError(
                f"average_period = {self.average_period} must be whole cycles of {self.cycle} "
                f"epochs and at most the {self.last_epoch} epochs trained"
            )
        if not self.num_members:
            raise ValueError(
                f"no member falls into {self.last_epoch} epochs of cycle = {self.cycle}; train "
                "longer or use a shorter cycle"
            )
        return self

    @property
    def num_members(self) -> int:
        """How many networks will be captured."""
        return len(self.member_steps(2))

    def lowest_steps(self, num_steps: int) -> tuple[int, ...]:
        """Return after how many optimiser steps the rate has just been lowest.

        Args:
            num_steps: of an epoch; a cycle of an odd number of steps has its lowest point half a
                step later.
        """
        whole, last = self.cycle * num_steps, self.last_epoch * num_steps
        first = whole if self.shape == "sawtooth" else (whole + 1) // 2
        return tuple(range(first, last + 1, whole))

    def member_steps(self, num_steps: int) -> tuple[int, ...]:
        """Return after how many optimiser steps a member is captured."""
        if not self.average_period:
            return self.lowest_steps(num_steps)
        whole = self.average_period * num_steps
        return tuple(range(whole, self.last_epoch * num_steps + 1, whole))


class FgeSection(FgeSettings, SectionSeeds):
    """The [fge] section of a preset: how, and from which point of [train]."""

    start_at: int | None = Field(
        default=None,
        ge=0,
        description="Epoch of [train] at which FGE begins; absent: start_fraction of its budget.",
    )
    start_fraction: float = Field(
        default=0.8, ge=0, le=1, description="Part of the budget of [train] before FGE begins."
    )
    independent: bool = Field(
        default=True,
        description="Also train every end to the end of its budget: the independent networks that "
        "FGE is compared with.",
    )


class FgeOptions(FgeSettings, SeedOptions, JudgedOptions):
    """Everything that determines one FGE run, beside its start and the data set."""
