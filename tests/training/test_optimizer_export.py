"""The state of our optimiser over one vector, taken on by one over separate tensors."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.params.layout import Layout
from mcworkbench.params.vectors import named_views, vector_of
from mcworkbench.training.optimizers import (
    build_optimizer,
    optimizer_tensors,
    set_learning_rate,
    state_by_tensor,
)

LAYOUT = Layout.build([("weight", (3, 2)), ("bias", (3,))])


def gradients(num: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    shapes = [(3, 2), (3,)]
    found: list[torch.Tensor] = []
    for _ in range(num):
        named = {
            name: torch.randn(shape, generator=generator)
            for name, shape in zip(("weight", "bias"), shapes, strict=True)
        }
        found.append(vector_of(named, LAYOUT))
    return found


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_another_program_goes_on_as_we_would(optimizer: str) -> None:
    options = TrainingOptions.model_validate({"optimizer": optimizer, "lr": 0.3, "momentum": 0.9})
    module = nn.Linear(2, 3)
    vector = vector_of(dict(module.named_parameters()), LAYOUT)
    ours = build_optimizer(options, vector)
    for gradient in gradients(4):
        vector.grad = gradient
        ours.step()
    kind = torch.optim.SGD if optimizer == "sgd" else torch.optim.Adam
    with torch.no_grad():
        for name, view in named_views(vector, LAYOUT).items():
            module.get_parameter(name).copy_(view)
    theirs = kind(module.parameters(), lr=1.0)
    tensors = optimizer_tensors(ours)
    theirs.load_state_dict(state_by_tensor(options, 0.1, LAYOUT, tensors, weight_decay=0.0))
    set_learning_rate(ours, 0.1)
    gradient = gradients(5)[-1]
    vector.grad = gradient
    ours.step()
    for name, view in named_views(gradient, LAYOUT).items():
        module.get_parameter(name).grad = view.clone()
    theirs.step()
    for name, view in named_views(vector, LAYOUT).items():
        assert_close(module.get_parameter(name).detach(), view)


def test_the_nodes_of_a_curve_stand_together_tensor_by_tensor() -> None:
    momentum = torch.stack(gradients(2))
    state = state_by_tensor(
        TrainingOptions(), 0.1, LAYOUT, {"momentum_buffer": momentum}, weight_decay=0.0, num_rows=2
    )
    assert state["param_groups"][0]["params"] == [0, 1, 2, 3]
    # weight of node 0, of node 1, then both biases.
    for place, (name, row) in enumerate([("weight", 0), ("weight", 1), ("bias", 0), ("bias", 1)]):
        wanted = named_views(momentum[row], LAYOUT)[name]
        assert_close(state["state"][place]["momentum_buffer"], wanted)


def test_what_kept_no_momentum_starts_anew_and_keeps_its_rates() -> None:
    options = TrainingOptions(momentum=0.8)
    module = nn.Linear(2, 3)
    theirs = torch.optim.SGD(module.parameters(), lr=1.0)
    theirs.load_state_dict(state_by_tensor(options, 0.2, LAYOUT, {}, weight_decay=3e-4))
    group = theirs.param_groups[0]
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.2, 0.8, 3e-4)
