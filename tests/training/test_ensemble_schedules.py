"""Rates and capture points of cyclic trainings: published vectors and closed forms."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from mcworkbench.config.options.fge import FgeSettings
from mcworkbench.config.options.snapshot import SnapshotSettings
from mcworkbench.config.options.swa import SwaSettings
from mcworkbench.training.schedules import averaging_rate, cyclic_rate, restart_rate


def fge_rates(settings: FgeSettings, num_steps: int) -> list[float]:
    return [cyclic_rate(settings, s, num_steps) for s in range(settings.epochs * num_steps)]


def test_the_rates_of_a_cycle_are_those_of_the_reference_code() -> None:
    settings = FgeSettings(epochs=4, cycle=4, lr=0.05, lr_min=0.0005)
    # Four epochs of four steps, printed by the reference implementation's cyclic_learning_rate.
    published = [
        *(0.05, 0.043813, 0.037625, 0.031438, 0.02525, 0.019063, 0.012875, 0.006688),
        *(0.0005, 0.006688, 0.012875, 0.019063, 0.02525, 0.031438, 0.037625, 0.043813),
    ]
    assert fge_rates(settings, 4) == pytest.approx(published, abs=5.1e-7)


@pytest.mark.parametrize(
    ("cycle", "low", "last"), [(4, 0.0005, 0.000563), (2, 0.01, 0.010102)], ids=["c4", "c2"]
)
def test_the_last_step_before_a_member_has_the_reference_codes_rate(
    cycle: int, low: float, last: float
) -> None:
    settings = FgeSettings(epochs=cycle, cycle=cycle, lr=0.05, lr_min=low)
    (step,) = settings.member_steps(391)
    assert step == 391 * cycle // 2
    assert cyclic_rate(settings, step - 1, 391) == pytest.approx(last, abs=5.1e-7)


def test_on_the_papers_index_a_member_is_taken_at_the_lowest_rate_itself() -> None:
    # t(i) = (mod(i - 1, c) + 1)/c with i from 1, arXiv:1802.10026; here c = 12 iterations.
    settings = FgeSettings(epochs=6, cycle=4, index="paper", lr=1.0, lr_min=0.1)
    slow: list[float] = []
    for i in range(1, 19):
        t = (((i - 1) % 12) + 1) / 12
        slow.append((1 - 2 * t) + 2 * t * 0.1 if t <= 0.5 else (2 - 2 * t) * 0.1 + (2 * t - 1))
    assert fge_rates(settings, 3) == pytest.approx(slow)
    for step in settings.member_steps(3):
        assert cyclic_rate(settings, step - 1, 3) == pytest.approx(0.1)


def test_a_sawtooth_goes_down_only_and_its_member_ends_the_cycle() -> None:
    settings = FgeSettings(epochs=2, cycle=1, shape="sawtooth", index="paper", lr=1.0, lr_min=0.2)
    assert fge_rates(settings, 4) == pytest.approx([0.8, 0.6, 0.4, 0.2] * 2)
    assert settings.member_steps(4) == (4, 8)


def reference_captures(epochs: int, cycle: int) -> list[int]:
    """Return the 1-based epochs at whose end the reference code captures."""
    return [e + 1 for e in range(epochs) if (e % cycle) + 1 == cycle // 2]


@pytest.mark.parametrize(("epochs", "cycle"), [(40, 2), (20, 4), (8, 2), (23, 4), (22, 6)])
def test_members_are_captured_where_the_reference_captures_them(epochs: int, cycle: int) -> None:
    settings = FgeSettings(epochs=epochs, cycle=cycle)
    expected = reference_captures(epochs, cycle)
    assert [step / 7 for step in settings.member_steps(7)] == expected
    assert settings.num_members == len(expected)


def test_forty_epochs_of_two_give_twenty_members_and_the_study_has_four() -> None:
    assert FgeSettings(epochs=40, cycle=2).num_members == 20
    assert FgeSettings(epochs=8, cycle=2).num_members == 4


def test_an_odd_cycle_on_the_papers_index_captures_within_an_epoch() -> None:
    settings = FgeSettings(epochs=2, cycle=1, index="paper")
    assert settings.member_steps(10) == (5, 15)
    # Nine steps have no middle: the member follows the step just beyond it.
    assert settings.member_steps(9) == (5, 14)


def test_pfge_hands_a_member_on_at_the_end_of_every_period() -> None:
    settings = FgeSettings(epochs=20, cycle=4, average_period=8)
    assert [step / 5 for step in settings.lowest_steps(5)] == [2, 6, 10, 14, 18]
    assert [step / 5 for step in settings.member_steps(5)] == [8, 16]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"cycle": 3}, "cycle = 3 is odd"),
        ({"cycle": 6, "epochs": 4}, "cycle = 6 is longer than epochs = 4"),
        ({"cycle": 4, "epochs": 8, "stop_at": 1}, "no member falls into 1 epochs"),
        ({"lr": 0.01, "lr_min": 0.05}, "lr_min = 0.05 lies above lr = 0.01"),
        ({"cycle": 4, "average_period": 6}, "average_period = 6 must be whole cycles of 4"),
        ({"warmup_epochs": 1}, "warmup_epochs = 1 belongs to the schedules"),
        ({"epochs_before": 2}, "epochs_before = 2 belongs to the schedules"),
    ],
)
def test_a_cycle_that_captures_nothing_is_refused_with_the_way_out(
    values: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        FgeSettings.model_validate(values)


def test_a_snapshot_ensemble_restarts_a_cosine_and_captures_where_it_ends() -> None:
    settings = SnapshotSettings(epochs=6, cycle=2, lr=0.2)
    # α(t) = α0/2·(cos(π·mod(t, C)/C) + 1), arXiv:1704.00109, equation 2; C = 10 steps.
    slow = [0.1 * (math.cos(math.pi * (step % 10) / 10) + 1) for step in range(30)]
    assert [restart_rate(settings, step, 5) for step in range(30)] == pytest.approx(slow)
    assert settings.member_steps(5) == (10, 20, 30)
    assert settings.num_members == 3
    with pytest.raises(ValidationError, match="longer than the 6 epochs trained"):
        SnapshotSettings(epochs=6, cycle=7)


def reference_swa(epoch: int, *, start: int, lr: float, low: float) -> float:
    """Return the rate of the reference code's `schedule` for its 0-based epoch."""
    t, ratio = epoch / start, low / lr
    if t <= 0.5:
        factor = 1.0
    elif t <= 0.9:
        factor = 1.0 - (1.0 - ratio) * (t - 0.5) / 0.4
    else:
        factor = ratio
    return lr * factor


def test_the_rates_of_swa_are_those_of_the_reference_code() -> None:
    settings = SwaSettings(epochs=225, average_from=161, lr=0.05, swa_lr=0.01)
    expected = [reference_swa(epoch, start=161, lr=0.05, low=0.01) for epoch in range(225)]
    found = [averaging_rate(settings, epoch * 3 + 2, 3) for epoch in range(225)]
    assert found == pytest.approx(expected)
    assert settings.num_iterates == 65
    assert settings.average_steps(3)[0] == 483
    constant = settings.model_copy(update={"schedule": "constant"})
    assert averaging_rate(constant, 0, 3) == 0.01


def test_moments_need_as_many_iterates_as_their_rank() -> None:
    with pytest.raises(ValidationError, match="rank = 20 needs as many averaged iterates"):
        SwaSettings(epochs=30, average_from=20, rank=20)
    with pytest.raises(ValidationError, match="average_from = 31 lies beyond"):
        SwaSettings(epochs=30, average_from=31)
