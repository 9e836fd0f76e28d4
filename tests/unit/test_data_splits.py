"""Splits: who trains, validates and tests, and which requests are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mcworkbench.config.options.data import DataOptions
from mcworkbench.data.splits import split_indices, stratified
from mcworkbench.errors import InvalidInputError

TARGETS = np.arange(100, dtype=np.int64) % 4


def options(**chosen: Any) -> DataOptions:
    return DataOptions.model_validate({"name": "digits", **chosen})


def test_without_validation_everything_trains() -> None:
    splits = split_indices(TARGETS, 7, options())
    assert splits.train.tolist() == [*range(100)]
    assert splits.validation.tolist() == []
    assert splits.test.tolist() == [*range(7)]


def test_the_last_examples_validate_in_stored_order() -> None:
    splits = split_indices(TARGETS, 7, options(validation="last:30"))
    assert splits.train.tolist() == [*range(70)]
    assert splits.validation.tolist() == [*range(70, 100)]


def test_a_random_split_is_stratified_disjoint_and_decided_by_its_seed() -> None:
    splits = split_indices(TARGETS, 7, options(validation="random:40"))
    assert np.bincount(TARGETS[splits.validation]).tolist() == [10, 10, 10, 10]
    assert sorted([*splits.train, *splits.validation]) == [*range(100)]
    again = split_indices(TARGETS, 7, options(validation="random:40"))
    other = split_indices(TARGETS, 7, options(validation="random:40", split_seed=1))
    assert np.array_equal(again.validation, splits.validation)
    assert not np.array_equal(other.validation, splits.validation)


def test_strata_are_rounded_by_largest_remainder() -> None:
    targets = np.repeat(np.arange(3), [50, 30, 20])
    chosen = stratified(targets, 11, 0, "x")
    # Shares 5.5, 3.3, 2.2: the largest remainder gets the one that is left.
    assert np.bincount(targets[chosen]).tolist() == [6, 3, 2]
    assert len(set(chosen)) == 11


def test_values_are_split_without_strata() -> None:
    values = np.linspace(0, 1, 50, dtype=np.float32)[:, None]
    assert len(split_indices(values, 5, options(validation="random:10")).validation) == 10
    assert len(split_indices(values, 5, options(validation="last:10")).validation) == 10


@pytest.mark.parametrize("order", [1, -1])
def test_the_last_of_class_sorted_examples_are_refused_with_a_way_out(order: int) -> None:
    with pytest.raises(InvalidInputError, match=r"class by class.*use 'random:10'"):
        split_indices(np.sort(TARGETS)[::order], 7, options(validation="last:10"))
    split_indices(np.sort(TARGETS), 7, options(validation="random:10"))


@pytest.mark.parametrize("validation", ["last:100", "random:101"])
def test_more_validation_than_there_is_is_refused(validation: str) -> None:
    with pytest.raises(InvalidInputError, match=r"has 100 training examples, so at most 99"):
        split_indices(TARGETS, 7, options(validation=validation))


def test_limits_choose_from_what_the_split_left() -> None:
    chosen = options(validation="last:30", train_limit=20, test_limit=3)
    splits = split_indices(TARGETS, 7, chosen)
    assert len(splits.train) == 20
    assert max(splits.train) < 70
    assert splits.train.tolist() == sorted(splits.train)
    assert splits.train.tolist() != [*range(20)]
    assert len(splits.validation) == 30
    assert len(splits.test) == 3
    assert len(split_indices(TARGETS, 7, options(train_limit=1000)).train) == 100
