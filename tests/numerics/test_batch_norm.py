"""The batch-norm refresh: the sample-weighted averages, and nothing else changed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from mcworkbench.errors import InvalidInputError
from mcworkbench.params.batch_norm import has_batch_norm, refresh_batch_norm

SIZES = (8, 8, 3)


def _net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Conv2d(4, 3, 3)
    ).train()


def _batches(sizes: tuple[int, ...] = SIZES) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(size, 2, 7, 7, generator=generator) * size for size in sizes]


def test_statistics_are_the_averages_of_the_batches_weighted_by_their_size() -> None:
    net = _net()
    norm = net[1]
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.fill_(100.0)
    norm.running_var.fill_(100.0)
    assert refresh_batch_norm(net, _batches()) == sum(SIZES)
    inputs = [net[0](x).detach().double() for x in _batches()]
    shares = torch.tensor(SIZES, dtype=torch.float64) / sum(SIZES)
    means = torch.stack([x.mean(dim=(0, 2, 3)) for x in inputs])
    variances = torch.stack([x.var(dim=(0, 2, 3), unbiased=True) for x in inputs])
    torch.testing.assert_close(norm.running_mean.double(), shares @ means, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(norm.running_var.double(), shares @ variances, rtol=1e-5, atol=1e-6)


def test_dropout_rests_while_statistics_are_recomputed() -> None:
    net = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm2d(2)).train()
    (x,) = _batches((8,))
    refresh_batch_norm(net, [x])
    norm = net[1]
    assert isinstance(norm, nn.BatchNorm2d)
    torch.testing.assert_close(norm.running_mean, x.mean(dim=(0, 2, 3)))


def test_modes_momenta_gradients_and_random_state_are_left_alone() -> None:
    net = _net()
    net[0].eval()
    norm = net[1]
    assert isinstance(norm, nn.BatchNorm2d)
    norm.momentum = 0.3
    modes = [layer.training for layer in net.modules()]
    params = [parameter.detach().clone() for parameter in net.parameters()]
    state = torch.get_rng_state()
    refresh_batch_norm(net, _batches())
    assert [layer.training for layer in net.modules()] == modes
    assert norm.momentum == 0.3
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in net.parameters())
    assert all(torch.equal(a, b.detach()) for a, b in zip(params, net.parameters(), strict=True))


def test_modes_and_momenta_come_back_when_a_batch_fails() -> None:
    net = _net()
    norm = net[1]
    assert isinstance(norm, nn.BatchNorm2d)
    with pytest.raises(RuntimeError):
        refresh_batch_norm(net, [torch.randn(2, 5, 7, 7)])
    assert all(layer.training for layer in net.modules())
    assert norm.momentum == 0.1


def test_a_network_without_batch_norm_reads_no_batch() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, track_running_stats=False))
    assert not has_batch_norm(net)
    assert has_batch_norm(_net())
    batches = iter([torch.randn(4, 2)])
    assert refresh_batch_norm(net, batches) == 0
    assert next(batches).shape == (4, 2)


def test_no_batch_at_all_is_refused_and_keeps_the_old_statistics() -> None:
    net = _net()
    norm = net[1]
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    norm.running_mean.fill_(7.0)
    with pytest.raises(InvalidInputError, match="no training examples"):
        refresh_batch_norm(net, [])
    assert bool((norm.running_mean == 7.0).all())


def test_a_last_batch_of_one_example_joins_the_batch_before() -> None:
    net = nn.Sequential(nn.BatchNorm1d(3))
    x = torch.randn(9, 3, dtype=torch.float32)
    assert refresh_batch_norm(net, [x[:4], x[4:8], x[8:]]) == 9
    norm = net[0]
    assert isinstance(norm, nn.BatchNorm1d)
    wanted = (4 * x[:4].var(dim=0) + 5 * x[4:].var(dim=0)) / 9
    torch.testing.assert_close(norm.running_var, wanted)
    torch.testing.assert_close(norm.running_mean, x.mean(dim=0))
