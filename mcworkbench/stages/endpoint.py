"""Train one network; or train it on from another.

Watched on the validation split, or on the test set where there is none, which the events say by
the split's name. The last epoch is scored on every split with deterministic inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.models.product import OPTIMIZER_FILE, network_files
from mcworkbench.params.store import network_bytes
from mcworkbench.runs.events import Noted, Progress, Warned
from mcworkbench.stages.judging import mean_image_scores, told_loss, training_scorer
from mcworkbench.stages.scoring import watched_name
from mcworkbench.stages.starting import starting_network
from mcworkbench.stages.strips import NUM_IMAGES, FixedImages, save_strip
from mcworkbench.training.evaluation import Interrupted
from mcworkbench.training.job import Job, Observation
from mcworkbench.training.loop import Trainer
from mcworkbench.training.optimizers import optimizer_tensors
from mcworkbench.training.subjects import NetworkSubject
from mcworkbench.training.unused import unused_mask

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from mcworkbench.data.dataset import Dataset, SplitName
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace
    from mcworkbench.stages.scoring import NetworkScorer

# A network this near to the mean image tells hardly one image from another.
_COLLAPSED = 0.95


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Train and publish one network; returns its scores by "<split>_<metric>"."""
    options = workspace.options
    assert isinstance(options, EndpointOptions)
    dataset = open_dataset(workspace.input("dataset")).for_model(options.model)
    flat, document = starting_network(
        workspace, dataset, options.model, options.init_seed, where="[train] from"
    )
    if watched_name(dataset) == "test":
        yield Noted("there is no validation split: the test set is watched while training")
    task, scorer = training_scorer(workspace, dataset, flat, options, options.loss)
    yield from told_loss(options.loss)
    train = scorer.split("train")
    watching = _Watching(scorer, dataset, flat, workspace)
    trainer = Trainer(
        Job(
            section="train",
            subject=NetworkSubject(flat, options, unused_mask(flat, task, train)),
            task=task,
            train=train,
            options=options,
            seeds=options.model_dump(include={"init_seed", "order_seed", "augment_seed"}),
            data=dataset.options,
            observe=watching.observe,
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
    yield from watching.collapse(scores)
    return {
        **scores,
        **watching.baseline,
        **trainer.keeper.summary(),
        "num_params": flat.layout.num_params,
    }


@final
class _Watching:
    """What is looked at after an epoch: scores, and of an autoencoder pictures."""

    def __init__(
        self,
        scorer: NetworkScorer,
        dataset: Dataset,
        flat: FlatModule,
        workspace: Workspace,
    ) -> None:
        options = workspace.options
        assert isinstance(options, EndpointOptions)
        self._scorer = scorer
        self._flat = flat
        self._workspace = workspace
        self._options = options
        self._name: SplitName = watched_name(dataset)
        self.baseline: dict[str, float] = {}
        self._fixed: FixedImages | None = None
        if dataset.range:
            splits = {self._name: scorer.split(self._name)}
            found = mean_image_scores(dataset, scorer.task, scorer.split("train"), splits)
            self.baseline = {f"{self._name}_baseline": found[f"{self._name}_nll"]}
            self._fixed = FixedImages(
                dataset, workspace.device, NUM_IMAGES, channels_last=options.channels_last
            )

    def observe(self, epoch: int, step: int) -> Observation:
        """Score the watched split; the best epoch is the one of its lowest error or loss."""
        values = self._scorer.scores(self._name)
        self._strip(epoch, step)
        score = values.get(f"{self._name}_error", values[f"{self._name}_nll"])
        return Observation({**values, **self.baseline}, None, score)

    def _strip(self, epoch: int, step: int) -> None:
        options = self._options
        is_due = options.strip_every > 0 and epoch % options.strip_every == 0
        if self._fixed is None or not (is_due or epoch == options.last_epoch):
            return
        for event in save_strip(
            self._fixed,
            self._flat,
            self._workspace,
            epoch=epoch,
            step=step,
            precision=options.precision,
        ):
            self._workspace.tell(event)

    def collapse(self, scores: dict[str, float]) -> Iterator[Event]:
        """Yield a warning where a network gives back little more than the mean image."""
        for name, baseline in self.baseline.items():
            loss = scores[f"{name.removesuffix('_baseline')}_nll"]
            if not loss < _COLLAPSED * baseline:
                yield Warned(
                    f"this autoencoder has collapsed: its loss on {self._name} images is "
                    f"{loss:.4g}, and the mean training image has {baseline:.4g}; train longer, or "
                    "change lr or the loss"
                )
