"""The shape of a collected run: every number and sentence a report may show, as plain values.

`reports.summary` fills it; tables, figures, templates and exports only read it. Fractions and
nats as stored; NaN where a number is missing. Nothing here reads files.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from mcworkbench.reports.ensemble_document import BudgetSummary, EnsembleSummary

Columns = dict[str, list[float]]
Statistics = dict[str, dict[str, float]]


@final
@dataclass(frozen=True, slots=True)
class NodeSummary:
    """One node of a run: what it is, where it stands, who made it.

    Attributes:
        key: digest of everything that determined its product.
        made_by: id of the run that made it where that is another one, else "".
        options: the stage's resolved options.
    """

    name: str
    label: str
    kind: str
    key: str
    state: str
    made_by: str
    seconds: float
    message: str
    warnings: list[str]
    options: dict[str, Any]


@final
@dataclass(frozen=True, slots=True)
class EndSummary:
    """One network at an end of paths, with its own final statistics.

    Attributes:
        seeds: seed of each random stream; empty for an imported network.
        values: final statistics by column, e.g. test_error, as its own stage measured them.
        on_path: its test error as the start or end of an evaluated path, NaN where none is.
    """

    node: str
    label: str
    kind: str
    seeds: dict[str, int]
    epochs: int
    values: dict[str, float]
    on_path: float


@final
@dataclass(frozen=True, slots=True)
class Conditions:
    """How the points of a path were measured; None where it is not known.

    Attributes:
        normalize: how pixels were scaled, as the preset names it, '' where not known.
        trained: whether any network or curve of the run was trained in it or by its stages.
    """

    train_examples: int | None
    test_examples: int | None
    bn_refreshed: bool | None
    bn_examples: int | None
    bn_augmented: bool | None
    augmented: bool | None
    weight_decay: float | None
    validation: str
    seed: int | None
    normalize: str
    trained: bool


@final
@dataclass(frozen=True, slots=True)
class PathSummary:
    """One evaluated path.

    Attributes:
        node: the evaluate node.
        path: the node that made the path.
        method: "line", "Bézier, 1 bend", …: how legends and tables call it; unique within a pair.
        short: the same where there is little room: "Bézier (1)".
        pair: names of the first and last end, "" where not known.
        partial: whether points are still missing.
        num_points: how many there will be.
        places: the number of each point among all, in increasing t; gaps are points to come.
        columns: values by column at each t.
        statistics: start, end, min, max, avg, int of each column.
        barriers: the three named barriers of the columns that have them.
        num_segments: of a chain through many networks; 0 for any other path.
        baseline: of reconstructions: what the mean training image scores, by column.
    """

    node: str
    path: str
    method: str
    short: str
    is_line: bool
    pair: tuple[str, str]
    partial: bool
    num_points: int
    places: list[int]
    ts: list[float]
    dl: list[float]
    length: float
    columns: Columns
    statistics: Statistics
    barriers: Statistics
    conditions: Conditions
    num_segments: int = 0
    baseline: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def pair_label(self) -> str:
        """Both ends in words, "" where they are not known."""
        return " to ".join(self.pair) if all(self.pair) else ""


@final
@dataclass(frozen=True, slots=True)
class ProbeSummary:
    """Loss along t at one moment of a curve's training."""

    epoch: int
    ts: list[float]
    values: Columns


@final
@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """What one training stage told, epoch by epoch; `values` by column, NaN where not told."""

    node: str
    label: str
    kind: str
    epochs: list[int]
    lr: list[float]
    seconds: list[float]
    values: Columns
    probes: list[ProbeSummary]


@final
@dataclass(frozen=True, slots=True)
class Expectation:
    """One published number beside ours; `ours` is NaN where the run has none."""

    key: str
    column: str
    published: float
    ours: float


@final
@dataclass(frozen=True, slots=True)
class RunSummary:
    """Everything a report of one run shows."""

    id: str
    name: str
    title: str
    kind: str
    state: str
    created: str
    version: str
    group: str
    tags: list[str]
    notes: list[str]
    task: str
    seed: int | None
    nodes: list[NodeSummary]
    ends: list[EndSummary]
    paths: list[PathSummary]
    trainings: list[TrainingSummary]
    expectations: list[Expectation]
    expect_source: str
    remarks: list[str]
    data: dict[str, Any]
    dataset: dict[str, Any]
    environment: dict[str, str]
    preset: str
    commands: list[str] = field(default_factory=list[str])
    ensembles: list[EnsembleSummary] = field(default_factory=list[EnsembleSummary])
    budgets: list[BudgetSummary] = field(default_factory=list[BudgetSummary])

    @property
    def heading(self) -> str:
        """The run's title, or its name where it has none."""
        return self.title or self.name

    def pairs(self) -> dict[tuple[str, str], list[PathSummary]]:
        """Return the evaluated paths by the ends they join."""
        grouped: dict[tuple[str, str], list[PathSummary]] = {}
        for path in self.paths:
            grouped.setdefault(path.pair, []).append(path)
        return grouped


def as_json(summary: RunSummary) -> dict[str, Any]:
    """Return the summary as JSON values; a number that is not finite is null.

    Fractions, nats and seconds as stored: percent exists only in text, figures and the
    reference's npz files.
    """
    plain = _plain(dataclasses.asdict(summary))
    return {"format": 1, "units": {"error": "fraction", "loss": "nats per example"}, **plain}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
