"""Scores of averaged predictions against scikit-learn, torchmetrics, numpy and closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss
from torchmetrics.functional.classification import multiclass_calibration_error

from mcworkbench.runs import ensemble_scores
from mcworkbench.runs.ensemble_scores import (
    correlations,
    disagreement,
    disagreements,
    mean_of,
    reliability,
    scores,
    without_each,
)

S, N, C = 5, 300, 7


@pytest.fixture
def outputs() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.dirichlet(np.full(C, 0.3), N).astype(np.float32) for _ in range(S)]


@pytest.fixture
def targets() -> np.ndarray:
    return np.random.default_rng(2).integers(0, C, N)


def test_scores_of_a_mean_of_probabilities_are_those_of_the_libraries(
    outputs: list[np.ndarray], targets: np.ndarray
) -> None:
    mean = np.stack(outputs).astype(np.float64).mean(axis=0)
    found = scores("probabilities", mean_of(outputs), targets)
    assert found["nll"] == pytest.approx(log_loss(targets, mean, labels=range(C)), rel=1e-6)
    assert found["accuracy"] == accuracy_score(targets, mean.argmax(axis=1))
    assert found["error"] == pytest.approx(1 - found["accuracy"], abs=1e-15)
    whole: Any = False
    brier = brier_score_loss(targets, mean, labels=range(C), scale_by_half=whole)
    assert found["brier"] == pytest.approx(brier, rel=1e-6)
    ece = multiclass_calibration_error(
        torch.from_numpy(mean), torch.from_numpy(targets), num_classes=C, n_bins=15, norm="l1"
    )
    assert found["ece"] == pytest.approx(ece.item(), abs=1e-6)


def test_a_certain_mistake_costs_much_but_not_infinitely_much() -> None:
    wrong = np.array([[1.0, 0.0]], dtype=np.float32)
    found = scores("probabilities", wrong, np.array([1]))
    assert found["nll"] == pytest.approx(126 * math.log(2))
    assert found["brier"] == 2
    assert scores("probabilities", wrong, np.array([0]))["brier"] == 0


def test_scores_of_values_are_mean_squared_and_absolute_errors() -> None:
    mean, targets = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[1.0, 0.0], [2.0, 5.0]])
    # By hand: squares 0, 4, 1, 0; absolutes 0, 2, 1, 0.
    assert scores("values", mean, targets) == {
        "nll": 1.25,
        "mse": 1.25,
        "rmse": 1.25**0.5,
        "mae": 0.75,
    }


def test_bins_of_a_reliability_diagram_hold_what_a_slow_loop_puts_there(
    outputs: list[np.ndarray], targets: np.ndarray
) -> None:
    mean = mean_of(outputs)
    held: dict[int, list[tuple[float, bool]]] = {}
    for row, target in zip(mean, targets, strict=True):
        place = min(int(max(row) * 15), 14)
        held.setdefault(place, []).append((max(row), row.argmax() == target))
    found = reliability(mean, targets)
    assert found["count"] == [len(held[place]) for place in sorted(held)]
    for name, part in (("confidence", 0), ("accuracy", 1)):
        slow = [np.mean([pair[part] for pair in held[place]]) for place in sorted(held)]
        assert found[name] == pytest.approx(slow)


def test_the_score_without_a_network_is_that_of_the_others(
    outputs: list[np.ndarray], targets: np.ndarray
) -> None:
    found = without_each("probabilities", outputs, targets)
    for place, left in enumerate(found):
        others = [one for index, one in enumerate(outputs) if index != place]
        assert left == pytest.approx(scores("probabilities", mean_of(others), targets), abs=1e-9)
    assert without_each("probabilities", outputs[:1], targets) == [{}]


def test_the_diagonal_of_disagreements_is_zero_and_the_rest_counts_other_classes(
    outputs: list[np.ndarray],
) -> None:
    table = np.array(disagreements("probabilities", outputs))
    assert (table == table.T).all()
    assert (np.diag(table) == 0).all()
    slow = sum(a.argmax() != b.argmax() for a, b in zip(outputs[0], outputs[3], strict=True)) / N
    assert table[0, 3] == slow == disagreement("probabilities", outputs[0], outputs[3])


def test_values_disagree_by_their_root_mean_square_difference() -> None:
    one, other = np.zeros((2, 2)), np.array([[3.0, 0.0], [0.0, 4.0]])
    assert disagreements("values", [one, other]) == [[0, 2.5], [2.5, 0]]


def test_correlations_are_those_of_numpy_also_in_parts(
    outputs: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = np.corrcoef(np.stack(outputs).reshape(S, -1))
    assert np.array(correlations(outputs)) == pytest.approx(expected, abs=1e-6)
    monkeypatch.setattr(ensemble_scores, "_CHUNK", 17)
    assert np.array(correlations(outputs)) == pytest.approx(expected, abs=1e-6)
    assert math.isnan(correlations([np.ones((4, 2)), outputs[0][:4, :2]])[0][1])
