"""A network as files: its values by name, and what is needed to build its module again.

The one place that knows the network product: stages write it, curves and the library read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import torch
from pydantic import Field, TypeAdapter

from mcworkbench.config.options.model import AnyModelOptions
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.folders import canonical_json, read_json
from mcworkbench.models import build_model
from mcworkbench.params.flat import FlatModule
from mcworkbench.params.store import network_bytes, read_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from mcworkbench.params.layout import Layout

NETWORK_FILE = "network.safetensors"
MODEL_FILE = "model.json"
PATH_FILE = "path.json"
OPTIMIZER_FILE = "optimizer.safetensors"
_MODEL_OPTIONS: TypeAdapter[AnyModelOptions] = TypeAdapter(
    Annotated[AnyModelOptions, Field(discriminator="name")]
)


def build_flat(
    options: AnyModelOptions,
    input_shape: Sequence[int],
    num_outputs: int,
    *,
    seed: int,
    device: str,
) -> FlatModule:
    """Return a freshly initialised network on `device`, its parameters in one vector."""
    module = build_model(options, tuple(input_shape), num_outputs, seed)
    return FlatModule(module.to(device))


def model_document(
    options: AnyModelOptions, input_shape: Sequence[int], num_outputs: int, layout: Layout
) -> dict[str, Any]:
    """Return model.json: everything that `open_flat` needs beside the values."""
    return {
        "options": options.model_dump(mode="json"),
        "input_shape": list(input_shape),
        "num_outputs": num_outputs,
        "layout": layout.to_json(),
    }


def network_files(flat: FlatModule, document: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of a network product: parameters and buffers by name, model.json."""
    named = {**flat.named_params(), **flat.buffers()}
    return {NETWORK_FILE: network_bytes(named), MODEL_FILE: canonical_json(document)}


def read_model_document(folder: Path) -> dict[str, Any]:
    """Return model.json of a product folder.

    Raises:
        WorkbenchError: it is missing or damaged.
    """
    document = read_json(folder / MODEL_FILE)
    if not isinstance(document, dict):
        raise WorkbenchError(f"{MODEL_FILE} of an input is missing or damaged; run it again.")
    return document


def require_kind(folder: Path, product: str, where: str) -> None:
    """Pass when a folder holds a 'network' or a 'path', as `product` says.

    Only reading a file tells which of the two it is, so a plan cannot.

    Raises:
        InvalidInputError: it holds the other one.
    """
    holds_path = (folder / PATH_FILE).is_file()
    if holds_path == (product == "path"):
        return
    held, advice = (
        ("a curve", "[path] use or [curve] from")
        if holds_path
        else (
            "a network",
            "[ends] use or [train] from",
        )
    )
    raise InvalidInputError(f"{where}: it holds {held}, not a {product}; name it in {advice}.")


def open_flat(folder: Path, *, device: str) -> FlatModule:
    """Return an uninitialised module of the product's network; values still have to be loaded."""
    document = read_model_document(folder)
    return build_flat(
        model_options(document),
        document["input_shape"],
        document["num_outputs"],
        seed=0,
        device=device,
    )


def model_options(document: Mapping[str, Any]) -> AnyModelOptions:
    """Return the [model] section that a model.json was made with."""
    return _MODEL_OPTIONS.validate_python(document["options"])


def load_network(flat: FlatModule, folder: Path, *, where: str) -> None:
    """Put the values of a network product into `flat`, buffers too.

    Raises:
        InvalidInputError: it is another network; the sentence names the first difference.
    """
    tensors = read_tensors(folder / NETWORK_FILE)
    load_named(flat, tensors, where=where)


def load_named(flat: FlatModule, tensors: Mapping[str, Tensor], *, where: str) -> None:
    """Put tensors into `flat` by name; every parameter and buffer must be there.

    Raises:
        InvalidInputError: a name is missing or a shape differs.
    """
    views = {**flat.named_params(), **flat.buffers()}
    for name, view in views.items():
        value = tensors.get(name)
        if value is None or value.shape != view.shape:
            found = "is missing" if value is None else f"has shape {tuple(value.shape)}"
            raise InvalidInputError(
                f"{where}: '{name}' {found}, but this network needs {tuple(view.shape)}; "
                "both must be the same [model] on data of the same size."
            )
        with torch.no_grad():
            view.copy_(value)
