"""The straight segment between two networks, or between the ends of a path: closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mcworkbench.folders import canonical_json
from mcworkbench.models.product import (
    MODEL_FILE,
    load_network,
    open_flat,
    read_model_document,
    require_kind,
)
from mcworkbench.params.layout import Layout
from mcworkbench.paths.curve import make_curve
from mcworkbench.paths.path import NodePath, line_path, open_path, path_files

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish the line; returns its length."""
    if workspace.has_input("path"):
        source = workspace.input("path")
        require_kind(source, "path", "[path] use")
        curve = open_path(source)
        line = line_path(curve.nodes_KD[0], curve.nodes_KD[-1], curve.layout)
    else:
        source = workspace.input("first")
        line = join_networks([source, workspace.input("last")])
    document = read_model_document(source)
    files = path_files(line, {"first": "as given", "last": "as given"})
    files[MODEL_FILE] = canonical_json(document)
    for name, content in files.items():
        yield workspace.save_artifact(name, content, "path")
    length = torch.dist(line.nodes_KD[0].double(), line.nodes_KD[1].double()).item()
    return {"length": length}


def join_networks(sources: Sequence[Path], curve: str = "polychain") -> NodePath:
    """Return the straight way through network products, in their order.

    Args:
        sources: folders of two or more networks.
        curve: the path's name in the catalogue: "polychain", or "segments" for a chain.

    Raises:
        InvalidInputError: they are different networks.
    """
    for folder in sources:
        require_kind(folder, "network", "[ends] use")
    layouts = [Layout.from_json(read_model_document(folder)["layout"]) for folder in sources]
    for layout in layouts[1:]:
        layouts[0].check_same(layout, "[ends]")
    flat = open_flat(sources[0], device="cpu")
    vectors: list[torch.Tensor] = []
    for folder in sources:
        load_network(flat, folder, where="[ends]")
        vectors.append(flat.params.clone())
    return NodePath(make_curve(curve, len(vectors)), curve, torch.stack(vectors), flat.layout)
