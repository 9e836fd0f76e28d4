"""Statistics of a task against closed forms and torchmetrics, in one pass or in pieces."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torchmetrics.classification import MulticlassCalibrationError

from mcworkbench import catalogue
from mcworkbench.metrics.calibration import calibration_error, calibration_sums
from mcworkbench.tasks import make_task
from mcworkbench.tasks.classification import Classification
from mcworkbench.tasks.regression import Regression

if TYPE_CHECKING:
    from torch import Tensor

    from mcworkbench.tasks.task import AbstractTask


def task_named(name: str, **chosen: Any) -> AbstractTask:
    images = name == "reconstruction"
    dataset: Any = SimpleNamespace(task=name, num_outputs=5, range="signed" if images else "")
    return make_task(dataset, **chosen)


def examples(name: str, num: int = 300) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    if name == "reconstruction":
        shape = (num, 1, 12, 12)
        x, y = (2 * torch.rand(shape, generator=generator) - 1 for _ in range(2))
        return x, y
    if name == "regression":
        shape = (num, 2)
        return torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)
    logits = 3 * torch.randn((num, 5), generator=generator)
    return logits, torch.randint(0, 5, (num,), generator=generator)


@pytest.mark.parametrize("name", sorted(catalogue.TASKS))
def test_statistics_of_pieces_add_up_to_those_of_the_whole(name: str) -> None:
    task = task_named(name, per_class=True)
    outputs, targets = examples(name)
    whole = task.statistics(outputs, targets)
    pieces = [
        task.statistics(x, y) for x, y in zip(outputs.split(37), targets.split(37), strict=True)
    ]
    assert whole.shape == (task.num_statistics,)
    assert whole.dtype == torch.float64
    assert whole[0] == len(targets)
    torch.testing.assert_close(torch.stack(pieces).sum(0), whole, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", sorted(catalogue.TASKS))
def test_the_summary_holds_every_metric_and_the_loss_first(name: str) -> None:
    task = task_named(name, per_class=True)
    outputs, targets = examples(name)
    summary = task.summarise(task.statistics(outputs, targets).tolist())
    assert tuple(summary) == tuple(metric.name for metric in task.metrics)
    assert next(iter(summary)) == "nll"
    assert summary["nll"] == pytest.approx(task.loss(outputs, targets).item(), rel=1e-6)


@pytest.mark.parametrize("bins", [10, 15])
def test_calibration_error_equals_torchmetrics(bins: int) -> None:
    logits, targets = examples("classification", 2000)
    task = task_named("classification", ece_bins=bins)
    sums = torch.zeros(task.num_statistics, dtype=torch.float64)
    for x, y in zip(logits.split(256), targets.split(256), strict=True):
        sums += task.statistics(x, y)
    oracle = MulticlassCalibrationError(num_classes=5, n_bins=bins, norm="l1")
    expected = oracle(logits.softmax(1), targets).item()
    assert task.summarise(sums.tolist())["ece"] == pytest.approx(expected, abs=1e-6)


def test_a_bin_holds_its_lower_edge_and_the_last_one_certainty() -> None:
    confidence = torch.tensor([0.0, 0.24, 0.25, 0.5, 0.74, 0.75, 1.0], dtype=torch.float64)
    right = torch.tensor([True, False, True, True, False, False, True])
    expected = [0 - 1 + 0.24, 0.25 - 1, 0.5 - 1 + 0.74, 0.75 + 1 - 1]
    sums = calibration_sums(confidence, right, 4)
    torch.testing.assert_close(sums, torch.tensor(expected, dtype=torch.float64))
    assert calibration_error(sums.tolist(), 7) == pytest.approx((0.76 + 0.75 + 0.24 + 0.75) / 7)


def test_a_certain_and_right_network_is_calibrated_and_has_no_loss() -> None:
    targets = torch.arange(5)
    task = Classification(ece_bins=15)
    summary = task.summarise(task.statistics(1000 * torch.eye(5), targets).tolist())
    assert summary == {"nll": 0, "accuracy": 1, "error": 0, "ece": 0}


def test_indifferent_logits_cost_the_logarithm_of_the_classes() -> None:
    task = Classification(ece_bins=15)
    targets = torch.tensor([0, 0, 1, 3])
    summary = task.summarise(task.statistics(torch.zeros(4, 4), targets).tolist())
    assert summary["nll"] == pytest.approx(math.log(4))
    assert summary["accuracy"] == 0.5
    assert summary["error"] == 0.5
    assert summary["ece"] == pytest.approx(0.25)


def test_half_precision_outputs_are_summed_in_full() -> None:
    logits, targets = examples("classification")
    halved = logits.bfloat16()
    task = Classification(ece_bins=15)
    assert task.loss(halved, targets).dtype == torch.float32
    torch.testing.assert_close(
        task.statistics(halved, targets), task.statistics(halved.float(), targets)
    )


def test_regression_metrics_are_their_definitions() -> None:
    outputs, targets = (
        torch.tensor([[1.0, 2.0], [0.0, 0.0]]),
        torch.tensor([[0.0, 0.0], [0.0, 3.0]]),
    )
    task = Regression()
    summary = task.summarise(task.statistics(outputs, targets).tolist())
    assert summary["mse"] == summary["nll"] == (1 + 4 + 0 + 9) / 4
    assert summary["rmse"] == pytest.approx(math.sqrt(14 / 4))
    assert summary["mae"] == (1 + 2 + 0 + 3) / 4
    assert task.loss(outputs, targets).item() == 14 / 4


def test_regression_takes_targets_of_any_shape() -> None:
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.rand((6, 3, 4, 4), generator=generator) for _ in range(2))
    task = Regression()
    summary = task.summarise(task.statistics(x, y).tolist())
    assert summary["mse"] == pytest.approx(((x - y) ** 2).mean().item(), rel=1e-6)


def test_predictions_and_what_is_stored_of_a_classifier() -> None:
    logits, _ = examples("classification")
    task = Classification(ece_bins=15)
    assert torch.equal(task.predictions(logits), logits.softmax(1).argmax(1))
    stored = task.stored(logits)
    assert stored.dtype == torch.float16
    torch.testing.assert_close(stored.float(), logits.softmax(1), atol=1e-3, rtol=1e-3)


def test_disagreement_counts_classes_and_measures_values() -> None:
    a, b = torch.tensor([0, 1, 2, 3]), torch.tensor([0, 1, 3, 2])
    assert Classification(ece_bins=15).disagreement(a, b) == 0.5
    values = torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [-1.0]])
    assert Regression().disagreement(*values) == pytest.approx(math.sqrt(8))


def test_the_loss_can_be_differentiated_in_float64() -> None:
    logits, targets = examples("classification", 4)
    task = Classification(ece_bins=15)
    wide = logits.double().requires_grad_()

    def loss(outputs: Tensor) -> Tensor:
        return task.loss(outputs, targets)

    assert torch.autograd.gradcheck(loss, (wide,))
