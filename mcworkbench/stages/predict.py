"""Score networks that exist as members of an ensemble: one network, or points of a path.

One pass over the test set per network, stored for every ensemble it is ever put into.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mcworkbench.config.options.ensemble import PredictOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.ensembles.store import MemberStore
from mcworkbench.models.product import (
    load_network,
    model_options,
    open_flat,
    read_model_document,
    require_kind,
)
from mcworkbench.paths.path import open_path
from mcworkbench.runs.events import Progress
from mcworkbench.stages.curve import check_fits
from mcworkbench.stages.gathering import gather
from mcworkbench.stages.refreshing import refresher
from mcworkbench.stages.scoring import NetworkScorer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish the predictions; returns the scores of the network, or of the path's ensemble."""
    options = workspace.options
    assert isinstance(options, PredictOptions)
    is_path = workspace.has_input("path")
    folder = workspace.input("path" if is_path else "network")
    require_kind(folder, "path" if is_path else "network", "[ensemble]")
    document = read_model_document(folder)
    dataset = open_dataset(workspace.input("dataset")).for_model(model_options(document))
    check_fits(dataset, document, "path" if is_path else "network")
    flat = open_flat(folder, device=workspace.device)
    scorer = NetworkScorer(
        dataset,
        flat,
        workspace,
        batch_size=options.batch_size,
        precision=options.precision,
        channels_last=options.channels_last,
    )
    placer = refresher(
        workspace,
        dataset,
        flat,
        options,
        precision=options.precision,
        channels_last=options.channels_last,
    )
    ts = options.positions if is_path else (0.0,)
    path = open_path(folder, flat.layout).to(workspace.device) if is_path else None
    if path is None:
        load_network(flat, folder, where="[ensemble]")
    store = MemberStore(
        workspace,
        scorer.averages,
        scorer.answers("test"),
        total=len(ts),
        start_D=None if path is None else path.at(0.0),
        vector_of=None if path is None else lambda row: path.at(ts[row.index - 1]),
    )

    def add(index: int) -> Iterator[Event]:
        t = ts[index - 1] if path is not None else None
        if path is not None and t is not None:
            placer.place(path, t)
        elif options.refresh:
            placer.refresh()
        _, outputs_N = scorer.outputs("test")
        name = f"t={t:g}" if t is not None else options.label or "network"
        with torch.no_grad():
            params_D = flat.params if t is not None else None
            yield from store.add(name, outputs_N, t=t, params_D=params_D)
        yield Progress("scoring", index, len(ts), "networks", index)

    yield from gather(workspace, store, len(ts), add)
    return store.headline()
