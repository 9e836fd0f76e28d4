"""Where the training of a network begins: freshly drawn from its seed, or at another network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.models.product import build_flat, load_network, model_document, require_kind

if TYPE_CHECKING:
    from typing import Any

    from mcworkbench.config.options.model import AnyModelOptions
    from mcworkbench.data.dataset import Dataset
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.workspace import Workspace


def starting_network(
    workspace: Workspace, dataset: Dataset, model: AnyModelOptions, seed: int, *, where: str
) -> tuple[FlatModule, dict[str, Any]]:
    """Return the network as it begins, and its model.json.

    Raises:
        InvalidInputError: the input "start" holds a path, or another network; `where` names the
            key of the preset.
    """
    flat = build_flat(
        model, dataset.input_shape, dataset.num_outputs, seed=seed, device=workspace.device
    )
    if workspace.has_input("start"):
        require_kind(workspace.input("start"), "network", where)
        load_network(flat, workspace.input("start"), where=where)
    return flat, model_document(model, dataset.input_shape, dataset.num_outputs, flat.layout)
