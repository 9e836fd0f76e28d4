"""Learning rates: the reference's vectors, torch's schedulers, closed forms."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.training.schedules import learning_rate, one_cycle, reference_factor


def rates(num_steps: int, steps_per_epoch: int, **chosen: Any) -> list[float]:
    options = TrainingOptions.model_validate({"lr": 1.0, **chosen})
    return [learning_rate(options, step, steps_per_epoch) for step in range(num_steps)]


@pytest.mark.parametrize(
    ("lr", "epochs", "expected"),
    [
        (1.0, 20, {1: 1.0, 10: 1.0, 14: 0.505, 18: 0.01, 19: 0.01, 20: 0.01}),
        (
            0.05,
            200,
            {
                1: 0.05,
                100: 0.05,
                101: 0.049381,
                120: 0.037625,
                140: 0.02525,
                160: 0.012875,
                180: 0.0005,
                181: 0.0005,
                200: 0.0005,
            },
        ),
    ],
)
def test_the_reference_schedule_has_the_published_rates(
    lr: float, epochs: int, expected: dict[int, float]
) -> None:
    found = rates(epochs * 3, 3, lr=lr, epochs=epochs, schedule="reference")
    for epoch, rate in expected.items():
        # Set once an epoch: every step of it has the same.
        assert found[3 * (epoch - 1) : 3 * epoch] == pytest.approx([rate] * 3, abs=5e-7)


def test_the_reference_factor_is_continuous_at_its_corners() -> None:
    assert reference_factor(0.5) == 1
    assert reference_factor(0.5 + 1e-12) == pytest.approx(1)
    assert reference_factor(0.7) == pytest.approx(0.505)
    assert reference_factor(0.9) == pytest.approx(0.01)
    assert reference_factor(0.9 + 1e-12) == 0.01


@pytest.mark.parametrize("num_steps", [1, 2, 3, 4, 10, 97, 400])
def test_one_cycle_is_that_of_torch(num_steps: int) -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.7, total_steps=num_steps, cycle_momentum=False
    )
    expected: list[float] = []
    for step in range(num_steps):
        expected.append(float(scheduler.get_last_lr()[0]))
        optimizer.step()
        if step + 1 < num_steps:
            scheduler.step()
    found = rates(num_steps, num_steps, lr=0.7, epochs=1, schedule="onecycle")
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_one_cycle_runs_over_all_epochs() -> None:
    found = rates(60, 6, lr=0.3, epochs=10, schedule="onecycle")
    assert found == [one_cycle(0.3, step, 60) for step in range(60)]
    assert max(found) == pytest.approx(0.3)


def test_cosine_falls_from_the_rate_to_zero_along_half_a_cosine() -> None:
    found = rates(40, 8, lr=0.2, epochs=5, schedule="cosine")
    assert found[0] == 0.2
    assert found[20] == pytest.approx(0.1)
    for step, rate in enumerate(found):
        assert rate == pytest.approx(0.2 * math.cos(math.pi * step / 80) ** 2)


@pytest.mark.parametrize("schedule", ["reference", "cosine", "onecycle", "constant"])
def test_stopping_early_keeps_the_schedule_of_all_epochs(schedule: str) -> None:
    whole = rates(12, 3, epochs=10, schedule=schedule)
    assert rates(12, 3, epochs=10, stop_at=4, schedule=schedule) == whole
    if schedule != "constant":
        assert rates(12, 3, epochs=4, schedule=schedule) != whole


def test_a_constant_rate_and_a_budget_of_nothing_stay_at_the_first_rate() -> None:
    assert rates(9, 3, epochs=3, schedule="constant") == [1.0] * 9
    for schedule in ("reference", "cosine", "onecycle"):
        assert rates(1, 3, epochs=0, schedule=schedule) == [1.0]
