"""Paths: functions from t in [0, 1] to a network's vector, and their files.

Called by stages, evaluation and training. A path holds vectors and a layout; it never sees a
module, a batch or a loss, and writes nothing: `path_files` returns bytes.
Shape letters: D = padded elements, P = parameters (no padding), K = nodes.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, cast, final

import torch

from mcworkbench import folders
from mcworkbench.errors import InvalidInputError
from mcworkbench.params import vectors
from mcworkbench.params.layout import Layout
from mcworkbench.params.store import network_bytes, read_tensors
from mcworkbench.paths.curve import make_curve
from mcworkbench.paths.polychain import PolygonalChain
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from mcworkbench.paths.curve import AbstractCurve

_FORMAT = 1
_MIN_NODES = 2
_MAX_NODES = 4096


class AbstractPath(ABC):
    """A function from t in [0, 1] to the parameters of a network.

    Attributes:
        layout: what the coordinates of the vectors mean.
    """

    layout: Layout

    @abstractmethod
    def at(self, t: float, out: Tensor | None = None) -> Tensor:
        """Return the parameters at t, shape (D,).

        Args:
            t: position in [0, 1].
            out: where to write them, e.g. `FlatModule.params`; a new vector when absent.
        """

    @abstractmethod
    def to(self, device: torch.device | str) -> AbstractPath:
        """Return the same path with its vectors on `device`."""

    @abstractmethod
    def description(self) -> dict[str, Any]:
        """Return what tables say of the path, as plain JSON values."""


@final
class NodePath(AbstractPath):
    """A curve through or towards control points, all of them in one matrix.

    Attributes:
        curve: the coefficients.
        curve_name: its name in the catalogue.
        nodes_KD: the control points, first and last are the ends; may be trained in place.
        layout: what the columns mean.
    """

    def __init__(
        self, curve: AbstractCurve, curve_name: str, nodes_KD: Tensor, layout: Layout
    ) -> None:
        assert nodes_KD.shape == (curve.num_nodes, layout.size), "nodes must be (K, D)"
        self.curve = curve
        self.curve_name = curve_name
        self.nodes_KD = nodes_KD
        self.layout = layout

    def coefficients(self, t: float) -> Tensor:
        """Return the weight of each node at t, shape (K,), in the nodes' type and device.

        Worked out in float64 on the CPU, so every device uses the same numbers.
        """
        exact_1K = self.curve.coefficients(torch.tensor([t], dtype=torch.float64))
        return exact_1K[0].to(device=self.nodes_KD.device, dtype=self.nodes_KD.dtype)

    def at(self, t: float, out: Tensor | None = None) -> Tensor:
        """Return the parameters at t, shape (D,), without gradient."""
        with torch.no_grad():
            if out is None:
                out = torch.empty_like(self.nodes_KD[0])
            return torch.mv(self.nodes_KD.T, self.coefficients(t), out=out)

    def to(self, device: torch.device | str) -> NodePath:
        """Return the same path with its nodes on `device`."""
        return NodePath(self.curve, self.curve_name, self.nodes_KD.to(device), self.layout)

    def description(self) -> dict[str, Any]:
        """Return the curve's name in the catalogue and its number of nodes, ends included."""
        return {"curve": self.curve_name, "num_nodes": self.curve.num_nodes}


def line_path(first_D: Tensor, last_D: Tensor, layout: Layout) -> NodePath:
    """Return the straight line between two networks: a chain of 2 nodes."""
    nodes_KD = torch.stack([first_D.detach(), last_D.detach()])
    return NodePath(PolygonalChain(2), "polychain", nodes_KD, layout)


def segment_lengths(path: AbstractPath, ts: Sequence[float]) -> list[float]:
    """Return the distance of each position from the one before; the first is 0.

    Their sum is the length of the path as sampled. Norms are accumulated in float64.
    """
    lengths: list[float] = []
    before: Tensor | None = None
    spare: Tensor | None = None
    for t in ts:
        here = path.at(t, out=spare)
        if before is None:
            lengths.append(0.0)
        else:
            step_D = torch.sub(here, before, out=before)
            lengths.append(float(torch.linalg.vector_norm(step_D, dtype=torch.float64)))
        spare, before = before, here
    return lengths


def path_files(path: NodePath, ends: dict[str, Any]) -> dict[str, bytes]:
    """Return the files of a path by name: path.json and nodes.safetensors.

    Args:
        path: the path.
        ends: what the first and last node are (stage keys, names), as plain JSON values.
    """
    description = {
        "format": _FORMAT,
        "type": "nodes",
        "curve": path.curve_name,
        "num_nodes": path.curve.num_nodes,
        "ends": ends,
        "layout": path.layout.to_json(),
    }
    text = json.dumps(description, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    nodes_KP = vectors.unpadded(path.nodes_KD, path.layout)
    return {
        "path.json": text.encode() + b"\n",
        "nodes.safetensors": network_bytes({"nodes": nodes_KP}),
    }


def open_path(folder: Path, layout: Layout | None = None) -> NodePath:
    """Return the path stored in `folder`, its nodes on the CPU.

    Args:
        folder: holds path.json and nodes.safetensors.
        layout: the network it must fit; the stored layout when absent.

    Raises:
        InvalidInputError: a file is missing or damaged, or the path is of another network.
    """
    where = str(folder / "path.json")
    description = folders.read_json(folder / "path.json")
    if not isinstance(description, dict):
        raise InvalidInputError(
            f"{where}: is missing or damaged; run the stage that makes it again."
        )
    described = cast("dict[str, Any]", description)
    if described.get("format") != _FORMAT or described.get("type") != "nodes":
        raise InvalidInputError(
            f"{where}: is of format {clean_line(str(described.get('format')))}, type "
            f"'{clean_line(str(described.get('type')))}'; this version reads format {_FORMAT}, "
            "type 'nodes'."
        )
    stored = Layout.from_json(described.get("layout"), where)
    if layout is not None:
        layout.check_same(stored, where)
    num_nodes = described.get("num_nodes")
    if not isinstance(num_nodes, int) or not _MIN_NODES <= num_nodes <= _MAX_NODES:
        raise InvalidInputError(
            f"{where}: num_nodes must be a count from {_MIN_NODES} to {_MAX_NODES}."
        )
    curve_name = str(described.get("curve"))
    curve = make_curve(curve_name, num_nodes, where=where)
    nodes_KP = _read_nodes(folder / "nodes.safetensors", (num_nodes, stored.num_params))
    fitting = layout or stored
    return NodePath(curve, curve_name, vectors.padded(nodes_KP, fitting), fitting)


def _read_nodes(path: Path, shape: tuple[int, int]) -> Tensor:
    nodes_KP = read_tensors(path).get("nodes")
    if nodes_KP is None or tuple(nodes_KP.shape) != shape or nodes_KP.dtype != torch.float32:
        found = "nothing" if nodes_KP is None else f"{tuple(nodes_KP.shape)} {nodes_KP.dtype}"
        raise InvalidInputError(
            f"{path}: must hold 'nodes' of shape {shape} torch.float32 but holds {found}; it does "
            "not belong to the path.json beside it."
        )
    return nodes_KP
