"""What an ensemble of other members would score, computed from stored predictions.

Pure numpy, no Textual. Reads files, so the interface calls it off its own thread; the numbers
are made by the functions that the engine scores ensembles with, so both show the same digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, final

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.ensemble_scores import Averages, mean_of, scores
from mcworkbench.runs.members import named, read_predictions, read_targets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mcworkbench.runs.ensemble_scores import Array

# More numbers than that, N × C, would fill the memory of a login node.
_MOST = 20_000_000


@final
@dataclass(frozen=True, slots=True)
class Predictions:
    """What is stored of the networks of an ensemble.

    Attributes:
        averages: what the ensemble is the mean of.
        split: which examples were scored.
        places: of every network, by index, the folder and the number of its predictions.
        apart: how differently two networks predict, by both their indices.
        stamp: changes whenever what is stored does.
    """

    averages: Averages
    split: str
    places: dict[int, tuple[Path, int]]
    apart: dict[int, dict[int, float]]
    stamp: object

    def apartness(self, index: int, others: Iterable[int]) -> float:
        """Return how differently a network predicts from the others, on average; NaN if unknown."""
        known = self.apart.get(index, {})
        found = [known[other] for other in others if other in known and other != index]
        return math.fsum(found) / len(found) if found else math.nan


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What an ensemble scores, and what one network more or less would change.

    Attributes:
        chosen: indices of the networks it is made of.
        values: its scores by "<split>_<metric>"; empty where nothing is chosen.
        toggled: for every index, the scores with this network out, or in where it is not.
        num_examples: of the split.
        problem: why there are no numbers, one sentence, or ''.
    """

    chosen: frozenset[int]
    values: dict[str, float] = field(default_factory=dict[str, float])
    toggled: dict[int, dict[str, float]] = field(default_factory=dict[int, dict[str, float]])
    num_examples: int = 0
    problem: str = ""


def what_if(stored: Predictions, chosen: Collection[int]) -> Answer:
    """Return what the ensemble of these networks scores; those that are not stored are left out."""
    taken = frozenset(index for index in stored.places if index in chosen)
    try:
        return _answer(stored, taken)
    except WorkbenchError as error:
        return Answer(taken, problem=str(error))
    except (ValueError, IndexError, TypeError, OSError):
        # Files of odd shapes: damaged, or another program's.
        return Answer(taken, problem="the stored predictions do not fit together")


def _answer(stored: Predictions, taken: frozenset[int]) -> Answer:
    outputs = {index: read_predictions(*place) for index, place in stored.places.items()}
    if any(one.size > _MOST for one in outputs.values()):
        return Answer(taken, problem=f"a network has more than {_MOST:,} predictions")
    if not outputs:
        return Answer(taken, problem="no predictions are stored yet")
    targets = read_targets(next(iter(stored.places.values()))[0])
    count = len(taken)
    # In the order of the engine, lest rounding decides a tie another way.
    mean = mean_of(outputs[index] for index in sorted(taken)) if taken else None

    def scored(average: Array) -> dict[str, float]:
        return named(stored.split, scores(stored.averages, average, targets))

    toggled: dict[int, dict[str, float]] = {}
    for index, one in outputs.items():
        if mean is None:
            toggled[index] = scored(mean_of([one]))
        elif index not in taken:
            toggled[index] = scored((mean * count + one) / (count + 1))
        elif count > 1:
            toggled[index] = scored((mean * count - one) / (count - 1))
    values = scored(mean) if mean is not None else {}
    return Answer(taken, values, toggled, len(targets))


def by_index(
    indices: Sequence[int], matrix: Sequence[Sequence[float]]
) -> dict[int, dict[int, float]]:
    """Return a matrix over networks by the indices of both."""
    return {
        index: dict(zip(indices, line, strict=False))
        for index, line in zip(indices, matrix, strict=False)
    }
