"""What every training stage can be told: budget, optimiser, schedule, precision, snapshots."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from mcworkbench.config.options.base import Options, unhashed

_KEEP = re.compile(r"\d{1,6}|every:[1-9]\d{0,5}|best|last|initial", re.ASCII)


class TrainingOptions(Options):
    """Options of the one training loop, shared by [train] and [curve]."""

    epochs: int = Field(default=10, ge=0, le=100_000, description="Passes over the training split.")
    stop_at: int | None = Field(
        default=None,
        ge=0,
        description="Stop after this epoch on the schedule of `epochs`; absent: at the end.",
    )
    batch_size: int = Field(
        default=128, ge=1, le=1_000_000, description="Examples per optimiser step."
    )
    optimizer: Literal["sgd", "adam", "adamw"] = Field(
        default="sgd", description="Which update rule."
    )
    lr: float = Field(default=0.05, gt=0, le=1000, description="Initial (highest) learning rate.")
    momentum: float = Field(default=0.9, ge=0, lt=1, description="SGD momentum.")
    nesterov: bool = Field(default=False, description="Nesterov momentum (SGD).")
    beta1: float = Field(default=0.9, ge=0, lt=1, description="Adam: decay of the first moment.")
    beta2: float = Field(default=0.999, ge=0, lt=1, description="Adam: decay of the second moment.")
    weight_decay: float = Field(
        default=5e-4,
        ge=0,
        le=10,
        description="L2 penalty ½·wd·‖w‖² on the network (at t, for a curve).",
    )
    schedule: Literal["reference", "cosine", "onecycle", "constant", "multistep"] = Field(
        default="reference",
        description="reference: flat to half, then linear down to 1 % at 90 % (set once an epoch); "
        "cosine to 0 and onecycle (30 % warm-up) change every step; constant; multistep: times "
        "`gamma` after each of `milestones`.",
    )
    epochs_before: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Epochs of the schedule that a training before this one has done: the rate "
        "is that of the next `epochs` of them all; `milestones` and warm-up count them too.",
    )
    milestones: tuple[int, ...] = Field(
        default=(), description="multistep: epochs after which the rate falls, e.g. [60, 120]."
    )
    gamma: float = Field(
        default=0.1, gt=0, le=1, description="multistep: factor on the rate at each milestone."
    )
    warmup_epochs: int = Field(
        default=0,
        ge=0,
        description="Linear warm-up, step by step, over this many epochs; multiplies any schedule.",
    )
    warmup_start: float = Field(
        default=0.1, gt=0, le=1, description="Factor on the rate at the first step of the warm-up."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32",
        description="bfloat16 runs the network under autocast; parameters stay float32.",
    )
    channels_last: bool = Field(
        default=False, description="Lay activations out channels-last: faster convolutions."
    )
    order: Literal["shuffled", "file"] = Field(
        default="shuffled", description="Visit order of examples; 'file' repeats the stored order."
    )
    steps_per_epoch: int = Field(
        default=0, ge=0, description="Stop each epoch after this many steps; 0 uses every batch."
    )
    drop_last: bool = Field(default=False, description="Skip the last, smaller batch of an epoch.")
    micro_batch: int = Field(
        default=0,
        ge=0,
        description="Accumulate gradients over pieces of this many examples; 0 is off.",
    )
    deterministic: bool = Field(
        default=True,
        description="Bit-identical repetition on one machine; false lets CUDA be faster.",
    )
    keep: str = unhashed(
        "",
        description="Snapshots to keep, e.g. '0, 32, every:10, best, last' (epochs, best, …).",
    )
    checkpoint_every: int = unhashed(
        200, ge=1, description="Steps between resume checkpoints; stopping makes one too."
    )
    log_every: int = unhashed(20, ge=1, description="Steps between progress events.")
    watch_every: int = unhashed(
        1, ge=0, description="Epochs between evaluations while training; 0 watches the end only."
    )

    strip_every: int = unhashed(
        5,
        ge=0,
        description="Autoencoders: epochs between pictures of 8 fixed test images and their "
        "reconstructions while ends train; 0 keeps the last only.",
    )

    @field_validator("keep")
    @classmethod
    def _known_keep(cls, value: str) -> str:
        for word in (part.strip() for part in value.split(",") if part.strip()):
            if not _KEEP.fullmatch(word):
                raise ValueError(f"'{word}' is not an epoch, every:N, best, last or initial")
        return value

    @field_validator("milestones")
    @classmethod
    def _increasing(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or any(epoch < 1 for epoch in value):
            raise ValueError("must list increasing epochs from 1 on, e.g. [60, 120]")
        return value

    @model_validator(mode="after")
    def _has_milestones(self) -> TrainingOptions:
        if (self.schedule == "multistep") != bool(self.milestones):
            raise ValueError(
                "schedule = 'multistep' and milestones = [EPOCH, …] belong together; give both, "
                "e.g. milestones = [60, 120], or neither"
            )
        return self

    @model_validator(mode="after")
    def _consistent(self) -> TrainingOptions:
        if self.stop_at is not None and self.stop_at > self.epochs:
            raise ValueError(f"stop_at = {self.stop_at} lies beyond epochs = {self.epochs}")
        if self.nesterov and (self.optimizer != "sgd" or self.momentum == 0):
            raise ValueError("nesterov = true needs optimizer = 'sgd' with momentum above 0")
        return self

    @property
    def last_epoch(self) -> int:
        """The epoch after which training ends."""
        return self.epochs if self.stop_at is None else self.stop_at

    def keeps(self, epoch: int) -> bool:
        """Return whether `keep` names this epoch ('0, 32, every:10, initial, last')."""
        words = set(self.keep_words())
        named = {str(epoch)}
        named |= {"initial"} if epoch == 0 else set()
        named |= {"last"} if epoch == self.last_epoch else set()
        periods = [int(word.removeprefix("every:")) for word in words if word.startswith("every:")]
        return bool(words & named) or any(epoch % period == 0 for period in periods)

    def keep_words(self) -> list[str]:
        """Return the words of `keep`, a number without leading zeros."""
        words = [word.strip() for word in self.keep.split(",") if word.strip()]
        return [str(int(word)) if word.isdecimal() else word for word in words]


class SeedOptions(Options):
    """Where the random streams of one training start, each resolved."""

    init_seed: int = Field(default=1, ge=0, lt=2**31, description="Initial parameters.")
    order_seed: int = Field(
        default=1, ge=0, lt=2**31, description="Visit order, dropout and the t of a curve."
    )
    augment_seed: int = Field(default=1, ge=0, lt=2**31, description="Crops and flips.")


class SectionSeeds(Options):
    """Seeds as a preset gives them: `seed` sets all streams that are not set themselves."""

    seed: int | None = Field(
        default=None,
        ge=0,
        lt=2**31,
        description="Sets the three seeds below; absent: the run's own seed.",
    )
    init_seed: int | None = Field(default=None, ge=0, lt=2**31, description="Initial parameters.")
    order_seed: int | None = Field(
        default=None, ge=0, lt=2**31, description="Visit order, dropout and the t of a curve."
    )
    augment_seed: int | None = Field(default=None, ge=0, lt=2**31, description="Crops and flips.")

    def resolved_seeds(self, fallback: int) -> dict[str, int]:
        """Return the seed of every stream as fields of `SeedOptions`."""
        seed = fallback if self.seed is None else self.seed
        chosen = {name: getattr(self, name) for name in SeedOptions.model_fields}
        return {name: seed if value is None else value for name, value in chosen.items()}
