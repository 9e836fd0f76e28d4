"""The class-weighted F1 score beside scikit-learn's."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from sklearn.metrics import f1_score

from mcworkbench.metrics.f1 import class_sums, weighted_f1
from mcworkbench.tasks.classification import Classification


def sklearn_f1(actual: torch.Tensor, predicted: torch.Tensor) -> float:
    oracle: Any = f1_score
    return float(oracle(actual, predicted, average="weighted", zero_division=0.0))


@pytest.mark.parametrize(("num_classes", "num"), [(2, 50), (10, 300), (7, 20)])
def test_it_is_scikit_learns(num_classes: int, num: int) -> None:
    generator = torch.Generator().manual_seed(num)
    actual = torch.randint(0, num_classes, (num,), generator=generator)
    guess = torch.randint(0, num_classes, (num,), generator=generator)
    predicted = torch.where(torch.rand(num, generator=generator) < 0.6, actual, guess)
    sums = class_sums(predicted, actual, num_classes)
    expected = sklearn_f1(actual, predicted)
    assert weighted_f1(sums.tolist(), num_classes) == pytest.approx(expected, abs=1e-12)


def test_a_class_that_is_never_there_or_never_predicted_is_no_trouble() -> None:
    predicted, actual = torch.tensor([0, 0, 2, 2]), torch.tensor([0, 1, 0, 1])
    sums = class_sums(predicted, actual, 4)
    expected = sklearn_f1(actual, predicted)
    assert weighted_f1(sums.tolist(), 4) == pytest.approx(expected)


def test_a_task_gives_it_beside_its_other_metrics_only_when_asked() -> None:
    logits = torch.randn((40, 5), generator=torch.Generator().manual_seed(0))
    targets = torch.arange(40) % 5
    plain, counted = Classification(15), Classification(15).with_classes(5)
    without = plain.summarise(plain.statistics(logits, targets).tolist())
    found = counted.summarise(counted.statistics(logits, targets).tolist())
    assert "f1" not in without
    assert found.pop("f1") == pytest.approx(sklearn_f1(targets, logits.argmax(1)))
    assert found == without
