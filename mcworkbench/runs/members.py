"""The members of an ensemble as files: what was captured, and every network's test predictions.

Written by the engine at every capture, so a reader sees them while training goes on: members.json
(`MEMBERS_FILE`), targets.npy and one predictions-<index>.npy per row (float32; probabilities
(N, C), or values), to be mapped, not read. Whoever reads them needs no torch.
Shape letters: S = rows, N = examples, C = classes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mcworkbench.errors import InvalidInputError
from mcworkbench.runs.documents import integer, line, mapping, number, read_document
from mcworkbench.runs.ensemble_scores import Array, Averages, mean_of, scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

MEMBERS_FILE = "members.json"
TARGETS_FILE = "targets.npy"
FORMAT = 1
START = 0
_PAIRWISE = ("disagreement", "correlation", "distance", "cosine")


def predictions_file(index: int) -> str:
    """Return the name of the predictions of a row."""
    return f"predictions-{index}.npy"


def snapshot_name(index: int) -> str:
    """Return the name of the snapshot that holds a member's parameters and buffers."""
    return f"member-{index}"


@final
@dataclass(frozen=True, slots=True)
class MemberRow:
    """One scored network; the fields of `MemberCaptured`. Index 0 is the start, no member."""

    index: int
    name: str
    epoch: int = 0
    step: int = 0
    t: float | None = None
    values: dict[str, float] = field(default_factory=dict[str, float])
    ensemble: dict[str, float] = field(default_factory=dict[str, float])
    distances: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def is_member(self) -> bool:
        """Whether it takes part in the ensemble."""
        return self.index != START


@final
@dataclass(frozen=True, slots=True)
class Members:
    """What members.json says.

    Attributes:
        averages: what the ensemble is the mean of, "probabilities" or "values".
        split: which examples were scored: "test".
        total: how many members there will be.
        rows: the start, where there is one, then members in the order of capture.
        pairwise: (S, S) matrices over the rows: disagreement and correlation of predictions,
            distance and cosine of parameters, the latter where all were known.
        without: per row, the ensemble's scores without it; empty for the start.
        reliability: count, confidence and accuracy per bin of the ensemble of all members.
    """

    averages: Averages
    split: str
    total: int
    rows: tuple[MemberRow, ...]
    pairwise: dict[str, list[list[float]]] = field(default_factory=dict[str, list[list[float]]])
    without: tuple[dict[str, float], ...] = ()
    reliability: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    @property
    def members(self) -> tuple[MemberRow, ...]:
        """The rows that take part in the ensemble."""
        return tuple(row for row in self.rows if row.is_member)

    @property
    def ensemble(self) -> dict[str, float]:
        """The scores of the ensemble of all members, by "<split>_<metric>"."""
        return dict(self.rows[-1].ensemble) if self.rows else {}


def members_document(members: Members) -> dict[str, Any]:
    """Return members.json; numbers that are not finite still have to be made null."""
    return {"format": FORMAT, **asdict(members)}


def read_members(folder: Path) -> Members | None:
    """Return what a folder of artifacts, or a growing one, holds; None where it is unusable."""
    document = read_document(folder / MEMBERS_FILE)
    averages = document.get("averages")
    listed = document.get("rows")
    if document.get("format") != FORMAT or averages not in ("probabilities", "values"):
        return None
    rows = tuple(parse_row(mapping(row)) for row in listed) if isinstance(listed, list) else ()
    without = document.get("without")
    return Members(
        averages=averages,
        split=line(document.get("split")),
        total=integer(document.get("total")),
        rows=rows,
        pairwise={
            name: matrix
            for name, table in mapping(document.get("pairwise")).items()
            if name in _PAIRWISE and (matrix := _matrix(table, len(rows)))
        },
        without=tuple(_numbers(row) for row in without) if isinstance(without, list) else (),
        reliability={
            line(name): [number(value, np.nan) for value in values]
            for name, values in mapping(document.get("reliability")).items()
            if isinstance(values, list)
        },
    )


def read_predictions(folder: Path, index: int) -> Array:
    """Return a row's predictions as a read-only map of its file, (N, …).

    Raises:
        InvalidInputError: the file is missing or damaged.
    """
    return _map(folder / predictions_file(index))


def read_targets(folder: Path) -> Array:
    """Return the true classes or values of the scored examples, (N, …).

    Raises:
        InvalidInputError: the file is missing or damaged.
    """
    return _map(folder / TARGETS_FILE)


def what_if(folder: Path, members: Members, chosen: Iterable[int]) -> dict[str, float]:
    """Return the scores, by "<split>_<metric>", of the ensemble of the rows with these indices.

    Raises:
        InvalidInputError: a file is missing or damaged, or nothing is chosen.
    """
    indices = sorted(set(chosen))
    if not indices:
        raise InvalidInputError("an ensemble needs at least one member; choose one.")
    mean = mean_of(read_predictions(folder, index) for index in indices)
    return named(members.split, scores(members.averages, mean, read_targets(folder)))


def named(split: str, values: Mapping[str, float]) -> dict[str, float]:
    """Return scores by "<split>_<metric>"."""
    return {f"{split}_{name}": value for name, value in values.items()}


def _map(path: Path) -> Array:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"{path.name} of an ensemble is missing or damaged; run the stage that makes it again."
        ) from error


def parse_row(row: Mapping[str, Any]) -> MemberRow:
    """Return a row as it was stored; null is NaN."""
    t = row.get("t")
    return MemberRow(
        index=integer(row.get("index")),
        name=line(row.get("name")),
        epoch=integer(row.get("epoch")),
        step=integer(row.get("step")),
        t=None if t is None else number(t, np.nan),
        values=_numbers(row.get("values")),
        ensemble=_numbers(row.get("ensemble")),
        distances=_numbers(row.get("distances")),
    )


def _numbers(values: Any) -> dict[str, float]:
    return {line(name): number(value, np.nan) for name, value in mapping(values).items()}


def _matrix(table: Any, size: int) -> list[list[float]]:
    rows: Sequence[Any] = table if isinstance(table, list) else []
    if len(rows) != size or any(not isinstance(row, list) or len(row) != size for row in rows):
        return []
    return [[number(value, np.nan) for value in row] for row in rows]
