"""Runs in a notebook: `mcworkbench.open(ID)` gives tables and the networks along a path.

The engine is imported only when a network is asked for; tables need no torch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, final

from mcworkbench.errors import InvalidInputError, unknown_name
from mcworkbench.folders import read_json
from mcworkbench.runs.index import find_run
from mcworkbench.runs.products import check_product
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from mcworkbench.config.options.evaluate import EvaluateOptions
    from mcworkbench.runs.members import Members


@final
class Run:
    """One run: what it made, as tables and modules."""

    def __init__(self, run_id: str) -> None:
        document = RunFolder(run_id).document()
        if document is None:
            raise InvalidInputError(f"run {run_id}: its run.json is missing or damaged.")
        self.id = run_id
        self.name = document.name
        self.kind = document.kind
        self.nodes: dict[str, str] = {name: node.key for name, node in document.nodes.items()}
        self._document = document

    def __repr__(self) -> str:
        """Return the run's name, id and nodes."""
        return f"<Run {self.name} {self.id}: {', '.join(self.nodes)}>"

    @classmethod
    def find(cls, reference: str) -> Run:
        """Return the run of an id, a unique id prefix, a name (the newest) or 'last'."""
        return cls(find_run(reference))

    def artifacts(self, node: str) -> Path:
        """Return the folder of a node's finished files.

        Raises:
            InvalidInputError: there is no such node, or it has not finished.
            WorkbenchError: a file is not what it was when it was published.
        """
        if node not in self.nodes:
            raise unknown_name(f"node of run {self.id}", node, self.nodes)
        folder = StageFolder(self.nodes[node])
        if not folder.is_finished():
            raise InvalidInputError(f"{self.id}/{node} has not finished; `mcworkbench resume` it.")
        check_product(folder, self.id, f"{self.id}/{node}")
        return folder.artifacts

    def table(self, node: str | None = None) -> list[dict[str, Any]]:
        """Return one row per evaluated point, ready for `pandas.DataFrame(rows)`.

        Every row has path (the node's name), t, dl and each statistic: fractions and nats.

        Args:
            node: an evaluate node, e.g. 'evaluate-curve'; absent: all that have finished.
        """
        names = [node] if node else [name for name in self.nodes if name.startswith("evaluate-")]
        rows: list[dict[str, Any]] = []
        for name in names:
            if node is None and StageFolder(self.nodes[name]).result() is None:
                continue
            table = read_json(self.artifacts(name) / "table.json")
            if not isinstance(table, dict):
                raise self._other_kind(name, "table", {"evaluate"})
            columns: dict[str, list[float | None]] = table["columns"]
            for place, t in enumerate(table["ts"]):
                row: dict[str, Any] = {"path": name.removeprefix("evaluate-"), "t": t}
                row["dl"] = table["dl"][place]
                for column, values in columns.items():
                    value = values[place]
                    row[column] = math.nan if value is None else value
                rows.append(row)
        return rows

    def path(self, node: str = "curve", *, device: str = "cpu") -> PathInWeights:
        """Return a finished path, e.g. 'curve' or 'line', ready to give networks."""
        folder = self.artifacts(node)
        if not (folder / "path.json").is_file():
            raise self._other_kind(node, "path", {"line", "chain", "curve"})
        return PathInWeights(folder, self.artifacts("dataset"), self._evaluation(node), device)

    def _evaluation(self, node: str) -> EvaluateOptions:
        """Return how the run scores a path, so that its networks are those of the table."""
        from mcworkbench.config.options.evaluate import EvaluateOptions

        key = self.nodes.get(f"evaluate-{node}")
        options = StageFolder(key).document().get("options", {}) if key else {}
        return EvaluateOptions.model_validate(options)

    def members(self, node: str) -> StoredMembers:
        """Return the members of an ensemble, e.g. 'fge-1': scores, predictions, what-ifs."""
        from mcworkbench.runs.members import read_members

        folder = self.artifacts(node)
        members = read_members(folder)
        if members is None:
            kinds = {"fge", "snapshot", "swag", "predict"}
            raise self._other_kind(node, "stage with members", kinds)
        return StoredMembers(folder, members)

    def network(self, node: str, *, device: str = "cpu") -> nn.Module:
        """Return a finished network with its own batch-norm statistics, in evaluation mode.

        Args:
            node: of a network, e.g. 'endpoint-1' or 'swa-1', or a member, 'fge-1@member-2'.
            device: where it goes.
        """
        from mcworkbench.models.product import load_network, open_flat

        name, _, member = node.partition("@")
        folder = self.artifacts(name)
        if member:
            folder = self._member(name, member)
        if not (folder / "network.safetensors").is_file():
            raise self._other_kind(node, "network", {"endpoint"})
        flat = open_flat(folder, device=device)
        load_network(flat, folder, where=f"{self.id}/{node}")
        return flat.module.eval()

    def _member(self, node: str, member: str) -> Path:
        from mcworkbench.runs.names import check_file_name
        from mcworkbench.runs.products import snapshot_problem

        stage = StageFolder(self.nodes[node])
        problem = snapshot_problem(stage, check_file_name(member))
        if problem is not None:
            raise InvalidInputError(
                f"{self.id}/{node} has no network '@{clean_line(member)}' ({problem}); members are "
                "member-1, member-2, …"
            )
        return stage.snapshots / member

    def _other_kind(self, node: str, wanted: str, kinds: set[str]) -> InvalidInputError:
        fitting = [name for name, known in self._document.nodes.items() if known.kind in kinds]
        return InvalidInputError(
            f"{self.id}/{node} is not a {wanted}; try one of {', '.join(fitting) or 'another run'}."
        )


