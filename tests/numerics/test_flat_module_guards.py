"""FlatModule's guards: ties found, what cannot be flat refused, every severed view named."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from mcworkbench.errors import InvalidInputError
from mcworkbench.params.flat import FlatModule

if TYPE_CHECKING:
    from collections.abc import Callable


def _net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(5, 2))


class Tied(nn.Module):
    """Two layers that share a weight: as one object, or only as one memory."""

    def __init__(self, *, by_memory: bool) -> None:
        super().__init__()
        self.first = nn.Linear(6, 6)
        self.second = nn.Linear(6, 6)
        weight = self.first.weight
        self.second.weight = nn.Parameter(weight.data) if by_memory else weight

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).tanh())


@pytest.mark.parametrize("by_memory", [False, True])
def test_tied_tensors_are_one_entry_and_get_the_sum_of_their_gradients(by_memory: bool) -> None:
    torch.manual_seed(1)
    plain = Tied(by_memory=False)
    torch.manual_seed(1)
    flat = FlatModule(Tied(by_memory=by_memory))
    assert flat.layout.num_params == 36 + 6 + 6
    assert flat.layout.entries[0].aliases == ("second.weight",)
    theirs = torch.optim.SGD(plain.parameters(), lr=0.1)
    ours = torch.optim.SGD([flat.params], lr=0.1)
    for flat_now in (flat, flat.clone()):
        assert flat_now.layout == flat.layout
    x = torch.randn(5, 6)
    for _ in range(3):
        theirs.zero_grad()
        plain(x).square().mean().backward()
        theirs.step()
        flat.zero_grad()
        flat(x).square().mean().backward()
        ours.step()
    flat.check()
    torch.testing.assert_close(flat.named_params()["first.weight"], plain.first.weight.detach())
    second = flat.module.get_parameter("second.weight")
    assert torch.equal(second.detach(), flat.named_params()["first.weight"])


def _transposed_tie() -> nn.Module:
    first, second = nn.Linear(4, 3), nn.Linear(3, 4)
    second.weight = nn.Parameter(first.weight.data.T)
    return nn.Sequential(first, second)


def _slice_tie() -> nn.Module:
    first, second = nn.Linear(4, 4), nn.Linear(4, 2)
    second.weight = nn.Parameter(first.weight.data[1:3])
    return nn.Sequential(first, second)


def _buffer_tie() -> nn.Module:
    net = nn.Linear(4, 4)
    net.register_buffer("seen", net.weight.data)
    return net


def _expanded() -> nn.Module:
    net = nn.Linear(4, 4)
    net.bias = nn.Parameter(torch.zeros(1).expand(4))
    return net


@pytest.mark.parametrize("build", [_transposed_tie, _slice_tie, _buffer_tie, _expanded])
def test_memory_shared_in_part_is_refused(build: Callable[[], nn.Module]) -> None:
    with pytest.raises(InvalidInputError, match="share memory"):
        FlatModule(build())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).double()), "'1.weight': is torch"),
        (lambda: nn.Linear(2, 2, device="meta"), "meta"),
        (lambda: nn.Linear(2, 2, dtype=torch.complex64), "complex64"),
        (lambda: nn.LazyLinear(2), "lazy"),
        (nn.ReLU, "no parameters"),
    ],
)
def test_what_cannot_be_one_float_vector_is_refused(
    build: Callable[[], nn.Module], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        FlatModule(build())


def test_a_flat_module_is_not_built_under_inference_mode() -> None:
    with torch.inference_mode(), pytest.raises(RuntimeError, match="inference_mode"):
        FlatModule(_net())


def test_copies_are_refused_and_clone_is_independent() -> None:
    flat = FlatModule(_net().eval())
    for copier in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"clone\(\)"):
            copier(flat)
    flat.buffers()["1.running_mean"].fill_(2.0)
    twin = flat.clone()
    twin.check()
    assert torch.equal(twin.params, flat.params)
    assert not twin.module.training
    assert torch.equal(twin.buffers()["1.running_mean"], torch.full((5,), 2.0))
    twin.params.add_(1.0)
    twin.buffers()["1.running_mean"].zero_()
    assert not torch.equal(twin.params, flat.params)
    assert flat.buffers()["1.running_mean"].all()
    flat.check()


def _drop_grads(flat: FlatModule) -> Any:
    flat.module.zero_grad()


def _cast(flat: FlatModule) -> Any:
    flat.module.double()


def _restride(flat: FlatModule) -> Any:
    flat.module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


def _assign(flat: FlatModule) -> Any:
    state = {name: tensor.clone() for name, tensor in flat.module.state_dict().items()}
    flat.module.load_state_dict(state, assign=True)


def _optimiser_drop(flat: FlatModule) -> Any:
    torch.optim.SGD([flat.params], lr=0.1).zero_grad()


def _grow(flat: FlatModule) -> Any:
    flat.module.register_parameter("late", nn.Parameter(torch.zeros(1)))


@pytest.mark.parametrize(
    ("sever", "message"),
    [
        (_drop_grads, "gradient of '0.weight'"),
        (_cast, "parameter '0.weight' no longer"),
        (_restride, "parameter '0.weight' no longer"),
        (_assign, "parameter '0.weight' no longer"),
        (_optimiser_drop, "gradient of the flat vector"),
        (_grow, "parameter 'late' was added"),
    ],
)
def test_check_names_what_was_severed(sever: Callable[[FlatModule], Any], message: str) -> None:
    flat = FlatModule(_net())
    flat.check()
    sever(flat)
    with pytest.raises(RuntimeError, match=message):
        flat.check()
