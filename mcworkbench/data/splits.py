"""Which examples train, validate and test: fixed by the [data] section alone.

Called by `dataset` and by sources that make their own test set. A run's seed never reaches here.
Shape letters: N = examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
import numpy.typing as npt

from mcworkbench.data.draws import permutation, subset
from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Array

Indices = npt.NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True)
class Splits:
    """Example numbers of each split, increasing; validation counts in the training file."""

    train: Indices
    validation: Indices
    test: Indices


def stratified(targets_N: Array, count: int, seed: int, stream: str) -> Indices:
    """Return `count` example numbers in which every class has its share, increasing.

    Shares are rounded by largest remainder, ties to the lower class. Targets that are not
    classes are drawn without strata.
    """
    num = len(targets_N)
    order = permutation(num, seed, stream)
    if targets_N.dtype.kind != "i":
        return np.sort(order[:count])
    _, members, sizes = np.unique(targets_N, return_inverse=True, return_counts=True)
    quotas = sizes * count // num
    remainders = sizes * count % num
    quotas[np.argsort(-remainders, kind="stable")[: count - quotas.sum()]] += 1
    shuffled = members[order]
    chosen = [order[shuffled == place][:quota] for place, quota in enumerate(quotas)]
    return np.sort(np.concatenate(chosen))


def _is_sorted_by_class(targets_N: Array) -> bool:
    if targets_N.dtype.kind != "i" or len(targets_N) == 0:
        return False
    num_runs = 1 + int(np.count_nonzero(np.diff(targets_N)))
    num_classes = len(np.unique(targets_N))
    return 1 < num_classes == num_runs


def _validation_indices(targets_N: Array, options: DataOptions) -> Indices:
    if options.validation == "none":
        return np.empty(0, dtype=np.int64)
    how, _, amount = options.validation.partition(":")
    num, count = len(targets_N), int(amount)
    where = f"[data] validation = '{options.validation}'"
    if count >= num:
        raise InvalidInputError(
            f"{where}: '{options.name}' has {num} training examples, so at most "
            f"{num - 1} can validate; choose fewer, e.g. '{how}:{max(1, num // 10)}'."
        )
    if how == "random":
        return stratified(targets_N, count, options.split_seed, "validation")
    if _is_sorted_by_class(targets_N):
        raise InvalidInputError(
            f"{where}: the examples of '{options.name}' are stored class by class, so the last "
            f"{count} would be of one kind; use 'random:{count}'."
        )
    return np.arange(num - count, num)


def of_classes(
    targets_N: Array, classes: tuple[int, ...], share: float, seed: int
) -> npt.NDArray[np.bool_]:
    """Return which examples a half by label keeps, bool (N,).

    Every class is put into a seeded order. A listed class gives the first `share` of it, another
    one the last 1 - `share`: so halves of complementary classes share no example and leave none
    out (Git Re-Basin's split data, arXiv:2209.04836, section 5.4, has a share of 0.8).
    """
    rank_N = np.empty(len(targets_N), dtype=np.int64)
    rank_N[permutation(len(targets_N), seed, "halves")] = np.arange(len(targets_N))
    kept = np.zeros(len(targets_N), dtype=np.bool_)
    for label in np.unique(targets_N):
        members = np.flatnonzero(targets_N == label)
        members = members[np.argsort(rank_N[members])]
        is_listed = int(label) in classes
        place = round(share * len(members))
        kept[members[:place] if is_listed else members[place:]] = True
    return kept


def _check_classes(targets_N: Array, options: DataOptions) -> None:
    if targets_N.dtype.kind != "i":
        raise InvalidInputError(
            f"[data] train_classes: '{options.name}' has values, not classes; leave it out."
        )
    known = np.unique(targets_N)
    strange = [label for label in options.train_classes if label not in known]
    if strange:
        raise InvalidInputError(
            f"[data] train_classes: '{options.name}' has no class {strange[0]}; its classes are "
            f"{known[0]} to {known[-1]}."
        )


def split_indices(targets_N: Array, num_test: int, options: DataOptions) -> Splits:
    """Return which stored examples belong to each split.

    Validation examples leave the training split first; limits then choose from what is left, as
    a seeded permutation, and a limit beyond it takes all.

    Args:
        targets_N: targets of the training file, in stored order.
        num_test: examples of the test file.
        options: the [data] section.

    Raises:
        InvalidInputError: more validation examples than there are, the last N of examples that
            are stored class by class, or classes that the data do not have.
    """
    validation = _validation_indices(targets_N, options)
    rest = np.setdiff1d(np.arange(len(targets_N)), validation, assume_unique=True)
    seed = options.split_seed
    if options.train_classes:
        _check_classes(targets_N, options)
        share = options.train_classes_share
        rest = rest[of_classes(targets_N[rest], options.train_classes, share, seed)]
    train = rest[subset(len(rest), options.train_limit, seed, "train-limit")]
    return Splits(train, validation, subset(num_test, options.test_limit, seed, "test-limit"))
