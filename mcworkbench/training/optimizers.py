"""torch's optimisers over one vector, and their state as named tensors.

Weight decay is never theirs: it acts on the network (at t, for a curve), which the subject
knows and the optimiser does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from mcworkbench.config.options.training import TrainingOptions
    from mcworkbench.params.layout import Layout


def build_optimizer(options: TrainingOptions, vector: Tensor) -> torch.optim.Optimizer:
    """Return the optimiser that moves `vector`, shape (D,) or (K, D)."""
    if options.optimizer == "sgd":
        return torch.optim.SGD(
            [vector], lr=options.lr, momentum=options.momentum, nesterov=options.nesterov
        )
    betas = (options.beta1, options.beta2)
    kind = torch.optim.Adam if options.optimizer == "adam" else torch.optim.AdamW
    return kind([vector], lr=options.lr, betas=betas, weight_decay=0.0)


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Set the rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = lr


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the optimiser's state, e.g. momentum_buffer with the vector's shape."""
    states: list[dict[str, Any]] = list(optimizer.state.values())
    if not states:
        return {}
    return {name: value for name, value in states[0].items() if isinstance(value, torch.Tensor)}


def load_optimizer_tensors(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Restore what `optimizer_tensors` returned."""
    if not tensors:
        return
    vector: Tensor = optimizer.param_groups[0]["params"][0]
    state = optimizer.state[vector]
    for name, value in tensors.items():
        # Step counts stay on the CPU, where torch keeps them.
        state[name] = value.clone() if value.dim() == 0 else value.to(vector.device).clone()


def state_by_tensor(
    options: TrainingOptions,
    lr: float,
    layout: Layout,
    tensors: Mapping[str, Tensor],
    *,
    weight_decay: float,
    num_rows: int = 1,
) -> dict[str, Any]:
    """Return the `state_dict` of an optimiser over separate tensors, for other programs.

    Args:
        options: of the training.
        lr: the rate that comes next.
        layout: where each parameter lies in a row.
        tensors: what `optimizer_tensors` returned; empty where nothing was kept.
        weight_decay: what the other optimiser adds itself.
        num_rows: moving nodes of a curve; their tensors stand together, node by node.

    Returns:
        What `load_state_dict` of the same optimiser over `named_parameters()` takes.
    """
    places = [torch.zeros(0) for _ in range(len(layout.entries) * num_rows)]
    optimizer = build_optimizer(options, places[0])
    optimizer.param_groups[0].update(params=places, lr=lr, weight_decay=weight_decay)
    state = optimizer.state_dict()
    for name, value in tensors.items():
        rows = [value] * num_rows if value.dim() == 0 else list(value.reshape(num_rows, -1))
        for place, entry in enumerate(layout.entries):
            for row, whole in enumerate(rows):
                mine = whole if whole.dim() == 0 else whole[entry.offset : entry.end]
                shaped = mine if whole.dim() == 0 else mine.view(entry.shape)
                state["state"].setdefault(place * num_rows + row, {})[name] = shaped.clone()
    return state
