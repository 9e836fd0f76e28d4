"""[curve] and [line]: the path between two ends."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from typing_extensions import override

from mcworkbench.config.options.base import Options, unhashed
from mcworkbench.config.options.loss import JudgedOptions
from mcworkbench.config.options.training import SectionSeeds, SeedOptions, TrainingOptions
from mcworkbench.config.references import ReferenceText

Position = Annotated[float, Field(ge=0, le=1)]
MIN_NODES = 2


class CurveSettings(TrainingOptions):
    """Which curve, and how its bends are trained."""

    name: Literal["bezier", "polychain"] = Field(
        default="bezier", description="The family of curves."
    )
    bends: int = Field(default=1, ge=0, le=64, description="Inner nodes; the ends never count.")
    init: Literal["linear", "random"] = Field(
        default="linear",
        description="Inner nodes start on the straight line, or drawn anew.",
    )
    fix_start: bool = Field(default=True, description="Keep the first end as it is.")
    fix_end: bool = Field(default=True, description="Keep the last end as it is.")
    positions: tuple[Position, ...] = Field(
        default=(),
        description="Train at these t in turn instead of uniform t: for exact repetition.",
    )
    probe_points: int = unhashed(
        11, ge=0, le=201, description="Fixed t at which loss is watched while training; 0 is off."
    )
    probe_examples: int = unhashed(
        1024, ge=1, description="Training examples of the fixed probe subset."
    )

    @property
    def num_nodes(self) -> int:
        """K: all nodes, both ends included."""
        return self.bends + 2

    @model_validator(mode="after")
    def _something_moves(self) -> CurveSettings:
        if self.num_nodes == MIN_NODES and self.fix_start and self.fix_end:
            raise ValueError(
                "without bends and with both ends fixed nothing can be trained: that is the "
                "straight line, which every run has; set bends = 1, or fix_end = false"
            )
        return self


class CurveSection(CurveSettings, SectionSeeds):
    """The [curve] section of a preset."""

    nodes: int | None = Field(
        default=None,
        ge=2,
        le=66,
        description="Ends included (bends + 2): the reference's count.",
    )
    start: ReferenceText | None = Field(
        default=None,
        alias="from",
        description="Continue from 'run:NAME/curve@10', 'stage:KEY' or 'file:curve.pt'.",
    )

    @model_validator(mode="after")
    def _same_count(self) -> CurveSection:
        given = self.nodes is not None and "bends" in self.model_fields_set
        if given and self.nodes != self.num_nodes:
            raise ValueError(
                f"nodes = {self.nodes} counts both ends and so asks for {int(self.nodes or 0) - 2} "
                f"bends, but bends = {self.bends}; give one of them"
            )
        return self

    @property
    @override
    def num_nodes(self) -> int:
        """K: all nodes, both ends included, as given by `bends` or by `nodes`."""
        counted = self.nodes is None or "bends" in self.model_fields_set
        return self.bends + 2 if counted else int(self.nodes or 0)


class CurveOptions(CurveSettings, SeedOptions, JudgedOptions):
    """Everything that determines one trained curve, beside its ends and the data set."""


class LineOptions(Options):
    """The straight line between two ends has no options."""
