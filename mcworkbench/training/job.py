"""What a stage hands to the training loop, and what it shows at the end of an epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.data.resident import Split
from mcworkbench.ensembles.collector import AbstractCollector
from mcworkbench.runs.events import ProbeEvaluated
from mcworkbench.tasks.task import AbstractTask
from mcworkbench.training.schedules import learning_rate
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
        rate: the learning rate of a step, given the steps of an epoch; absent: as `schedule` says.
        collector: takes members or averages out of the training.
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
    rate: Callable[[int, int], float] | None = None
    collector: AbstractCollector | None = None

    def learning_rate(self, step: int, steps_per_epoch: int) -> float:
        """Return the rate of the 0-based optimiser step `step`."""
        if self.rate is not None:
            return self.rate(step, steps_per_epoch)
        return learning_rate(self.options, step, steps_per_epoch)
