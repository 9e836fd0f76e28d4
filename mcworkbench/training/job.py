"""What a stage hands to the training loop, and what it shows at the end of an epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.data.resident import Split
from mcworkbench.runs.events import ProbeEvaluated
from mcworkbench.tasks.task import AbstractTask
from mcworkbench.training.subjects import AbstractSubject


@final
@dataclass(frozen=True)
class Observation:
    """What a stage sees at the end of an epoch; `score` decides the best (lower is better)."""

    values: dict[str, float]
    probe: ProbeEvaluated | None
    score: float | None


@final
@dataclass(frozen=True)
class Job:
    """Everything the loop needs beside the workspace.

    Attributes:
        section: where the user changes options, 'train' or 'curve', for messages.
        observe: evaluates after an epoch; must leave parameters, buffers and RNG as they were.
        product: the files of the product as it is now.
        positions: for a curve, its t in turn, or () for uniform ones; None for a network.
    """

    section: str
    subject: AbstractSubject
    task: AbstractTask
    train: Split
    options: TrainingOptions
    seeds: Mapping[str, int]
    data: DataOptions
    observe: Callable[[int, int], Observation]
    product: Callable[[], dict[str, bytes]]
    positions: tuple[float, ...] | None = None
