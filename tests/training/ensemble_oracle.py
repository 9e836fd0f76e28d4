"""Cyclic trainings written the plain way: torch.optim, one tensor at a time, state dicts by hand.

The slow, independent oracle of FGE, PFGE, snapshots and SWA; like `plain_loop` it shares with the
real one only the tables of order and augmentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from tests.training.plain_loop import batches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from torch import Tensor, nn

    from mcworkbench.data.dataset import Dataset


def train_cyclic(
    module: nn.Module,
    dataset: Dataset,
    options: Any,
    rate: Callable[[int], float],
    momentum: dict[str, Tensor] | None = None,
) -> Iterator[int]:
    """Train in place with SGD, yielding the number of steps taken after each."""
    named = dict(module.named_parameters())
    optimizer = torch.optim.SGD(
        list(named.values()),
        lr=1.0,
        momentum=options.momentum,
        weight_decay=options.weight_decay,
        foreach=False,
    )
    for name, buffer in (momentum or {}).items():
        optimizer.state[named[name]]["momentum_buffer"] = buffer.clone()
    for step, (_, _, inputs_B, targets_B) in enumerate(batches(dataset, options, options)):
        module.train()
        optimizer.param_groups[0]["lr"] = rate(step)
        optimizer.zero_grad()
        torch.autograd.backward(functional.cross_entropy(module(inputs_B), targets_B))
        optimizer.step()
        yield step + 1


def probabilities_of(module: nn.Module, dataset: Dataset) -> Tensor:
    """Return softmax outputs on the test split, float64 (N, C)."""
    split = dataset.split("test", "cpu")
    inputs_N, _ = split.take(torch.arange(split.num_examples))
    module.eval()
    with torch.no_grad():
        return module(inputs_N).double().softmax(1)


def copied(module: nn.Module) -> dict[str, Tensor]:
    """Return a copy of everything the module holds."""
    return {name: value.detach().clone() for name, value in module.state_dict().items()}
