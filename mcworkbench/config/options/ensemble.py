"""[ensemble]: networks that exist already, or points of a path, scored as one; and soups."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from mcworkbench.config.options.base import Options, unhashed
from mcworkbench.config.options.curve import Position
from mcworkbench.config.options.loss import JudgedOptions
from mcworkbench.config.options.refresh import RefreshOptions
from mcworkbench.config.references import ReferenceText

MAX_POOLS = 20


class ScoringOptions(RefreshOptions):
    """How members are scored, the same for all."""

    precision: Literal["float32", "bfloat16"] = Field(
        default="float32", description="As in training."
    )
    channels_last: bool = unhashed(default=False, description="As in training.")
    batch_size: int = unhashed(
        1024, ge=1, description="Evaluation batch; halved by itself when memory ends."
    )


class PredictOptions(ScoringOptions):
    """One network, or points of a path: their test predictions, stored."""

    positions: tuple[Position, ...] = Field(
        default=(), description="Where on a path members lie; () for a network."
    )
    refresh: bool = Field(
        default=False,
        description="Recompute a network's batch norm before it is scored; points of a path "
        "always have theirs recomputed.",
    )
    label: str = unhashed("", description="What the network is called in tables.")


class SoupOptions(ScoringOptions, JudgedOptions):
    """The mean of several networks' parameters (arXiv:2203.05482)."""

    count: int = Field(default=2, ge=1, le=10_000, description="How many networks there are.")
    method: Literal["uniform", "greedy"] = Field(
        default="uniform",
        description="uniform: all of them; greedy: in the order of their own scores, each kept if "
        "the watched split gets no worse.",
    )


class EnsembleOptions(Options):
    """Which members are pooled: one method per input, in order."""

    methods: tuple[str, ...] = Field(
        default=(), description="The method of each input; pools never mix methods."
    )
    labels: tuple[str, ...] = unhashed((), description="What each input is called in tables.")
    max_pools: int = Field(
        default=MAX_POOLS,
        ge=1,
        le=1000,
        description="Choices of k runs that the mean over pools of k is taken of, at most.",
    )


class EnsembleSection(ScoringOptions):
    """The [ensemble] section of a preset."""

    use: tuple[ReferenceText, ...] = Field(
        default=(),
        description="Members that exist already: 'run:NAME/endpoint-1', 'run:NAME/fge-1' (all its "
        "members), 'stage:KEY', 'file:a.pt'; absent: the networks of [ends].",
    )
    path: ReferenceText | None = Field(
        default=None, description="A path whose points are members: 'run:NAME/curve'."
    )
    positions: tuple[Position, ...] = Field(
        default=(0.0, 0.25, 0.5, 0.75, 1.0), description="Where on the path members lie."
    )
    soups: tuple[Literal["uniform", "greedy"], ...] = Field(
        default=(), description="Also average the networks' parameters: uniform, greedy."
    )

    @field_validator("positions")
    @classmethod
    def _increasing(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or list(value) != sorted(set(value)):
            raise ValueError("must list increasing t between 0 and 1, e.g. [0.0, 0.5, 1.0]")
        return value

    @model_validator(mode="after")
    def _no_soup_of_a_path(self) -> EnsembleSection:
        if self.soups and self.path is not None:
            raise ValueError("soups average networks; leave path out, or soups")
        return self
