"""The shape of collected ensembles: members, pools by budget, how alike they are. Plain values.

`reports.ensembles` fills it; tables, figures and exports only read it. Fractions and nats.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final


@final
@dataclass(frozen=True, slots=True)
class MemberSummary:
    """One scored network; index 0 is the start, no member.

    Attributes:
        values: its own scores by column, e.g. test_error.
        ensemble: those of the ensemble of all members up to it.
        without: those of the whole ensemble without it; empty where not known.
        agreement: with the member before, NaN where there is none.
    """

    index: int
    name: str
    epoch: int
    step: int
    t: float
    size: int
    values: dict[str, float]
    ensemble: dict[str, float]
    distances: dict[str, float]
    without: dict[str, float]
    agreement: float


@final
@dataclass(frozen=True, slots=True)
class EnsembleSummary:
    """The members of one stage, or of one method of a table of pools.

    Attributes:
        node: the stage.
        method: which method of a table, "" where the stage has one.
        pairwise: matrices over `members`: disagreement, correlation, distance, cosine.
        reliability: count, confidence and accuracy of each bin of the whole ensemble.
        rates: epochs and the learning rate there, while members were trained; else empty.
        is_average: the "ensemble" is the mean of the iterates, one network.
    """

    node: str
    label: str
    kind: str
    method: str
    total: int
    partial: bool
    members: list[MemberSummary]
    pairwise: dict[str, list[list[float]]]
    reliability: dict[str, list[float]]
    rates: tuple[list[float], list[float]] = field(default=([], []))

    @property
    def is_average(self) -> bool:
        """Whether what is scored beside the members is their mean, not their ensemble."""
        return self.kind == "swa"

    @property
    def name(self) -> str:
        """What titles call it."""
        return f"{self.method}" if self.method else self.node


@final
@dataclass(frozen=True, slots=True)
class BudgetSummary:
    """A method at a budget of so many runs: scores of pools, mean and standard deviation."""

    method: str
    budget: int
    members: float
    pools: int
    first: dict[str, float]
    mean: dict[str, float]
    sd: dict[str, float]
