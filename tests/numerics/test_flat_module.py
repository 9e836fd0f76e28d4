"""FlatModule: the same bits as torch's per-tensor optimisers, and every way to sever it caught."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from mcworkbench.errors import InvalidInputError
from mcworkbench.params import vectors
from mcworkbench.params.flat import FlatModule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class SmallNet(nn.Module):
    """Convolution, batch norm, and where asked a frozen and an unused layer."""

    def __init__(
        self, *, is_partly_frozen: bool = False, widths: tuple[int, int, int] = (5, 7, 4)
    ) -> None:
        super().__init__()
        first, second, last = widths
        self.conv1 = nn.Conv2d(3, first, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.conv2 = nn.Conv2d(first, second, 3, stride=2)
        self.bn2 = nn.BatchNorm2d(second)
        self.fc = nn.Linear(second, last)
        if is_partly_frozen:
            self.conv2.requires_grad_(requires_grad=False)
            self.unused = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn1(self.conv1(x)).relu()
        x = self.bn2(self.conv2(x)).relu()
        return self.fc(x.mean(dim=(2, 3)))


OPTIMISERS: dict[str, Callable[[Iterable[Tensor]], torch.optim.Optimizer]] = {
    "sgd": lambda ps: torch.optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: torch.optim.SGD(ps, lr=0.1, momentum=0.9, foreach=False),
    "nesterov": lambda ps: torch.optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
    "decay": lambda ps: torch.optim.SGD(ps, lr=0.1, momentum=0.9, weight_decay=0.01),
    "adam": lambda ps: torch.optim.Adam(ps, lr=0.01),
    "fused adam": lambda ps: torch.optim.Adam(ps, lr=0.01, fused=True),
    "adamw": lambda ps: torch.optim.AdamW(ps, lr=0.01, weight_decay=0.1),
}


def _batches(num: int = 6) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(3)
    return [
        (
            torch.randn(8, 3, 9, 9, generator=generator),
            torch.randint(4, (8,), generator=generator),
        )
        for _ in range(num)
    ]


def _seeded(
    *, is_partly_frozen: bool = False, widths: tuple[int, int, int] = (5, 7, 4)
) -> SmallNet:
    torch.manual_seed(0)
    return SmallNet(is_partly_frozen=is_partly_frozen, widths=widths)


def _loss(outputs: Tensor, targets: Tensor) -> Tensor:
    return nn.functional.cross_entropy(outputs, targets)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_training_the_vector_gives_the_bits_of_training_tensor_by_tensor(name: str) -> None:
    # Torch's fused kernel rounds the last few elements of a tensor otherwise than the rest, so
    # its bits depend on where tensors end; with whole vector registers they must agree too.
    widths = (32, 64, 32) if "fused" in name else (5, 7, 4)
    plain, flat = _seeded(widths=widths), FlatModule(_seeded(widths=widths))
    theirs, ours = OPTIMISERS[name](plain.parameters()), OPTIMISERS[name]([flat.params])
    start_D = flat.params.clone()
    for x, y in _batches():
        theirs.zero_grad()
        _loss(plain(x), y).backward()
        theirs.step()
        flat.zero_grad()
        _loss(flat(x), y).backward()
        ours.step()
    flat.check()
    assert (flat.params != start_D).float().mean() > 0.3
    for key, parameter in plain.named_parameters():
        assert torch.equal(parameter.detach(), flat.named_params()[key]), key
    for key, buffer in plain.named_buffers():
        assert torch.equal(buffer, flat.buffers()[key]), key
    used_D = flat.padded(torch.ones(flat.layout.num_params)) > 0
    assert not flat.params[~used_D].any()


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_frozen_and_unused_parameters_stay_as_torch_leaves_them(name: str) -> None:
    plain = _seeded(is_partly_frozen=True)
    flat = FlatModule(_seeded(is_partly_frozen=True))
    theirs, ours = OPTIMISERS[name](plain.parameters()), OPTIMISERS[name]([flat.params])
    for x, y in _batches():
        theirs.zero_grad()
        _loss(plain(x), y).backward()
        theirs.step()
        flat.zero_grad()
        _loss(flat(x), y).backward()
        ours.step()
    for key, parameter in plain.named_parameters():
        assert torch.equal(parameter.detach(), flat.named_params()[key]), key
    grads = vectors.named_views(flat.grad, flat.layout)
    assert grads["fc.weight"].any()
    assert not grads["unused.weight"].any()
    assert not grads["conv2.weight"].any()


def test_masked_decay_of_the_vector_equals_torchs_decay_of_what_it_trains() -> None:
    plain = _seeded(is_partly_frozen=True)
    flat = FlatModule(_seeded(is_partly_frozen=True))
    theirs = torch.optim.SGD(plain.parameters(), lr=0.1, momentum=0.9, weight_decay=0.05)
    ours = torch.optim.SGD([flat.params], lr=0.1, momentum=0.9)
    mask_D = flat.trainable_mask()
    assert mask_D is not None
    unused = vectors.named_views(mask_D, flat.layout)
    unused["unused.weight"].fill_(value=False)
    unused["unused.bias"].fill_(value=False)
    for x, y in _batches():
        theirs.zero_grad()
        _loss(plain(x), y).backward()
        theirs.step()
        flat.zero_grad()
        _loss(flat(x), y).backward()
        flat.grad.add_(flat.params * mask_D, alpha=0.05)
        ours.step()
    for key, parameter in plain.named_parameters():
        assert torch.equal(parameter.detach(), flat.named_params()[key]), key


def test_the_mask_is_none_when_everything_is_trained_and_else_marks_each_element() -> None:
    assert FlatModule(_seeded()).trainable_mask() is None
    flat = FlatModule(_seeded(is_partly_frozen=True))
    mask_D = flat.trainable_mask()
    assert mask_D is not None
    frozen = 7 * 5 * 9 + 7
    assert int(mask_D.sum()) == flat.layout.num_params - frozen


def test_the_vector_and_the_module_are_one_memory() -> None:
    flat = FlatModule(_seeded())
    x = _batches(1)[0][0]
    flat.module.eval()
    before = flat(x)
    vector_D = flat.padded(torch.arange(flat.layout.num_params) / 1000.0)
    flat.set_params(vector_D)
    fc = flat.module.get_submodule("fc")
    assert isinstance(fc, nn.Linear)
    assert torch.equal(fc.bias.detach(), flat.unpadded(vector_D)[-4:])
    assert not torch.equal(flat(x), before)
    assert vector_D.data_ptr() != flat.params.data_ptr()
    assert torch.equal(flat.padded(flat.unpadded(flat.params)), flat.params)


def test_channels_last_parameters_become_c_contiguous_in_named_order() -> None:
    plain = _seeded()
    strided: nn.Module = _seeded().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    flat = FlatModule(strided)
    wanted = torch.cat([parameter.detach().flatten() for parameter in plain.parameters()])
    assert torch.equal(flat.unpadded(flat.params), wanted)
    assert flat.layout.names == tuple(name for name, _ in plain.named_parameters())


def test_functional_call_and_vmap_over_rows_equal_one_module_per_row() -> None:
    flat = FlatModule(_seeded().eval())
    x = _batches(1)[0][0]
    rows_ND = flat.params + 0.1 * flat.padded(torch.randn(3, flat.layout.num_params))

    def output(row_D: Tensor) -> Tensor:
        return torch.func.functional_call(
            flat.module, vectors.named_views(row_D, flat.layout), (x,)
        )

    def mean_square(row_D: Tensor) -> Tensor:
        return output(row_D).square().mean()

    together = torch.func.vmap(output)(rows_ND)
    with torch.no_grad():
        for row_D, ours in zip(rows_ND, together, strict=True):
            flat.set_params(row_D)
            torch.testing.assert_close(ours.detach(), flat(x))
    gradient_D = torch.func.grad(mean_square)(rows_ND[0])
    flat.set_params(rows_ND[0])
    flat.zero_grad()
    flat(x).square().mean().backward()
    torch.testing.assert_close(gradient_D, flat.grad)


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
        FlatModule(_seeded())


def test_copies_are_refused_and_clone_is_independent() -> None:
    flat = FlatModule(_seeded().eval())
    for copier in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"clone\(\)"):
            copier(flat)
    flat.buffers()["bn1.running_mean"].fill_(2.0)
    twin = flat.clone()
    twin.check()
    assert torch.equal(twin.params, flat.params)
    assert not twin.module.training
    assert torch.equal(twin.buffers()["bn1.running_mean"], torch.full((5,), 2.0))
    twin.params.add_(1.0)
    twin.buffers()["bn1.running_mean"].zero_()
    assert not torch.equal(twin.params, flat.params)
    assert flat.buffers()["bn1.running_mean"].all()
    flat.check()


def test_buffers_are_saved_as_copies_and_loaded_in_place() -> None:
    flat = FlatModule(_seeded())
    saved = flat.save_buffers()
    before = flat.buffers()["bn1.running_mean"].data_ptr()
    flat(_batches(1)[0][0])
    assert not torch.equal(flat.buffers()["bn1.running_mean"], saved["bn1.running_mean"])
    flat.load_buffers(saved)
    for name, buffer in flat.buffers().items():
        assert torch.equal(buffer, saved[name]), name
    assert flat.buffers()["bn1.running_mean"].data_ptr() == before


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
        (_drop_grads, "gradient of 'conv1.weight'"),
        (_cast, "parameter 'conv1.weight' no longer"),
        (_restride, "parameter 'conv1.weight' no longer"),
        (_assign, "parameter 'conv1.weight' no longer"),
        (_optimiser_drop, "gradient of the flat vector"),
        (_grow, "parameter 'late' was added"),
    ],
)
def test_check_names_what_was_severed(sever: Callable[[FlatModule], Any], message: str) -> None:
    flat = FlatModule(_seeded())
    flat.check()
    sever(flat)
    with pytest.raises(RuntimeError, match=message):
        flat.check()
