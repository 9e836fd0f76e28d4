"""The members of one stage: scored, compared and published one by one, restored on resume.

Every row's predictions are an artifact as soon as it is captured, and its network a snapshot;
sums are added again from these files when a training resumes, in the same order, so the bits are
those of a training that was not stopped.
Shape letters: D = padded parameters, N = examples.
"""

from __future__ import annotations

import io
import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mcworkbench.ensembles.distances import Comparison, cosine, distance
from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import canonical_json, finite_or_null
from mcworkbench.params.store import read_tensors
from mcworkbench.params.vectors import vector_of
from mcworkbench.runs import ensemble_scores
from mcworkbench.runs.events import MemberCaptured
from mcworkbench.runs.members import (
    MEMBERS_FILE,
    START,
    TARGETS_FILE,
    MemberRow,
    Members,
    members_document,
    named,
    parse_row,
    predictions_file,
    snapshot_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch import Tensor

    from mcworkbench.params.layout import Layout
    from mcworkbench.runs.ensemble_scores import Array, Averages
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace

NETWORK_FILE = "network.safetensors"
SPLIT = "test"


@final
class MemberStore:
    """Everything known of the members captured so far.

    Attributes:
        rows: the start, where there is one, then the members.
    """

    def __init__(
        self,
        workspace: Workspace,
        averages: Averages,
        targets: Tensor,
        *,
        total: int,
        start_D: Tensor | None = None,
        vector_of: Callable[[MemberRow], Tensor] | None = None,
    ) -> None:
        """Begin empty.

        Args:
            workspace: where files go.
            averages: what the ensemble is the mean of, as the task says.
            targets: true classes or values of the test split.
            total: how many members there will be.
            start_D: the network that distances "from_start" are measured from; that of row 0.
            vector_of: returns the parameters of a member again when a stage resumes, where
                distances are wanted.
        """
        self.rows: list[MemberRow] = []
        self._workspace = workspace
        self._averages: Averages = averages
        self._targets: Array = targets.cpu().numpy()
        self._total = total
        self._vector_of = vector_of
        self._start_D = None if start_D is None else start_D.detach().to("cpu", copy=True)
        self._outputs: list[Array] = []
        self._sum: Array | None = None
        self._vectors: list[Tensor | None] = []
        self._comparison = Comparison(averages)

    @property
    def members(self) -> list[MemberRow]:
        """The rows that take part in the ensemble."""
        return [row for row in self.rows if row.is_member]

    def has_step(self, step: int) -> bool:
        """Return whether a member was captured after that many steps."""
        return any(row.step == step for row in self.members)

    def add_start(self, outputs_N: Tensor, params_D: Tensor) -> Iterator[Event]:
        """Add the network that training begins from, as row 0."""
        row = MemberRow(START, "start")
        yield from self._add(row, outputs_N.cpu().numpy(), params_D.detach().cpu().clone())

    def add(
        self,
        name: str,
        outputs_N: Tensor,
        *,
        epoch: int = 0,
        step: int = 0,
        t: float | None = None,
        params_D: Tensor | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> Iterator[Event]:
        """Add a member: score it and the ensemble with it, publish it, and tell it.

        Args:
            name: of the member.
            outputs_N: its test outputs, what the ensemble is the mean of.
            epoch: epochs begun when it was captured.
            step: optimiser steps taken.
            t: its position on a path.
            params_D: its parameters, for distances.
            files: its network as files, kept as a snapshot.
        """
        index = len(self.members) + 1
        row = MemberRow(index, name, epoch, step or index, t)
        if files is not None:
            place = snapshot_name(index)
            yield self._workspace.save_snapshot(place, epoch, row.step, files, ("member",))
        vector_D = None if params_D is None else params_D.detach().to("cpu", copy=True)
        yield from self._add(row, outputs_N.cpu().numpy(), vector_D)

    def _add(self, row: MemberRow, outputs: Array, vector_D: Tensor | None) -> Iterator[Event]:
        outputs = np.ascontiguousarray(outputs, dtype=np.float32)
        if not self.rows:
            yield self._save_array(TARGETS_FILE, self._targets)
        yield self._save_array(predictions_file(row.index), outputs)
        distances = self._distances(vector_D) if row.is_member else {}
        self._remember(row.is_member, outputs, vector_D)
        values = self._scores(outputs)
        ensemble: dict[str, float] = {}
        if row.is_member:
            assert self._sum is not None
            ensemble = self._scores(self._sum / row.index)
        event = MemberCaptured(
            row.index,
            self._total,
            row.name,
            row.epoch,
            row.step,
            values,
            ensemble,
            distances,
            row.t,
        )
        full = replace(row, values=values, ensemble=ensemble, distances=distances)
        self.rows.append(full)
        self._comparison.add(self._outputs, self._vectors)
        document = finite_or_null(members_document(self._summary()))
        yield self._workspace.save_artifact(MEMBERS_FILE, canonical_json(document), "members")
        yield event

    def _remember(self, is_member: bool, outputs: Array, vector_D: Tensor | None) -> None:  # noqa: FBT001
        self._outputs.append(outputs)
        self._vectors.append(vector_D)
        if is_member:
            wide = outputs.astype(np.float64)
            self._sum = wide if self._sum is None else self._sum + wide

    def _scores(self, outputs: Array) -> dict[str, float]:
        return named(SPLIT, ensemble_scores.scores(self._averages, outputs, self._targets))

    def _save_array(self, name: str, values: Array) -> Event:
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=False)
        return self._workspace.save_artifact(name, buffer.getvalue(), "predictions")

    def _distances(self, vector_D: Tensor | None) -> dict[str, float]:
        if vector_D is None:
            return {}
        found: dict[str, float] = {}
        if self._start_D is not None:
            found["from_start"] = distance(vector_D, self._start_D)
        last_D = self._vectors[-1] if self._vectors else None
        if last_D is not None:
            found["to_last"] = distance(vector_D, last_D)
            found["cosine_to_last"] = cosine(vector_D, last_D)
        return found

    def _summary(self) -> Members:
        chosen = [place for place, row in enumerate(self.rows) if row.is_member]
        outputs = [self._outputs[place] for place in chosen]
        left = ensemble_scores.without_each(self._averages, outputs, self._targets)
        without: list[dict[str, float]] = [{} for _ in self.rows]
        for place, values in zip(chosen, left, strict=True):
            without[place] = named(SPLIT, values)
        bins: dict[str, list[float]] = {}
        if self._averages == "probabilities" and chosen:
            assert self._sum is not None
            bins = ensemble_scores.reliability(self._sum / len(chosen), self._targets)
        return Members(
            averages=self._averages,
            split=SPLIT,
            total=self._total,
            rows=tuple(self.rows),
            pairwise=self._comparison.matrices,
            without=tuple(without),
            reliability=bins,
        )

    def headline(self) -> dict[str, float]:
        """Return what a stage is known by: the ensemble's scores, the members' mean and best."""
        last = self.rows[-1]
        found = {f"ensemble_{name}": value for name, value in last.ensemble.items()}
        members = self.members
        for name in last.values:
            if name.endswith(("error", "nll", "rmse")):
                own = [row.values[name] for row in members]
                found |= {f"member_{name}_mean": math.fsum(own) / len(own)}
                found |= {f"member_{name}_min": min(own)}
        return {**found, "num_members": len(members)}

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint must hold; predictions and networks are files already."""
        rows = [finite_or_null(asdict(row)) for row in self.rows]
        return {"rows": rows, "pairwise": finite_or_null(self._comparison.matrices)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore what `state` returned, and read predictions and networks back.

        Raises:
            WorkbenchError: one of their files is gone or damaged.
        """
        for document in state["rows"]:
            row = parse_row(document)
            outputs = self._read_outputs(row.index)
            self._remember(row.is_member, outputs, self._read_vector(row))
            self.rows.append(row)
        self._comparison.matrices = {
            name: [[math.nan if value is None else value for value in line] for line in matrix]
            for name, matrix in state["pairwise"].items()
        }

    def _read_outputs(self, index: int) -> Array:
        path = self._workspace.artifact(predictions_file(index))
        try:
            if path is not None:
                return np.load(path, allow_pickle=False)
        except (OSError, ValueError):
            pass
        raise _lost(f"the predictions of row {index}")

    def _read_vector(self, row: MemberRow) -> Tensor | None:
        if self._vector_of is None:
            return None
        return self._vector_of(row).detach().cpu() if row.is_member else self._start_D


def kept_vector(workspace: Workspace, row: MemberRow, layout: Layout) -> Tensor:
    """Return the parameters of a member from the snapshot that it was kept as.

    Raises:
        WorkbenchError: it is gone or damaged.
    """
    folder = workspace.snapshot(snapshot_name(row.index))
    if folder is None:
        raise _lost(f"the network of member {row.index}")
    return vector_of(read_tensors(folder / NETWORK_FILE), layout)


def _lost(what: str) -> WorkbenchError:
    return WorkbenchError(
        f"{what}, which this training captured before it was stopped, cannot be read; run the "
        "preset with --fresh."
    )
