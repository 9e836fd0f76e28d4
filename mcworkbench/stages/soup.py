"""Average the parameters of several networks into one: a uniform or a greedy soup.

Batch norm is recomputed for every average that is scored. The greedy one is chosen on the watched
split: validation, or test where there is none, which its events say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mcworkbench.config.options.ensemble import SoupOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.ensembles.soup import greedy_soup
from mcworkbench.models.product import (
    load_network,
    model_options,
    network_files,
    open_flat,
    read_model_document,
    require_kind,
)
from mcworkbench.runs.events import Noted
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages.curve import check_fits
from mcworkbench.stages.judging import stage_tasks, told_loss
from mcworkbench.stages.refreshing import refresher
from mcworkbench.stages.scoring import NetworkScorer, watched_name
from mcworkbench.training.evaluation import Interrupted

if TYPE_CHECKING:
    from collections.abc import Generator

    from torch import Tensor

    from mcworkbench.data.dataset import SplitName
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish the soup as a network; returns its scores and how many networks are in it."""
    options = workspace.options
    assert isinstance(options, SoupOptions)
    folders = [workspace.input(f"network-{place}") for place in range(1, options.count + 1)]
    document = read_model_document(folders[0])
    dataset = open_dataset(workspace.input("dataset")).for_model(model_options(document))
    check_fits(dataset, document, "network")
    flat = open_flat(folders[0], device=workspace.device)
    scorer = NetworkScorer(
        dataset,
        flat,
        workspace,
        batch_size=options.batch_size,
        precision=options.precision,
        channels_last=options.channels_last,
        task=stage_tasks(workspace, dataset, options.loss)[1],
    )
    yield from told_loss(options.loss)
    placer = refresher(
        workspace,
        dataset,
        flat,
        options,
        precision=options.precision,
        channels_last=options.channels_last,
    )
    watched: SplitName = watched_name(dataset)
    vectors: list[Tensor] = []

    def cook(places: tuple[int, ...]) -> None:
        mean_D = torch.stack([vectors[place] for place in places]).mean(dim=0)
        flat.set_params(mean_D)
        placer.refresh()

    def error_of(places: tuple[int, ...]) -> float:
        cook(places)
        values = scorer.scores(watched)
        return values.get(f"{watched}_error", values[f"{watched}_nll"])

    try:
        for folder in folders:
            require_kind(folder, "network", "[ensemble] use")
            load_network(flat, folder, where="[ensemble] use")
            vectors.append(flat.params.clone())
        chosen = tuple(range(len(folders)))
        if options.method == "greedy":
            yield Noted(f"the greedy soup is chosen on the {watched} split")
            # Each alone with statistics recomputed like a soup's, or they could not be compared.
            errors = [error_of((place,)) for place in chosen]
            chosen = greedy_soup(errors, error_of)
        cook(chosen)
        scores = scorer.all_scores()
    except Interrupted:
        raise Stopped(0) from None
    yield Noted(f"the soup is of {', '.join(f'network-{place + 1}' for place in sorted(chosen))}")
    for name, content in network_files(flat, document).items():
        yield workspace.save_artifact(name, content, "network")
    del scores["train_loss"]
    return {**scores, "num_averaged": len(chosen), "num_params": flat.layout.num_params}
