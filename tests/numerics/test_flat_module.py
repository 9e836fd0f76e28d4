"""FlatModule: the same bits as torch's per-tensor optimisers, and every way to sever it caught."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

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
