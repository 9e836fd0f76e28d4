"""Pool the stored members of several runs: every method at every budget, in numpy.

A method's runs are what one budget buys: an FGE run, or one independent network. "2b" pools the
members of two. Pools never mix methods. No torch, so tables and previews are instant.
Shape letters: R = runs of a method, N = examples.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mcworkbench.errors import InvalidInputError
from mcworkbench.runs.ensemble_scores import Array, mean_of, scores
from mcworkbench.runs.members import Members, named, read_members, read_predictions, read_targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.runs.members import MemberRow


@final
@dataclass(frozen=True, slots=True)
class PoolInput:
    """The members of one stage.

    Attributes:
        role: the input of the ensemble stage that they come from.
        method: which pools they may join.
        label: what the stage is called.
        folder: its artifacts.
    """

    role: str
    method: str
    label: str
    folder: Path
    members: Members
    targets: Array

    def outputs(self) -> list[Array]:
        """Return the predictions of every member, mapped."""
        return [read_predictions(self.folder, row.index) for row in self.members.members]

    @property
    def rows(self) -> tuple[MemberRow, ...]:
        """The members, without the start."""
        return self.members.members


def open_input(role: str, method: str, label: str, folder: Path) -> PoolInput:
    """Return the members that a stage published.

    Raises:
        InvalidInputError: they are missing or damaged.
    """
    members = read_members(folder)
    if members is None or not members.members:
        raise InvalidInputError(
            f"{label}: its members are missing or damaged; run the stage that makes them again."
        )
    return PoolInput(role, method, label, folder, members, read_targets(folder))


def check_same_examples(inputs: Sequence[PoolInput]) -> None:
    """Pass where all members predict the same examples.

    Raises:
        InvalidInputError: two were scored on other data, or predict other classes.
    """
    first = inputs[0]
    shape = first.outputs()[0].shape
    for other in inputs[1:]:
        found = other.outputs()[0].shape
        if found != shape:
            raise InvalidInputError(
                f"{other.label} predicts {_size(found)}, but {first.label} {_size(shape)}; members "
                "of one ensemble are scored on the same [data] and give the same outputs."
            )
        if not np.array_equal(first.targets, other.targets):
            raise InvalidInputError(
                f"{other.label} and {first.label} were scored on different examples; members of "
                "one ensemble need the same [data], its test_limit and split_seed included."
            )


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) + " outputs"


def budgets(inputs: Sequence[PoolInput], max_pools: int) -> list[dict[str, Any]]:
    """Return one record per method and budget, methods in the order given.

    Each holds method, budget (how many runs are pooled), members (how many networks, on average),
    pools (how many choices of runs), first (the scores of the first so many runs), mean and sd of
    every score over the pools; sd is of the sample, left out for a single pool.
    """
    found: list[dict[str, Any]] = []
    for method in dict.fromkeys(one.method for one in inputs):
        runs = [one for one in inputs if one.method == method]
        # One sum per run, so that a pool adds a few arrays and not all members again.
        sums_R = [(mean_of(one.outputs()) * len(one.rows), len(one.rows)) for one in runs]
        for budget in range(1, len(runs) + 1):
            chosen = itertools.islice(itertools.combinations(range(len(runs)), budget), max_pools)
            pools = [_pool(runs[0], [sums_R[place] for place in places]) for places in chosen]
            found.append(_record(method, budget, pools))
    return found


def _pool(one: PoolInput, summed: Sequence[tuple[Array, int]]) -> tuple[dict[str, float], int]:
    count = sum(number for _, number in summed)
    total = summed[0][0].copy()
    for values, _ in summed[1:]:
        total += values
    found = scores(one.members.averages, total / count, one.targets)
    return named(one.members.split, found), count


def _record(
    method: str, budget: int, pools: Sequence[tuple[dict[str, float], int]]
) -> dict[str, Any]:
    columns = {name: [values[name] for values, _ in pools] for name in pools[0][0]}
    mean = {name: math.fsum(values) / len(values) for name, values in columns.items()}
    spread = {
        name: math.sqrt(math.fsum((value - mean[name]) ** 2 for value in values) / (len(pools) - 1))
        for name, values in columns.items()
        if len(pools) > 1
    }
    return {
        "method": method,
        "budget": budget,
        "members": sum(count for _, count in pools) / len(pools),
        "pools": len(pools),
        "first": pools[0][0],
        "mean": mean,
        "sd": spread,
    }
