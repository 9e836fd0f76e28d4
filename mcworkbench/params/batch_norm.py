"""Recompute batch-norm running statistics for the parameters a network has now.

Called before every evaluation of a point of a path, an average or an imported network: running
statistics belong to one point, and no average of two points' statistics fits a third. Touches
nothing but running statistics. Source: dnn-mode-connectivity's evaluation rule; ours keeps
dropout off during the pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import Tensor

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
AnyBatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d | nn.SyncBatchNorm


def has_batch_norm(module: nn.Module) -> bool:
    """Return whether any layer keeps running batch statistics."""
    return bool(_batch_norms(module))


def refresh_batch_norm(module: nn.Module, batches: Iterable[Tensor]) -> int:
    """Replace the running statistics by those of `batches` and return the examples seen.

    Running mean and variance become the averages of the batch means and the batches' unbiased
    variances, weighted by batch size. Batch-norm layers run in train mode, every other layer in
    eval mode; modes and momenta are restored, also when a batch fails. Without batch norm
    nothing is read and 0 is returned.

    Args:
        module: the network, with the parameters to be evaluated.
        batches: inputs on the module's device; batch size is part of the result.

    Raises:
        InvalidInputError: there is no batch.
    """
    norms = _batch_norms(module)
    if not norms:
        return 0
    modes = [(layer, layer.training) for layer in module.modules()]
    momenta = [(norm, norm.momentum) for norm in norms]
    if any(isinstance(norm, nn.BatchNorm1d) for norm in norms):
        batches = _without_single_examples(batches)
    try:
        module.eval()
        for norm in norms:
            norm.train()
        num_seen = _average_statistics(module, norms, batches)
    finally:
        for layer, is_training in modes:
            layer.training = is_training
        for norm, momentum in momenta:
            norm.momentum = momentum
    if num_seen == 0:
        raise InvalidInputError(
            "batch norm: no training examples to recompute running statistics from; give at least "
            "one batch (bn_examples, train_limit)."
        )
    return num_seen


def _average_statistics(
    module: nn.Module, norms: list[AnyBatchNorm], batches: Iterable[Tensor]
) -> int:
    num_seen = 0
    with torch.no_grad():
        for x in batches:
            num_seen += len(x)
            for norm in norms:
                if num_seen == len(x):
                    norm.reset_running_stats()
                norm.momentum = len(x) / num_seen
            module(x)
    return num_seen


def _batch_norms(module: nn.Module) -> list[AnyBatchNorm]:
    return [
        layer
        for layer in module.modules()
        if isinstance(layer, _BATCH_NORMS) and layer.running_mean is not None
    ]


def _without_single_examples(batches: Iterable[Tensor]) -> Iterator[Tensor]:
    """Join a batch of one example to the batch before: one value per channel has no variance."""
    held: Tensor | None = None
    for x in batches:
        if held is None:
            held = x
        elif len(x) == 1:
            held = torch.cat([held, x])
        else:
            yield held
            held = x
    if held is not None:
        yield held
