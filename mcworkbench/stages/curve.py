"""Train the free nodes of a curve between two networks, or train a stored curve on.

The ends stay as they are unless told otherwise. Loss along t on a fixed training subset is
probed after epochs and leaves no trace in the training.
Shape letters: D = padded parameters, K = nodes, F = free nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import canonical_json
from mcworkbench.models import build_model
from mcworkbench.models.product import (
    MODEL_FILE,
    OPTIMIZER_FILE,
    model_options,
    open_flat,
    read_model_document,
)
from mcworkbench.params.flat import FlatModule
from mcworkbench.params.store import network_bytes
from mcworkbench.paths.curve import make_curve
from mcworkbench.paths.path import NodePath, open_path, path_files
from mcworkbench.stages.line import join_networks
from mcworkbench.stages.splits import active_task
from mcworkbench.training.loop import Job, Trainer
from mcworkbench.training.optimizers import optimizer_tensors
from mcworkbench.training.probes import PROBE_SEED, CurveProbe
from mcworkbench.training.subjects import CurveSubject

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from typing import Any

    from mcworkbench.data.dataset import Dataset
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Train and publish one curve; returns its best epoch and number of parameters."""
    options = workspace.options
    assert isinstance(options, CurveOptions)
    dataset = open_dataset(workspace.input("dataset"))
    source = workspace.input("start" if workspace.has_input("start") else "first")
    document = read_model_document(source)
    flat = open_flat(source, device=workspace.device)
    check_fits(dataset, document)
    path = _initial_path(workspace, options, flat, document).to(workspace.device)
    first = 1 if options.fix_start else 0
    last = path.curve.num_nodes - (1 if options.fix_end else 0)
    train = dataset.split("train", workspace.device, channels_last=options.channels_last)
    task = active_task(dataset, ece_bins=None)
    subset = dataset.split(
        "train",
        workspace.device,
        options.probe_examples,
        PROBE_SEED,
        channels_last=options.channels_last,
    )
    probe = CurveProbe(path, flat, task, subset, options)

    def product() -> dict[str, bytes]:
        files = path_files(path, {"fix_start": options.fix_start, "fix_end": options.fix_end})
        return {**files, MODEL_FILE: canonical_json(document)}

    trainer = Trainer(
        Job(
            section="curve",
            subject=CurveSubject(flat, path, options, slice(first, last)),
            task=task,
            train=train,
            options=options,
            seeds=options.model_dump(include={"init_seed", "order_seed", "augment_seed"}),
            data=dataset.options,
            observe=probe.observe,
            product=product,
            positions=options.positions,
        ),
        workspace,
    )
    yield from trainer.run()
    files = product()
    files[OPTIMIZER_FILE] = network_bytes(optimizer_tensors(trainer.optimizer))
    for name, content in files.items():
        yield workspace.save_artifact(name, content, "path")
    return {
        **trainer.keeper.summary(),
        "num_nodes": path.curve.num_nodes,
        "num_params": flat.layout.num_params,
    }


def check_fits(dataset: Dataset, document: dict[str, Any]) -> None:
    """Pass when a product's network takes the data set's inputs and gives its outputs.

    Raises:
        InvalidInputError: it was made for inputs or outputs of another shape.
    """
    made_for = (tuple(document["input_shape"]), document["num_outputs"])
    if made_for != (dataset.input_shape, dataset.num_outputs):
        raise InvalidInputError(
            f"[data] name: this path was made for inputs {made_for[0]} and {made_for[1]} outputs, "
            f"but '{dataset.options.name}' has {dataset.input_shape} and {dataset.num_outputs}; "
            "use the data it was trained on, or data of that shape."
        )


def _initial_path(
    workspace: Workspace, options: CurveOptions, flat: FlatModule, document: dict[str, Any]
) -> NodePath:
    if workspace.has_input("start"):
        return _continued(workspace.input("start"), options, flat)
    line = join_networks(workspace.input("first"), workspace.input("last"))
    num_nodes = options.bends + 2
    curve = make_curve(options.name, num_nodes, where="[curve] name")
    nodes_KD = torch.empty(num_nodes, flat.layout.size)
    for place in range(num_nodes):
        share = place / (num_nodes - 1)
        # θ_j = j/(K-1)·θ_{K-1} + (1 - j/(K-1))·θ_0: equally spaced, as the reference begins.
        nodes_KD[place] = share * line.nodes_KD[-1] + (1 - share) * line.nodes_KD[0]
    if options.init == "random":
        for place in range(1, num_nodes - 1):
            nodes_KD[place] = _fresh_node(document, flat, options.init_seed + place)
    return NodePath(curve, options.name, nodes_KD, flat.layout)


def _fresh_node(document: dict[str, Any], flat: FlatModule, seed: int) -> torch.Tensor:
    module = build_model(
        model_options(document), tuple(document["input_shape"]), document["num_outputs"], seed
    )
    fresh = FlatModule(module)
    assert fresh.layout == flat.layout
    return fresh.params


def _continued(folder: Path, options: CurveOptions, flat: FlatModule) -> NodePath:
    path = open_path(folder, flat.layout)
    found = (path.curve_name, path.curve.num_nodes - 2)
    if found != (options.name, options.bends):
        raise InvalidInputError(
            f"[curve] from: that curve is a {found[0]} with bends = {found[1]}, but [curve] says "
            f"{options.name} with bends = {options.bends}; write what it is."
        )
    return path
