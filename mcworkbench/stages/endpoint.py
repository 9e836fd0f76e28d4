"""Train one network; or train it on from another.

Watched on the validation split, or on the test set where there is none, which the events say by
the split's name. The last epoch is scored on every split with deterministic inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.models.product import (
    OPTIMIZER_FILE,
    build_flat,
    load_network,
    model_document,
    network_files,
    require_kind,
)
from mcworkbench.params.store import network_bytes
from mcworkbench.runs.events import Noted, Progress
from mcworkbench.stages.splits import watched_name
from mcworkbench.tasks import make_task
from mcworkbench.training.evaluation import Interrupted, evaluate_split, interruptible
from mcworkbench.training.job import Job, Observation
from mcworkbench.training.loop import Trainer
from mcworkbench.training.optimizers import optimizer_tensors
from mcworkbench.training.subjects import NetworkSubject
from mcworkbench.training.unused import unused_mask

if TYPE_CHECKING:
    from collections.abc import Generator

    from mcworkbench.data.dataset import Dataset, SplitName
    from mcworkbench.data.resident import Split
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace

EVALUATION_BATCH = 1024
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Train and publish one network; returns its scores by "<split>_<metric>"."""
    options = workspace.options
    assert isinstance(options, EndpointOptions)
    dataset = open_dataset(workspace.input("dataset"))
    flat = build_flat(
        options.model,
        dataset.input_shape,
        dataset.num_outputs,
        seed=options.init_seed,
        device=workspace.device,
    )
    if workspace.has_input("start"):
        require_kind(workspace.input("start"), "network", "[train] from")
        load_network(flat, workspace.input("start"), where="[train] from")
    document = model_document(options.model, dataset.input_shape, dataset.num_outputs, flat.layout)
    if watched_name(dataset) == "test":
        yield Noted("there is no validation split: the test set is watched while training")
    watcher = _Watcher(dataset, flat, options, workspace)
    train, task = watcher.split("train"), make_task(dataset, ece_bins=0)
    trainer = Trainer(
        Job(
            section="train",
            subject=NetworkSubject(flat, options, unused_mask(flat, task, train)),
            task=task,
            train=train,
            options=options,
            seeds=options.model_dump(include={"init_seed", "order_seed", "augment_seed"}),
            data=dataset.options,
            observe=watcher.observe,
            product=lambda: network_files(flat, document),
        ),
        workspace,
    )
    yield from trainer.run()
    yield Progress("scoring", trainer.step, trainer.step, "steps", trainer.step)
    try:
        scores = watcher.final_scores()
    except Interrupted:
        yield from trainer.stop()
        raise
    files = network_files(flat, document)
    files[OPTIMIZER_FILE] = network_bytes(optimizer_tensors(trainer.optimizer))
    for name, content in files.items():
        yield workspace.save_artifact(name, content, "network")
    return {
        **scores,
        **trainer.keeper.summary(),
        "num_params": flat.layout.num_params,
    }


class _Watcher:
    """Scores the network on whole splits without touching parameters, buffers or RNG."""

    def __init__(
        self, dataset: Dataset, flat: FlatModule, options: EndpointOptions, workspace: Workspace
    ) -> None:
        self._dataset = dataset
        self._flat = flat
        self._options = options
        self._device = workspace.device
        self._between = interruptible(workspace)
        self._task = make_task(dataset)
        self._splits: dict[SplitName, Split] = {}
        self.batch_size = EVALUATION_BATCH

    def split(self, name: SplitName) -> Split:
        """Return a split on the device, made once."""
        if name not in self._splits:
            self._splits[name] = self._dataset.split(
                name, self._device, channels_last=self._options.channels_last
            )
        return self._splits[name]

    def observe(self, epoch: int, step: int) -> Observation:
        """Score the watched split; the best epoch is the one of its lowest error or loss."""
        del epoch, step
        name = watched_name(self._dataset)
        values = self.scores(name)
        score = values.get(f"{name}_error", values[f"{name}_nll"])
        return Observation(values, None, score)

    def scores(self, name: SplitName) -> dict[str, float]:
        """Return every metric of one split by "<split>_<metric>"."""
        self._flat.module.eval()
        scored = evaluate_split(
            self._flat,
            self._task,
            self.split(name),
            batch_size=self.batch_size,
            precision=self._options.precision,
            between=self._between,
        )
        self.batch_size = scored.batch_size
        return {f"{name}_{metric}": value for metric, value in scored.values.items()}

    def final_scores(self) -> dict[str, float]:
        """Return the scores on every split, and the regularised training loss."""
        values: dict[str, Any] = {}
        for name in SPLITS:
            if not self._dataset.counts[name]:
                continue
            values |= self.scores(name)
        norm_squared = torch.sum(self._flat.params.double() ** 2).item()
        penalty = self._options.weight_decay * norm_squared / 2
        return {**values, "train_loss": values["train_nll"] + penalty, "l2": norm_squared}