@final
class StoredMembers:
    """The members of an ensemble: any choice of them is scored from stored predictions.

    Attributes:
        rows: one per network: index (0 is the start, no member), name, values, ensemble, distances.
        pairwise: disagreement, correlation, distance and cosine of every two rows.
    """

    def __init__(self, folder: Path, members: Members) -> None:
        self._folder = folder
        self._members = members
        self.rows = members.rows
        self.pairwise = members.pairwise

    def predictions(self, index: int) -> Any:
        """Return the test predictions of one row, a read-only numpy array (N, …)."""
        from mcworkbench.runs.members import read_predictions

        return read_predictions(self._folder, index)

    @property
    def targets(self) -> Any:
        """Return the true classes or values, a read-only numpy array (N, …)."""
        from mcworkbench.runs.members import read_targets

        return read_targets(self._folder)

    def what_if(self, *indices: int) -> dict[str, float]:
        """Return the scores of the ensemble of these rows: fractions and nats."""
        from mcworkbench.runs.members import what_if

        return what_if(self._folder, self._members, indices)


@final
class PathInWeights:
    """A path between networks; `at(t)` gives the network there."""

    def __init__(
        self, folder: Path, dataset_folder: Path, evaluation: EvaluateOptions, device: str
    ) -> None:
        from mcworkbench.models.product import open_flat
        from mcworkbench.paths.path import open_path

        self._folder = folder
        self._dataset_folder = dataset_folder
        self._evaluation = evaluation
        self._device = device
        self._path = open_path(folder, open_flat(folder, device="cpu").layout)
        self.num_nodes: int = self._path.curve.num_nodes

    def vector(self, t: float) -> Tensor:
        """Return the parameters at t as one vector without padding, shape (P,)."""
        from mcworkbench.params.vectors import unpadded

        return unpadded(self._path.at(t), self._path.layout)

    def at(self, t: float, *, bn_examples: int | None = None) -> nn.Module:
        """Return the network at t in evaluation mode, its batch norm refreshed on training data.

        It is the network that the run's table scores at t: the refresh sees the same examples.

        Args:
            t: position in [0, 1].
            bn_examples: training examples of the refresh, 0 is all; absent: as the run did.

        Raises:
            InvalidInputError: t lies outside [0, 1].
        """
        if not 0 <= t <= 1:
            raise InvalidInputError(f"t = {t:g} lies outside [0, 1].")
        from mcworkbench.data.dataset import open_dataset
        from mcworkbench.models.product import model_options, open_flat, read_model_document
        from mcworkbench.params.batch_norm import has_batch_norm
        from mcworkbench.training.points import evaluation_placer

        flat = open_flat(self._folder, device=self._device)
        self._path.to(self._device).at(t, out=flat.params)
        if has_batch_norm(flat.module):
            model = model_options(read_model_document(self._folder))
            dataset = open_dataset(self._dataset_folder).for_model(model)
            placer = evaluation_placer(
                flat, dataset, self._evaluation, device=self._device, examples=bn_examples
            )
            placer.refresh()
        return flat.module.eval()
