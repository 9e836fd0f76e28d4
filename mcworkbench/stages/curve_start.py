"""Where the training of a curve begins: on the line, at random bends, or at a stored curve.

Shape letters: D = padded parameters, K = nodes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import torch

from mcworkbench.errors import InvalidInputError
from mcworkbench.models import build_model
from mcworkbench.models.product import model_options, require_kind
from mcworkbench.params.flat import FlatModule
from mcworkbench.paths.curve import make_curve
from mcworkbench.paths.path import NodePath, open_path
from mcworkbench.stages.line import join_networks

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.config.options.curve import CurveOptions
    from mcworkbench.runs.workspace import Workspace


def initial_path(
    workspace: Workspace, options: CurveOptions, flat: FlatModule, document: dict[str, Any]
) -> NodePath:
    """Return the curve as its training begins, on the CPU.

    Raises:
        InvalidInputError: the curve to go on from is of another kind, joins other networks than
            the ends, or the ends are different networks.
    """
    if workspace.has_input("start"):
        path = _continued(workspace.input("start"), options, flat)
        if workspace.has_input("first"):
            _check_ends(path, workspace.input("first"), workspace.input("last"))
        return path
    line = join_networks([workspace.input("first"), workspace.input("last")])
    num_nodes = options.bends + 2
    curve = make_curve(options.name, num_nodes, where="[curve] name")
    nodes_KD = torch.empty(num_nodes, flat.layout.size)
    for place in range(num_nodes):
        share = place / (num_nodes - 1)
        # θ_j = j/(K-1)·θ_{K-1} + (1 - j/(K-1))·θ_0: equally spaced, as the reference begins.
        nodes_KD[place] = share * line.nodes_KD[-1] + (1 - share) * line.nodes_KD[0]
    if options.init == "random":
        for place in range(1, num_nodes - 1):
            nodes_KD[place] = _fresh_node(document, flat, _bend_seed(options.init_seed, place))
    return NodePath(curve, options.name, nodes_KD, flat.layout)


def _bend_seed(seed: int, place: int) -> int:
    """Return a seed of its own for a bend: never that of an end, as seed + place would be."""
    digest = hashlib.sha256(f"{seed}/bend/{place}".encode()).digest()
    return int.from_bytes(digest[:4], "little") >> 1


def _check_ends(path: NodePath, first: Path, last: Path) -> None:
    line = join_networks([first, last])
    for name, ours_D, theirs_D in (
        ("first", path.nodes_KD[0], line.nodes_KD[0]),
        ("last", path.nodes_KD[-1], line.nodes_KD[-1]),
    ):
        if not torch.equal(ours_D, theirs_D):
            raise InvalidInputError(
                f"[curve] from: that curve's {name} node is not the {name} network of [ends]; "
                "leave [ends] out to go on between its own ends, or name the networks it joins."
            )


def _fresh_node(document: dict[str, Any], flat: FlatModule, seed: int) -> torch.Tensor:
    module = build_model(
        model_options(document), tuple(document["input_shape"]), document["num_outputs"], seed
    )
    fresh = FlatModule(module)
    assert fresh.layout == flat.layout
    return fresh.params


def _continued(folder: Path, options: CurveOptions, flat: FlatModule) -> NodePath:
    require_kind(folder, "path", "[curve] from")
    path = open_path(folder, flat.layout)
    found = (path.curve_name, path.curve.num_nodes - 2)
    if found != (options.name, options.bends):
        raise InvalidInputError(
            f"[curve] from: that curve is a {found[0]} with bends = {found[1]}, but [curve] says "
            f"{options.name} with bends = {options.bends}; write what it is."
        )
    return path
