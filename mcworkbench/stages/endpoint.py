"""Train one network; or train it on from another.

Watched on the validation split, or on the test set where there is none, which the events say by
the split's name. The last epoch is scored on every split with deterministic inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.models.product import OPTIMIZER_FILE, network_files
from mcworkbench.params.store import network_bytes
from mcworkbench.runs.events import Noted, Progress
from mcworkbench.stages.scoring import NetworkScorer, watched_name
from mcworkbench.stages.starting import starting_network
from mcworkbench.tasks import make_task
from mcworkbench.training.evaluation import Interrupted
from mcworkbench.training.job import Job, Observation
from mcworkbench.training.loop import Trainer
from mcworkbench.training.optimizers import optimizer_tensors
from mcworkbench.training.subjects import NetworkSubject
from mcworkbench.training.unused import unused_mask

if TYPE_CHECKING:
    from collections.abc import Generator

    from mcworkbench.data.dataset import Dataset
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Train and publish one network; returns its scores by "<split>_<metric>"."""
    options = workspace.options
    assert isinstance(options, EndpointOptions)
    dataset = open_dataset(workspace.input("dataset"))
    flat, document = starting_network(
        workspace, dataset, options.model, options.init_seed, where="[train] from"
    )
    if watched_name(dataset) == "test":
        yield Noted("there is no validation split: the test set is watched while training")
    scorer = NetworkScorer(
        dataset,
        flat,
        workspace,
        precision=options.precision,
        channels_last=options.channels_last,
    )
    train, task = scorer.split("train"), make_task(dataset, ece_bins=0)
    trainer = Trainer(
        Job(
            section="train",
            subject=NetworkSubject(flat, options, unused_mask(flat, task, train)),
            task=task,
            train=train,
            options=options,
            seeds=options.model_dump(include={"init_seed", "order_seed", "augment_seed"}),
            data=dataset.options,
            observe=lambda _epoch, _step: _observation(scorer, dataset),
            product=lambda: network_files(flat, document),
        ),
        workspace,
    )
    yield from trainer.run()
    yield Progress("scoring", trainer.step, trainer.step, "steps", trainer.step)
    try:
        scores = scorer.all_scores(options.weight_decay)
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


def _observation(scorer: NetworkScorer, dataset: Dataset) -> Observation:
    """Score the watched split; the best epoch is the one of its lowest error or loss."""
    name = watched_name(dataset)
    values = scorer.scores(name)
    return Observation(values, None, values.get(f"{name}_error", values[f"{name}_nll"]))
