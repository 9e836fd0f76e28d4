"""Learning rates: the reference's vectors, torch's schedulers, closed forms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import torch
from pydantic import ValidationError
from torch.optim import lr_scheduler

from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.training.schedules import learning_rate, one_cycle, reference_factor

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch.optim.lr_scheduler import LRScheduler


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


@pytest.mark.parametrize(
    "chosen",
    [
        {"schedule": "reference"},
        {"schedule": "cosine"},
        {"schedule": "onecycle"},
        {"schedule": "constant"},
        {"schedule": "multistep", "milestones": (6, 11)},
        {"schedule": "cosine", "warmup_epochs": 12},
    ],
    ids=str,
)
def test_a_schedule_is_taken_up_where_another_training_left_it(chosen: dict[str, Any]) -> None:
    whole = rates(15 * 4, 4, epochs=15, **chosen)
    assert rates(5 * 4, 4, epochs=5, epochs_before=10, **chosen) == whole[10 * 4 :]


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


def torch_rates(
    num_steps: int, lr: float, *make: Callable[[torch.optim.Optimizer], LRScheduler]
) -> list[float]:
    """Return the rates of torch's schedulers, each stepped at every optimiser step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = lr_scheduler.ChainedScheduler([one(optimizer) for one in make], optimizer)
    found: list[float] = []
    for _ in range(num_steps):
        found.append(float(scheduler.get_last_lr()[0]))
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize(("milestones", "gamma"), [([3], 0.1), ([2, 3, 7], 0.5), ([20], 0.2)])
def test_multistep_is_that_of_torch_in_epochs(milestones: list[int], gamma: float) -> None:
    steps = [4 * epoch for epoch in milestones]
    expected = torch_rates(40, 0.3, lambda one: lr_scheduler.MultiStepLR(one, steps, gamma))
    chosen = {"schedule": "multistep", "milestones": milestones, "gamma": gamma}
    assert rates(40, 4, lr=0.3, epochs=10, **chosen) == pytest.approx(expected, rel=1e-12)


def constant(one: torch.optim.Optimizer) -> LRScheduler:
    return lr_scheduler.ConstantLR(one, 1.0)


def multistep(one: torch.optim.Optimizer) -> LRScheduler:
    return lr_scheduler.MultiStepLR(one, [5, 25])


def cosine(one: torch.optim.Optimizer) -> LRScheduler:
    return lr_scheduler.CosineAnnealingLR(one, 50)


@pytest.mark.parametrize(
    ("chosen", "make"),
    [
        ({"schedule": "constant"}, constant),
        ({"schedule": "multistep", "milestones": [1, 5]}, multistep),
        ({"schedule": "cosine"}, cosine),
    ],
    ids=["constant", "multistep", "cosine"],
)
@pytest.mark.parametrize("start", [0.01, 1.0 / 3.0])
def test_warm_up_multiplies_any_schedule_as_torchs_does(
    chosen: dict[str, Any], make: Callable[[torch.optim.Optimizer], LRScheduler], start: float
) -> None:
    expected = torch_rates(
        50, 0.4, make, lambda one: lr_scheduler.LinearLR(one, start, total_iters=15)
    )
    found = rates(50, 5, lr=0.4, epochs=10, warmup_epochs=3, warmup_start=start, **chosen)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert found[0] == pytest.approx(0.4 * start)


def test_milestones_and_multistep_belong_together() -> None:
    for chosen in ({"schedule": "multistep"}, {"milestones": [3]}):
        with pytest.raises(ValidationError, match="belong together"):
            TrainingOptions.model_validate(chosen)
    with pytest.raises(ValidationError, match="increasing epochs"):
        TrainingOptions.model_validate({"schedule": "multistep", "milestones": [5, 3]})


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
