"""Turn the code of one autoencoder into another's, without changing what it computes.

The last layer of the encoder and the first of the decoder are multiplied by a rotation (or a
signed permutation) and its inverse; the straight line to the result is another line.
Shape letters: N = examples, Z = numbers of a code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from mcworkbench.config.options.pictures import AlignCodeOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.errors import InvalidInputError
from mcworkbench.metrics.codes import code_distance, procrustes, signed_permutation
from mcworkbench.models.autoencoder import AbstractAutoencoder
from mcworkbench.models.product import (
    load_network,
    model_options,
    network_files,
    open_flat,
    read_model_document,
    require_kind,
)
from mcworkbench.params.layout import Layout
from mcworkbench.runs.events import Noted, Progress
from mcworkbench.runs.workspace import Stopped
from mcworkbench.training.evaluation import Interrupted, interruptible

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from torch import Tensor

    from mcworkbench.data.resident import Split
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace

CODE_BATCH = 1024


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish the last network with its code turned; returns how near the codes then are."""
    options = workspace.options
    assert isinstance(options, AlignCodeOptions)
    first, last = workspace.input("first"), workspace.input("last")
    for folder in (first, last):
        require_kind(folder, "network", "[latent] align")
    documents = [read_model_document(folder) for folder in (first, last)]
    layouts = [Layout.from_json(document["layout"]) for document in documents]
    layouts[0].check_same(layouts[1], "[latent] align")
    dataset = open_dataset(workspace.input("dataset")).for_model(model_options(documents[1]))
    split = dataset.split("train", workspace.device, options.examples, options.seed)
    between = interruptible(workspace)
    flat = open_flat(last, device=workspace.device)
    try:
        target_NZ = _codes(flat, first, split, between)
        source_NZ = _codes(flat, last, split, between)
    except Interrupted:
        raise Stopped(0) from None
    module = autoencoder_of(flat)
    method = procrustes if options.method == "procrustes" else signed_permutation
    if options.method == "procrustes" and module.code_kind != "linear":
        raise InvalidInputError(
            "[latent] align = 'procrustes': a rotation changes what a network with an activation "
            "on its code computes; use 'permutation' or 'auto'."
        )
    matrix_ZZ, shift_Z = method(source_NZ, target_NZ)
    turn_code(module, matrix_ZZ, shift_Z)
    yield Progress("aligning", 1, 1, "networks")
    gaps = [
        code_distance(source_NZ, target_NZ),
        code_distance(source_NZ.double() @ matrix_ZZ.T + shift_Z, target_NZ),
    ]
    yield Noted(f"distance of the codes, as a share of their spread: {gaps[0]:.3f} → {gaps[1]:.3f}")
    for name, content in network_files(flat, documents[1]).items():
        yield workspace.save_artifact(name, content, "network")
    return {"code_distance_before": gaps[0], "code_distance": gaps[1]}


def autoencoder_of(flat: FlatModule) -> AbstractAutoencoder:
    """Return the module of a network that has a code.

    Raises:
        InvalidInputError: it is no autoencoder.
    """
    module = flat.module
    if not isinstance(module, AbstractAutoencoder):
        raise InvalidInputError("[latent]: the networks of this run are no autoencoders.")
    return module


@torch.no_grad()
def codes_of(module: AbstractAutoencoder, split: Split, between: Callable[[], None]) -> Tensor:
    """Return the codes of a split's images in stored order, (N, Z)."""
    module.eval()
    codes: list[Tensor] = []
    for inputs_B, _ in split.batches(CODE_BATCH):
        between()
        codes.append(module.encode(inputs_B).float())
    return torch.cat(codes)


def _codes(flat: FlatModule, folder: Path, split: Split, between: Callable[[], None]) -> Tensor:
    load_network(flat, folder, where="[latent] align")
    return codes_of(autoencoder_of(flat), split, between)


@torch.no_grad()
def turn_code(module: AbstractAutoencoder, matrix_ZZ: Tensor, shift_Z: Tensor) -> None:
    """Replace the code z by M·z + c, for orthogonal M, and read it so that nothing changes."""
    writes, reads = module.get_submodule(module.code_out), module.get_submodule(module.code_in)
    assert isinstance(writes, nn.Linear)
    assert isinstance(reads, nn.Linear)
    weight, bias = writes.weight.double(), writes.bias.double()
    writes.weight.copy_(matrix_ZZ @ weight)
    writes.bias.copy_(matrix_ZZ @ bias + shift_Z)
    back = reads.weight.double() @ matrix_ZZ.T
    reads.weight.copy_(back)
    reads.bias.copy_(reads.bias.double() - back @ shift_Z)
