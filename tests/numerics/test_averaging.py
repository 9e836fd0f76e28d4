"""Averages of vectors: torch.optim.swa_utils, textbook formulas in float64, sample statistics."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.testing import assert_close

from mcworkbench.ensembles.averaging import Moments, RunningMean, swag_sample
from mcworkbench.ensembles.soup import greedy_soup
from mcworkbench.params.flat import FlatModule


def iterates(count: int, size: int = 6) -> list[Tensor]:
    generator = torch.Generator().manual_seed(3)
    return [torch.randn(size, generator=generator) + 2 for _ in range(count)]


def test_the_running_mean_is_that_of_swa_utils() -> None:
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
    averaged = AveragedModel(module)
    flat = FlatModule(module)
    mean = RunningMean(flat.params)
    for _ in range(7):
        flat.set_params(torch.randn_like(flat.params) * (flat.params != 0))
        averaged.update_parameters(module)
        mean.add(flat.params)
    twin = FlatModule(averaged.module)
    assert mean.count == 7
    assert_close(mean.vector_D, twin.params, rtol=1e-6, atol=1e-7)


def test_moments_are_mean_and_variance_and_deviations_from_the_mean_so_far() -> None:
    vectors = iterates(9)
    moments = Moments(RunningMean(vectors[0]), rank=4)
    for vector in vectors:
        moments.add(vector)
    rows = torch.stack(vectors).double()
    mean, squares = rows.mean(0), rows.square().mean(0)
    assert_close(moments.mean.vector_D.double(), mean, atol=1e-6, rtol=0)
    assert_close(moments.variance_D.double(), squares - mean.square(), atol=1e-6, rtol=0)
    for place, deviation in zip(range(5, 9), moments.deviations_KD, strict=True):
        so_far = rows[: place + 1].mean(0)
        assert_close(deviation.double(), rows[place] - so_far, atol=1e-6, rtol=0)


def test_the_variance_of_nearly_equal_iterates_does_not_cancel() -> None:
    # In float32 the difference of mean squares, 1e6 each, loses a variance of 1e-4 altogether.
    vectors = [torch.full((3,), 1000.0) + torch.tensor([0.01, 0.0, -0.01]) * k for k in (-1, 0, 1)]
    moments = Moments(RunningMean(vectors[0]), rank=2)
    for vector in vectors:
        moments.add(vector)
    expected = torch.stack(vectors).double().var(dim=0, unbiased=False)
    assert_close(moments.variance_D.double(), expected, rtol=0.02, atol=1e-9)


def test_moments_come_back_from_a_checkpoint() -> None:
    vectors = iterates(8)
    whole = Moments(RunningMean(vectors[0]), rank=3)
    first = Moments(RunningMean(vectors[0]), rank=3)
    for vector in vectors[:5]:
        whole.add(vector)
        first.add(vector)
    mean = RunningMean(vectors[0])
    resumed = Moments(mean, rank=3)
    mean.load(first.mean.vector_D.clone(), first.mean.count)
    resumed.load({name: value.clone() for name, value in first.tensors().items()})
    for vector in vectors[5:]:
        whole.add(vector)
        resumed.add(vector)
    assert torch.equal(resumed.variance_D, whole.variance_D)
    assert torch.equal(resumed.deviations_KD, whole.deviations_KD)


@pytest.mark.parametrize("is_diagonal", [False, True])
def test_samples_have_the_mean_and_covariance_of_swags_gaussian(is_diagonal: bool) -> None:
    vectors = iterates(12, size=3)
    moments = Moments(RunningMean(vectors[0]), rank=5)
    for vector in vectors:
        moments.add(vector)
    deviations = None if is_diagonal else moments.deviations_KD
    scale = 1.0 if is_diagonal else 0.5
    drawn = torch.stack(
        [
            swag_sample(
                moments.mean.vector_D, moments.variance_D, deviations, scale=scale, seed=1, index=k
            )
            for k in range(20_000)
        ]
    ).double()
    covariance = torch.diag(moments.variance_D.double())
    if deviations is not None:
        rows = deviations.double()
        covariance = 0.5 * (covariance + rows.T @ rows / (len(rows) - 1))
    assert_close(drawn.mean(0), moments.mean.vector_D.double(), atol=0.03, rtol=0)
    assert_close(torch.cov(drawn.T), covariance, atol=0.05, rtol=0.05)


def test_a_sample_is_known_by_its_seed_and_number_alone() -> None:
    mean, variance = torch.zeros(4), torch.ones(4)
    first = swag_sample(mean, variance, None, scale=1.0, seed=7, index=3)
    assert torch.equal(first, swag_sample(mean, variance, None, scale=1.0, seed=7, index=3))
    assert not torch.equal(first, swag_sample(mean, variance, None, scale=1.0, seed=7, index=4))
    assert torch.equal(swag_sample(mean, variance, None, scale=0.0, seed=7, index=3), mean)


def test_a_greedy_soup_takes_the_best_first_and_only_what_does_not_hurt() -> None:
    # Points on a line; the error of a soup is its mean's distance from 1.
    points = [0.2, 0.9, 1.3, 5.0]
    own = [abs(point - 1) for point in points]

    def error_of(places: tuple[int, ...]) -> float:
        return abs(sum(points[place] for place in places) / len(places) - 1)

    # 0.9 alone: 0.1; with 1.3: mean 1.1, no worse to rounding; 0.2 with both: 0.8; 5.0: worse.
    assert greedy_soup(own, error_of)[0] == 1
    assert 3 not in greedy_soup(own, error_of)
    assert greedy_soup([0.3], error_of) == (0,)
