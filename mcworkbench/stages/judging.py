"""Build the task of a stage: for reconstructions with the loss that its options name.

Weights come from where the plan found them: a file by its digest, another stage, or a seed.
Nothing is downloaded here. Called by the stages that train or score.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from mcworkbench.config.options.loss import SEED_SIDE, LossOptions, LpipsOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import file_sha256
from mcworkbench.metrics import images
from mcworkbench.metrics.perceptual import LPIPS_LAYERS, Lpips, PerceptualLoss, check_side
from mcworkbench.metrics.vgg_features import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    VggFeatures,
    from_own_vgg,
    random_features,
)
from mcworkbench.models.product import NETWORK_FILE, require_kind
from mcworkbench.params.foreign import read_foreign
from mcworkbench.params.store import read_tensors
from mcworkbench.runs.events import Noted
from mcworkbench.stages.scoring import NetworkScorer
from mcworkbench.tasks import DEFAULT_ECE_BINS, make_task
from mcworkbench.training.evaluation import evaluate_split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from mcworkbench.config.options.evaluate import EvaluateOptions
    from mcworkbench.config.options.training import TrainingOptions
    from mcworkbench.data.dataset import Dataset
    from mcworkbench.data.resident import Split
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.workspace import Workspace
    from mcworkbench.tasks.reconstruction import ImageLoss
    from mcworkbench.tasks.task import AbstractTask

FEATURES = "features"
FEATURES_DATA = "features_data"


def stage_tasks(
    workspace: Workspace,
    dataset: Dataset,
    loss: LossOptions | None,
    *,
    ece_bins: int = DEFAULT_ECE_BINS,
    per_class: bool = False,
    lpips: LpipsOptions | None = None,
) -> tuple[AbstractTask, AbstractTask]:
    """Return a task for training and one for scoring, the second with every metric.

    Raises:
        InvalidInputError: weights are gone, changed or of another network, or the images are too
            small for a layer.
    """
    if not dataset.range:
        judge = make_task(dataset, ece_bins=ece_bins, per_class=per_class)
        return make_task(dataset, ece_bins=0), judge
    measure = _image_loss(workspace, dataset, loss or LossOptions())
    likeness = None if lpips is None else _lpips(dataset, lpips).to(workspace.device)
    lean = make_task(dataset, ece_bins=0, loss=measure)
    return lean, make_task(dataset, ece_bins=ece_bins, loss=measure, lpips=likeness)


def training_scorer(
    workspace: Workspace,
    dataset: Dataset,
    flat: FlatModule,
    options: TrainingOptions,
    loss: LossOptions | None,
) -> tuple[AbstractTask, NetworkScorer]:
    """Return the task a network trains by, and what scores it meanwhile, with every metric.

    Raises:
        InvalidInputError: as `stage_tasks`.
    """
    task, judge = stage_tasks(workspace, dataset, loss)
    scorer = NetworkScorer(
        dataset,
        flat,
        workspace,
        precision=options.precision,
        channels_last=options.channels_last,
        task=judge,
    )
    return task, scorer


def evaluation_task(
    workspace: Workspace, dataset: Dataset, options: EvaluateOptions
) -> AbstractTask:
    """Return the task by which an evaluation scores, with every metric that it has.

    Raises:
        InvalidInputError: as `stage_tasks`.
    """
    return stage_tasks(
        workspace,
        dataset,
        options.loss,
        ece_bins=options.ece_bins,
        per_class=True,
        lpips=options.lpips,
    )[1]


def told_loss(loss: LossOptions | None) -> Iterator[Noted]:
    """Yield what a log should say of a loss: where its features come from."""
    if loss is not None and loss.source:
        yield Noted(f"perceptual loss with the features of {loss.source}")


def loss_name(dataset: Dataset, loss: LossOptions | None) -> str:
    """Return the task as tables name it: "classification", "reconstruction:mse"."""
    if not dataset.range:
        return dataset.task
    return f"{dataset.task}:{(loss or LossOptions()).name}"


def _image_loss(workspace: Workspace, dataset: Dataset, loss: LossOptions) -> ImageLoss:
    if loss.name == "perceptual":
        return PerceptualLoss(loss, _features(workspace, dataset, loss)).to(workspace.device)
    if loss.name == "laplacian":
        return lambda x, y: images.laplacian(x, y, loss.levels)
    if loss.name == "ssim":
        return lambda x, y: 1 - images.ssim(x, y)
    return images.mae if loss.name == "mae" else images.mse


def _features(workspace: Workspace, dataset: Dataset, loss: LossOptions) -> VggFeatures:
    layers = tuple(name for name, _ in loss.compared())
    side = SEED_SIDE if loss.variant == "seed" else 0
    check_side(layers, side or min(dataset.input_shape[1:]), "[loss] layers")
    mean, std = IMAGENET_MEAN, IMAGENET_STD
    if workspace.has_input(FEATURES):
        folder = workspace.input(FEATURES)
        require_kind(folder, "network", "[loss] features")
        tensors = from_own_vgg(read_tensors(folder / NETWORK_FILE))
        trained_on = open_dataset(workspace.input(FEATURES_DATA))
        mean, std = trained_on.mean, trained_on.std
    elif loss.sha256:
        tensors = _weights(loss.file, loss.sha256, "[loss] features")
    else:
        tensors = random_features(int(loss.features.partition(":")[2] or 0))
    if loss.scaling == "none":
        mean, std = (0.0,), (1.0,)
    return VggFeatures(layers, tensors, mean=mean, std=std, source=loss.source, side=side)


def _lpips(dataset: Dataset, lpips: LpipsOptions) -> Lpips:
    check_side(LPIPS_LAYERS, min(dataset.input_shape[1:]), "[evaluate] lpips")
    backbone, heads = (
        _weights(path, sha256, "[evaluate] lpips")
        for path, sha256 in (
            (lpips.backbone, lpips.backbone_sha256),
            (lpips.heads, lpips.heads_sha256),
        )
    )
    return Lpips(backbone, heads)


def _weights(path: str, sha256: str, where: str) -> dict[str, Tensor]:
    file = Path(path)
    if not file.is_file() or file_sha256(file) != sha256:
        raise InvalidInputError(
            f"{where}: {file.name} is gone or has changed since the run was planned; run the "
            "preset again with the file in place."
        )
    return read_foreign(file).tensors


def mean_image_scores(
    dataset: Dataset, task: AbstractTask, train: Split, scored: dict[str, Split]
) -> dict[str, float]:
    """Return what the mean training image scores, by "<split>_<metric>"; {} without images.

    A network that is no better has learned nothing that tells one image from another.
    """
    if not dataset.range:
        return {}
    mean_CHW = train.mean_input()

    def constant(inputs_B: Tensor) -> Tensor:
        return mean_CHW.expand(len(inputs_B), *mean_CHW.shape)

    values: dict[str, float] = {}
    with torch.no_grad():
        for name, split in scored.items():
            found = evaluate_split(constant, task, split, batch_size=_BASELINE_BATCH).values
            values |= {f"{name}_{metric}": value for metric, value in found.items()}
    return values


def baseline_part(
    dataset: Dataset, task: AbstractTask, train: Split, scored: dict[str, Split]
) -> dict[str, dict[str, float]]:
    """Return what a table says of the mean image, {} where nothing is reconstructed."""
    found = mean_image_scores(dataset, task, train, scored)
    return {"baseline": found} if found else {}


_BASELINE_BATCH = 256
