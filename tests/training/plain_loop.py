"""Training written the plain way: one tensor at a time, torch.optim, autograd through the curve.

The slow, independent oracle of the real loop. It shares with it only what has tests of its own:
the tables of order, augmentation and t, and the batches they choose.
Shape letters: B = examples, K = nodes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch.func import functional_call
from torch.nn import functional

from mcworkbench.data.draws import epoch_draws, epoch_order, uniform_ts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

    from mcworkbench.config.options.curve import CurveOptions
    from mcworkbench.config.options.endpoint import EndpointOptions
    from mcworkbench.config.options.training import SeedOptions, TrainingOptions
    from mcworkbench.data.dataset import Dataset

Named = dict[str, "Tensor"]


def batches(
    dataset: Dataset, options: TrainingOptions, seeds: SeedOptions
) -> Iterator[tuple[int, int, Tensor, Tensor]]:
    """Yield (epoch, step within it, inputs, targets) of a whole training."""
    split = dataset.split("train", "cpu")
    mode, padding = dataset.options.augment, dataset.options.crop_padding
    for epoch in range(1, options.last_epoch + 1):
        order_N = epoch_order(split.num_examples, seeds.order_seed, epoch)
        draws = epoch_draws(split.num_examples, seeds.augment_seed, epoch, mode, padding)
        for step, index_B in enumerate(order_N.split(options.batch_size)):
            yield (epoch, step, *split.take(index_B, draws))


def torch_optimizer(options: TrainingOptions, tensors: list[Tensor]) -> torch.optim.Optimizer:
    """Return torch's own optimiser with torch's own weight decay."""
    shared: dict[str, Any] = {"lr": options.lr, "weight_decay": options.weight_decay}
    if options.optimizer == "sgd":
        return torch.optim.SGD(
            tensors, momentum=options.momentum, nesterov=options.nesterov, foreach=False, **shared
        )
    kind = torch.optim.Adam if options.optimizer == "adam" else torch.optim.AdamW
    betas = (options.beta1, options.beta2)
    return kind(tensors, betas=betas, foreach=False, **shared)


def train_network(module: nn.Module, dataset: Dataset, options: EndpointOptions) -> None:
    """Train a module in place."""
    optimizer = torch_optimizer(options, list(module.parameters()))
    module.train()
    for _, _, inputs_B, targets_B in batches(dataset, options, options):
        optimizer.zero_grad()
        torch.autograd.backward(functional.cross_entropy(module(inputs_B), targets_B))
        optimizer.step()


def weights(name: str, t: float, num_nodes: int) -> list[float]:
    """Return the coefficient of every node at t."""
    if name == "bezier":
        n = num_nodes - 1
        return [math.comb(n, k) * t**k * (1 - t) ** (n - k) for k in range(num_nodes)]
    return [max(0.0, 1 - abs(t * (num_nodes - 1) - k)) for k in range(num_nodes)]


def train_curve(
    module: nn.Module, nodes: list[Named], free: set[int], dataset: Dataset, options: CurveOptions
) -> None:
    """Move the free nodes in place by SGD on the loss plus ½·wd·‖w(t)‖² at uniform t."""
    moved = [tensor for k in sorted(free) for tensor in nodes[k].values()]
    for tensor in moved:
        tensor.requires_grad_()
    optimizer = torch.optim.SGD(moved, lr=options.lr, momentum=options.momentum, foreach=False)
    module.train()
    num = dataset.split("train", "cpu").num_examples
    num_steps = math.ceil(num / options.batch_size)
    for epoch, step, inputs_B, targets_B in batches(dataset, options, options):
        t = float(uniform_ts(num_steps, options.order_seed, epoch)[step])
        coefficients = weights(options.name, t, len(nodes))
        point: Named = {}
        for name in nodes[0]:
            terms = [c * node[name] for c, node in zip(coefficients, nodes, strict=True)]
            point[name] = torch.stack(terms).sum(0)
        optimizer.zero_grad()
        outputs = functional_call(module, point, (inputs_B,))
        squares = torch.stack([tensor.square().sum() for tensor in point.values()])
        penalty = options.weight_decay / 2 * squares.sum()
        torch.autograd.backward(functional.cross_entropy(outputs, targets_B) + penalty)
        optimizer.step()
