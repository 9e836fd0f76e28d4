"""A training that members are captured from: what FGE and snapshot ensembles share.

The test set is passed once per captured member; where the same epoch is watched on it, that pass
serves both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mcworkbench.ensembles.collector import MemberCollector
from mcworkbench.ensembles.distances import distance
from mcworkbench.ensembles.store import MemberStore, kept_vector
from mcworkbench.models.product import OPTIMIZER_FILE, network_files
from mcworkbench.params.store import read_tensors
from mcworkbench.runs.events import Noted
from mcworkbench.stages.judging import told_loss, training_scorer
from mcworkbench.stages.scoring import watched_name
from mcworkbench.training.job import Job, Observation
from mcworkbench.training.loop import Trainer
from mcworkbench.training.optimizers import load_optimizer_tensors
from mcworkbench.training.subjects import NetworkSubject
from mcworkbench.training.unused import unused_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path
    from typing import Any

    import torch
    from torch import Tensor

    from mcworkbench.config.options.loss import LossOptions
    from mcworkbench.config.options.training import TrainingOptions
    from mcworkbench.data.dataset import Dataset, SplitName
    from mcworkbench.ensembles.collector import AbstractCollector
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace
    from mcworkbench.stages.scoring import NetworkScorer


@final
class StepScorer:
    """Scores the network in training once per step, for the capture and for the epoch alike."""

    def __init__(self, scorer: NetworkScorer, dataset: Dataset, flat: FlatModule) -> None:
        self.scorer = scorer
        self._watched: SplitName = watched_name(dataset)
        self._flat = flat
        self._start_D = flat.params.detach().clone()
        self._step = -1
        self._values: dict[str, float] = {}

    def outputs(self, step: int) -> Tensor:
        """Return what an ensemble averages of the test outputs after `step` steps."""
        self._values, outputs_N = self.scorer.outputs("test")
        self._step = step
        return outputs_N

    def test_values(self, step: int) -> dict[str, float]:
        """Return the test scores after `step` steps."""
        if step != self._step:
            self._values, self._step = self.scorer.scores("test"), step
        return dict(self._values)

    def observe(self, _epoch: int, step: int) -> Observation:
        """Return the scores of the watched split and how far training has come from its start."""
        name = self._watched
        values = self.test_values(step) if name == "test" else self.scorer.scores(name)
        score = values.get(f"{name}_error", values[f"{name}_nll"])
        values["distance_from_start"] = distance(self._flat.params, self._start_D)
        return Observation(values, None, score)


@final
class MemberTraining:
    """One training with a collector of members, ready to run."""

    def __init__(
        self,
        workspace: Workspace,
        dataset: Dataset,
        flat: FlatModule,
        document: dict[str, Any],
        *,
        options: TrainingOptions,
        loss: LossOptions | None,
        section: str,
        rate: Callable[[int, int], float],
        total: int,
        due: Callable[[int], Sequence[int]],
        has_start: bool,
        wrap: Callable[[MemberCollector], AbstractCollector] | None = None,
    ) -> None:
        """Build scorer, store, collector and trainer.

        Args:
            workspace: of the stage.
            dataset: opened.
            flat: the network as it begins.
            document: its model.json.
            options: of the training.
            loss: what reconstructions are judged by while they train.
            section: its name in a preset, and the prefix of members' names.
            rate: the learning rate of a step.
            total: how many members there will be.
            due: the steps after which a member is captured.
            has_start: whether the network it begins with is scored as row 0.
            wrap: makes another collector of the one that captures.
        """
        task, self.scorer = training_scorer(workspace, dataset, flat, options, loss)
        steps = StepScorer(self.scorer, dataset, flat)
        self.store = MemberStore(
            workspace,
            self.scorer.averages,
            self.scorer.answers("test"),
            total=total,
            start_D=flat.params,
            vector_of=lambda row: kept_vector(workspace, row, flat.layout),
        )
        collector = MemberCollector(
            self.store,
            flat,
            prefix=section,
            due=due,
            outputs=steps.outputs,
            files=lambda: network_files(flat, document),
            has_start=has_start,
        )
        train = self.scorer.split("train")
        self.trainer = Trainer(
            Job(
                section=section,
                subject=NetworkSubject(flat, options, unused_mask(flat, task, train)),
                task=task,
                train=train,
                options=options,
                seeds=options.model_dump(include={"init_seed", "order_seed", "augment_seed"}),
                data=dataset.options,
                observe=steps.observe,
                product=lambda: network_files(flat, document),
                rate=rate,
                collector=wrap(collector) if wrap else collector,
            ),
            workspace,
        )
        self._dataset = dataset
        self._flat = flat
        self._loss = loss

    def run(self) -> Generator[Event, None, dict[str, float]]:
        """Train and capture; returns the scores of the ensemble and of its members."""
        if watched_name(self._dataset) == "test":
            yield Noted("there is no validation split: the test set is watched while training")
        yield from told_loss(self._loss)
        yield from self.trainer.run()
        return {
            **self.store.headline(),
            **self.trainer.keeper.summary(),
            "num_params": self._flat.layout.num_params,
        }


def carry_momentum(optimizer: torch.optim.Optimizer, folder: Path, *, wanted: bool) -> Noted:
    """Give the optimiser the state a network was left with, where it fits, and say what was done.

    Args:
        optimizer: freshly built.
        folder: the product or snapshot that training goes on from.
        wanted: whether the user asked for it.
    """
    file = folder / OPTIMIZER_FILE
    if not wanted:
        return Noted("begins with an empty optimiser, as asked")
    if not file.is_file():
        return Noted("begins with an empty optimiser: the network came without its state")
    tensors = read_tensors(file)
    group = optimizer.param_groups[0]
    vector: Tensor = group["params"][0]
    known = {"momentum_buffer"} if "momentum" in group else {"step", "exp_avg", "exp_avg_sq"}
    fits = tensors.keys() == known and all(
        tensor.shape == vector.shape for tensor in tensors.values() if tensor.dim()
    )
    if not fits:
        return Noted("begins with an empty optimiser: the network was trained with another kind")
    load_optimizer_tensors(optimizer, tensors)
    return Noted("begins with the optimiser's state of the network")
