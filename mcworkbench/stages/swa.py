"""Stochastic weight averaging: train, and publish the mean of the iterates as a network.

Its batch norm is recomputed. With a rank the moments of SWAG are kept beside it, from which an
`swag` stage draws. The last iterate is kept as a snapshot and scored beside its average.
Shape letters: D = padded parameters, K = deviations, P = parameters without padding.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mcworkbench.config.options.swa import SwaOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.ensembles.average_collector import AverageCollector
from mcworkbench.models.product import network_files
from mcworkbench.params.store import network_bytes
from mcworkbench.runs.events import Noted, Progress
from mcworkbench.stages.judging import told_loss, training_scorer
from mcworkbench.stages.member_training import StepScorer, carry_momentum
from mcworkbench.stages.refreshing import refresher
from mcworkbench.stages.scoring import watched_name
from mcworkbench.stages.starting import starting_network
from mcworkbench.training.evaluation import Interrupted
from mcworkbench.training.job import Job
from mcworkbench.training.loop import Trainer
from mcworkbench.training.schedules import averaging_rate
from mcworkbench.training.subjects import NetworkSubject
from mcworkbench.training.unused import unused_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from mcworkbench.ensembles.averaging import Moments
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace

MOMENTS_FILE = "moments.safetensors"
LAST = "last"


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Train and publish the average; returns its scores, and those of the last iterate."""
    options = workspace.options
    assert isinstance(options, SwaOptions)
    dataset = open_dataset(workspace.input("dataset")).for_model(options.model)
    flat, document = starting_network(
        workspace, dataset, options.model, options.init_seed, where="[swa] from"
    )
    if watched_name(dataset) == "test":
        yield Noted("there is no validation split: the test set is watched while training")
    task, scorer = training_scorer(workspace, dataset, flat, options, options.loss)
    yield from told_loss(options.loss)
    steps = StepScorer(scorer, dataset, flat)
    placer = refresher(
        workspace,
        dataset,
        flat,
        options,
        precision=options.precision,
        channels_last=options.channels_last,
    )

    def of_average(scores: Callable[[], dict[str, float]]) -> dict[str, float]:
        placer.refresh()
        return scores()

    collector = AverageCollector(
        flat,
        due=options.average_steps,
        rank=options.rank,
        watch_every=options.watch_average,
        iterate_scores=steps.test_values,
        average_scores=lambda: of_average(lambda: scorer.scores("test")),
    )
    train = scorer.split("train")
    trainer = Trainer(
        Job(
            section="swa",
            subject=NetworkSubject(flat, options, unused_mask(flat, task, train)),
            task=task,
            train=train,
            options=options,
            seeds=options.model_dump(include={"init_seed", "order_seed", "augment_seed"}),
            data=dataset.options,
            observe=steps.observe,
            product=lambda: network_files(flat, document),
            rate=partial(averaging_rate, options),
            collector=collector,
        ),
        workspace,
    )
    if workspace.has_input("start"):
        start = workspace.input("start")
        yield carry_momentum(trainer.optimizer, start, wanted=options.carry_momentum)
    yield from trainer.run()
    yield workspace.save_snapshot(
        LAST, options.last_epoch, trainer.step, network_files(flat, document), ("iterate",)
    )
    yield Progress("scoring", trainer.step, trainer.step, "steps", trainer.step)
    files: dict[str, bytes] = {}

    def scored() -> dict[str, float]:
        files.update(network_files(flat, document))
        return scorer.all_scores(options.weight_decay)

    try:
        last_values = steps.test_values(trainer.step)
        scores = collector.with_average(lambda: of_average(scored))
    except Interrupted:
        yield from trainer.stop()
        raise
    if collector.moments is not None:
        files[MOMENTS_FILE] = _moments_bytes(collector.moments, flat)
    for name, content in files.items():
        yield workspace.save_artifact(name, content, "network")
    return {
        **scores,
        **{f"last_{name}": value for name, value in last_values.items()},
        "num_averaged": collector.mean.count,
        "num_params": flat.layout.num_params,
    }


def _moments_bytes(moments: Moments, flat: FlatModule) -> bytes:
    return network_bytes(
        {
            "mean": flat.unpadded(moments.mean.vector_D),
            "variance": flat.unpadded(moments.variance_D),
            "deviations": flat.unpadded(moments.deviations_KD),
        }
    )
