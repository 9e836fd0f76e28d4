"""Take in a checkpoint made elsewhere: a network, or a curve in the reference's format.

A network is scored as it is. The file is read in a short-lived child with weights_only; tensors
are matched by name, their shapes checked, and everything that was mapped is noted.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from mcworkbench.config.options.endpoint import ImportOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import canonical_json, file_sha256
from mcworkbench.models.product import (
    MODEL_FILE,
    OPTIMIZER_FILE,
    build_flat,
    load_named,
    model_document,
    network_files,
)
from mcworkbench.params.foreign import read_foreign
from mcworkbench.params.mapping import map_curve, map_network, map_optimizer
from mcworkbench.params.store import network_bytes
from mcworkbench.paths.curve import make_curve
from mcworkbench.paths.path import NodePath, path_files
from mcworkbench.runs.events import Noted, Warned
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages.scoring import NetworkScorer
from mcworkbench.text import clean_line
from mcworkbench.training.evaluation import Interrupted

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import Any

    from mcworkbench.config.options.model import AnyModelOptions
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.params.foreign import Foreign
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish what a file holds; returns a network's scores and the number of parameters."""
    options = workspace.options
    assert isinstance(options, ImportOptions)
    file = Path(options.file)
    if not file.is_file() or file_sha256(file) != options.sha256:
        raise InvalidInputError(
            f"{file.name}: the file is gone or has changed since the run was planned; run it again."
        )
    dataset = open_dataset(workspace.input("dataset")).for_model(options.model)
    flat = build_flat(
        options.model, dataset.input_shape, dataset.num_outputs, seed=0, device=workspace.device
    )
    document = model_document(options.model, dataset.input_shape, dataset.num_outputs, flat.layout)
    foreign = read_foreign(file)
    for caution in (options.model.caution, _unborn(foreign, options.model)):
        if caution:
            yield Warned(caution)
    if foreign.curve is None:
        files, report = _network(foreign, flat, document, with_optimizer=options.with_optimizer)
        kind = "network"
    else:
        files, report = _path(foreign, flat, document)
        kind = "path"
    for line in report:
        yield Noted(line)
    for name, content in files.items():
        yield workspace.save_artifact(name, content, kind)
    summary: dict[str, float] = {"num_params": flat.layout.num_params}
    if kind == "network":
        # What it scores here tells at once whether data and scaling are those it was trained on.
        try:
            scores = NetworkScorer(dataset, flat, workspace).all_scores()
        except Interrupted:
            raise Stopped(0) from None
        summary |= {name: value for name, value in scores.items() if name != "train_loss"}
    if foreign.epoch is not None:
        summary["epoch"] = foreign.epoch
    return summary | ({} if foreign.curve is None else {"num_nodes": foreign.num_nodes})


def _network(
    foreign: Foreign, flat: FlatModule, document: Mapping[str, Any], *, with_optimizer: bool
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    shapes = {name: tuple(buffer.shape) for name, buffer in flat.buffers().items()}
    mapped = map_network(
        foreign.tensors,
        flat.layout,
        shapes,
        is_ordered=foreign.is_ordered,
        where=foreign.source,
    )
    # A checkpoint may lack counters that older torch did not save: ours then stay as built.
    buffers = {**flat.buffers(), **mapped.buffers}
    load_named(flat, {**mapped.params, **buffers}, where=foreign.source)
    files, report = network_files(flat, document), mapped.report
    state = map_optimizer(foreign, flat.layout, shapes) if with_optimizer else {}
    if state:
        files[OPTIMIZER_FILE] = network_bytes(state)
        report = (*report, f"its optimiser's state taken along: {', '.join(state)}")
    return files, report


def _unborn(foreign: Foreign, model: AnyModelOptions) -> str:
    """Return a warning where some batch norms of a file were never run in training, or ''."""
    means = [name for name in foreign.tensors if name.endswith("running_mean")]
    idle = [name for name in means if not bool(foreign.tensors[name].any())]
    if not idle or len(idle) == len(means) or model.caution:
        return ""
    advice = (
        "; VGG16BN and VGG19BN of dnn-mode-connectivity are: set model.wiring = 'reference'"
        if model.family == "vgg"
        else ""
    )
    return (
        f"{len(idle)} of {len(means)} batch norms have the running means they began with, first "
        f"'{clean_line(idle[0])}': the file was trained by code that skips them{advice}"
    )


def _path(
    foreign: Foreign, flat: FlatModule, document: Mapping[str, Any]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    nodes, report = map_curve(foreign, flat.layout)
    nodes_KD = torch.empty(len(nodes), flat.layout.size)
    for place, named in enumerate(nodes):
        load_named(flat, {**flat.buffers(), **named}, where=foreign.source)
        nodes_KD[place] = flat.params
    name = str(foreign.curve)
    curve = make_curve(name, len(nodes), where=foreign.source)
    path = NodePath(curve, name, nodes_KD, flat.layout)
    files = path_files(path, {"first": "imported", "last": "imported"})
    return {**files, MODEL_FILE: canonical_json(document)}, report
