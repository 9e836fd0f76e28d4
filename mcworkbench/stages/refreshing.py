"""Recompute batch norm for averages, samples and points, as an option class says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.training.evaluation import interruptible
from mcworkbench.training.points import PointPlacer, refresh_draws

if TYPE_CHECKING:
    from mcworkbench.config.options.refresh import RefreshOptions
    from mcworkbench.data.dataset import Dataset
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.workspace import Workspace

_SEED = 0


def refresher(
    workspace: Workspace,
    dataset: Dataset,
    flat: FlatModule,
    options: RefreshOptions,
    *,
    precision: str,
    channels_last: bool,
) -> PointPlacer:
    """Return what refreshes the network in the module on a fixed set of training batches."""
    split = dataset.split(
        "train", workspace.device, options.bn_examples, _SEED, channels_last=channels_last
    )
    return PointPlacer(
        flat,
        split,
        batch_size=options.bn_batch,
        seed=_SEED,
        draws=refresh_draws(dataset, split, _SEED) if options.bn_augment else None,
        precision=precision,
        between=interruptible(workspace),
    )
