"""Halves by label: disjoint, complete, biased as asked, seeded; and which requests are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mcworkbench.config.options.data import DataOptions
from mcworkbench.data.splits import split_indices
from mcworkbench.errors import InvalidInputError

TARGETS = np.random.default_rng(0).permutation(np.repeat(np.arange(10), 50)).astype(np.int64)
LOW, HIGH = (0, 1, 2, 3, 4), (5, 6, 7, 8, 9)


def train(**chosen: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    options = DataOptions.model_validate({"name": "digits", **chosen})
    return split_indices(TARGETS, 30, options).train


def test_a_half_by_label_has_its_classes_and_no_other() -> None:
    chosen = train(train_classes=LOW)
    assert np.array_equal(chosen, np.flatnonzero(TARGETS < 5))


@pytest.mark.parametrize("share", [1.0, 0.8, 0.5, 0.37])
def test_two_halves_share_no_example_and_leave_none_out(share: float) -> None:
    halves = [train(train_classes=c, train_classes_share=share) for c in (LOW, HIGH)]
    assert sorted(np.concatenate(halves)) == [*range(500)]
    listed = round(share * 50)
    assert (
        np.bincount(TARGETS[halves[0]], minlength=10).tolist() == [listed] * 5 + [50 - listed] * 5
    )


def test_which_examples_are_taken_is_a_seeded_permutation() -> None:
    biased = {"train_classes": LOW, "train_classes_share": 0.8}
    one, again, other = train(**biased), train(**biased), train(**biased, split_seed=1)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    members = np.flatnonzero(TARGETS == 0)
    taken = np.isin(members, one)
    assert not taken[:40].all(), "not the first of the file"


def test_validation_leaves_first_and_the_test_set_stays_whole() -> None:
    options = DataOptions(name="digits", validation="random:100", train_classes=LOW)
    splits = split_indices(TARGETS, 30, options)
    assert np.bincount(TARGETS[splits.validation]).tolist() == [10] * 10
    assert np.bincount(TARGETS[splits.train]).tolist() == [40] * 5
    assert splits.test.tolist() == [*range(30)]


def test_classes_that_are_not_there_and_values_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="no class 12; its classes are 0 to 9"):
        train(train_classes=(0, 12))
    options = DataOptions(name="npy:x", train_classes=(0,))
    with pytest.raises(InvalidInputError, match="has values, not classes"):
        split_indices(np.zeros((4, 1), np.float32), 2, options)
