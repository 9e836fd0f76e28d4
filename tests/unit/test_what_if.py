"""What-if ensembles score what their predictions say, by scikit-learn and by loops."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from mcworkbench.runs.members import TARGETS_FILE, predictions_file
from mcworkbench.screens.pictures.what_if import Predictions, by_index, what_if
from tests.unit.members_sample import NUM_CLASSES, NUM_EXAMPLES, networks_of, store, targets_of

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.runs.ensemble_scores import Array

NUM_MEMBERS = 4
EVERY = frozenset(range(NUM_MEMBERS + 1))


@pytest.fixture
def stored(tmp_path: Path) -> Predictions:
    networks = networks_of(NUM_MEMBERS)
    members = store(tmp_path, networks, NUM_MEMBERS)
    return Predictions(
        "probabilities",
        "test",
        {index: (tmp_path, index) for index in networks},
        by_index(list(networks), members.pairwise["disagreement"]),
        None,
    )


def mean_by_loops(chosen: frozenset[int]) -> Array:
    networks = networks_of(NUM_MEMBERS)
    found = np.zeros((NUM_EXAMPLES, NUM_CLASSES))
    for example in range(NUM_EXAMPLES):
        for index in chosen:
            found[example] += networks[index][example].astype(np.float64)
        found[example] /= len(chosen)
    return found


def calibration_by_loops(mean_NC: Array, targets_N: Array, num_bins: int = 15) -> float:
    gaps = [0.0] * num_bins
    for row, target in zip(mean_NC, targets_N, strict=True):
        place = min(int(row.max() * num_bins), num_bins - 1)
        gaps[place] += float(row.max()) - float(row.argmax() == target)
    return sum(map(abs, gaps)) / len(targets_N)


@pytest.mark.parametrize("chosen", [{1, 2, 3, 4}, {2, 4}, {0, 3}, {1}])
def test_scores_are_those_of_the_mean_of_the_chosen(
    stored: Predictions, chosen: frozenset[int]
) -> None:
    answer = what_if(stored, frozenset(chosen))
    mean, targets = mean_by_loops(frozenset(chosen)), targets_of()
    assert answer.values["test_accuracy"] == accuracy_score(targets, mean.argmax(axis=1))
    assert answer.values["test_nll"] == pytest.approx(
        log_loss(targets, mean / mean.sum(axis=1, keepdims=True)), rel=1e-6
    )
    assert answer.values["test_ece"] == pytest.approx(calibration_by_loops(mean, targets))
    assert answer.num_examples == NUM_EXAMPLES
    assert not answer.problem


@pytest.mark.parametrize("size", range(1, NUM_MEMBERS + 1))
def test_toggling_a_network_scores_what_the_other_ensemble_does(
    stored: Predictions, size: int
) -> None:
    for chosen in itertools.combinations(range(NUM_MEMBERS + 1), size):
        answer = what_if(stored, chosen)
        for index in EVERY:
            other = frozenset(chosen) ^ {index}
            if not other:
                assert index not in answer.toggled
                continue
            assert answer.toggled[index] == pytest.approx(what_if(stored, other).values)


def test_nobody_chosen_has_no_score_and_everybody_would_begin_alone(stored: Predictions) -> None:
    answer = what_if(stored, ())
    assert answer.values == {}
    assert answer.toggled[2] == pytest.approx(what_if(stored, {2}).values)


def test_networks_that_are_not_stored_are_left_out(stored: Predictions) -> None:
    assert what_if(stored, {1, 2, 99}) == what_if(stored, {1, 2})


def test_agreement_is_the_mean_over_the_others_that_are_in(stored: Predictions) -> None:
    classes = {index: one.argmax(axis=1) for index, one in networks_of(NUM_MEMBERS).items()}
    for index in EVERY:
        others = [other for other in (1, 3, 4) if other != index]
        slow = [
            sum(a != b for a, b in zip(classes[index], classes[other], strict=True)) / NUM_EXAMPLES
            for other in others
        ]
        assert stored.apartness(index, (1, 3, 4)) == pytest.approx(sum(slow) / len(slow))
    assert math.isnan(stored.apartness(1, (1,)))
    assert math.isnan(stored.apartness(77, (1, 2)))


def test_values_are_averaged_and_scored_as_values(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    outputs = {index: draw.normal(size=(50, 1)).astype(np.float32) for index in (1, 2)}
    targets = draw.normal(size=(50, 1))
    for index, output in outputs.items():
        np.save(tmp_path / predictions_file(index), output)
    np.save(tmp_path / TARGETS_FILE, targets)
    stored = Predictions("values", "test", {i: (tmp_path, i) for i in outputs}, {}, None)
    mean = (outputs[1].astype(float) + outputs[2]) / 2
    assert what_if(stored, {1, 2}).values["test_rmse"] == pytest.approx(
        math.sqrt(((mean - targets) ** 2).mean())
    )


def test_missing_and_odd_files_are_told_in_a_sentence(stored: Predictions, tmp_path: Path) -> None:
    np.save(tmp_path / predictions_file(2), np.zeros((3, 2), dtype=np.float32))
    assert what_if(stored, {1, 2}).problem == "the stored predictions do not fit together"
    (tmp_path / predictions_file(2)).write_bytes(b"no array")
    assert "predictions-2.npy" in what_if(stored, {1, 2}).problem
    np.save(tmp_path / predictions_file(2), networks_of(NUM_MEMBERS)[2])
    (tmp_path / TARGETS_FILE).unlink()
    assert "targets.npy" in what_if(stored, {1}).problem
