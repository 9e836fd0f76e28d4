"""Draw networks from SWAG's Gaussian around an average, each with batch norm of its own.

Shape letters: D = padded parameters, K = deviations, P = parameters without padding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.config.options.swa import SwagOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.ensembles.averaging import swag_sample
from mcworkbench.ensembles.store import MemberStore
from mcworkbench.errors import InvalidInputError
from mcworkbench.models.product import (
    load_network,
    model_options,
    network_files,
    open_flat,
    read_model_document,
)
from mcworkbench.params.store import read_tensors
from mcworkbench.params.vectors import padded
from mcworkbench.runs.events import Progress
from mcworkbench.stages.curve import check_fits
from mcworkbench.stages.gathering import gather
from mcworkbench.stages.refreshing import refresher
from mcworkbench.stages.scoring import NetworkScorer
from mcworkbench.stages.swa import MOMENTS_FILE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from torch import Tensor

    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Draw, score and publish the samples; returns the ensemble's scores."""
    options = workspace.options
    assert isinstance(options, SwagOptions)
    average = workspace.input("average")
    document = read_model_document(average)
    dataset = open_dataset(workspace.input("dataset")).for_model(model_options(document))
    check_fits(dataset, document, "network")
    flat = open_flat(average, device=workspace.device)
    load_network(flat, average, where="[swag]")
    named = _moments(average)
    mean_D, variance_D, deviations_KD = (
        padded(named[name], flat.layout) for name in ("mean", "variance", "deviations")
    )
    scorer = NetworkScorer(
        dataset, flat, workspace, precision=options.precision, channels_last=options.channels_last
    )
    placer = refresher(
        workspace,
        dataset,
        flat,
        options,
        precision=options.precision,
        channels_last=options.channels_last,
    )
    store = MemberStore(
        workspace,
        scorer.averages,
        scorer.answers("test"),
        total=options.samples,
    )

    def add(index: int) -> Iterator[Event]:
        sample_D = swag_sample(
            mean_D,
            variance_D,
            None if options.is_diagonal else deviations_KD[-options.rank :],
            scale=options.scale,
            seed=options.sample_seed,
            index=index,
        )
        flat.set_params(sample_D)
        placer.refresh()
        _, outputs_N = scorer.outputs("test")
        files = network_files(flat, document) if options.keep_networks else None
        yield from store.add(f"sample-{index}", outputs_N, files=files)
        yield Progress("sampling", index, options.samples, "samples", index)

    yield from gather(workspace, store, options.samples, add)
    return {**store.headline(), "num_params": flat.layout.num_params}


def _moments(folder: Path) -> dict[str, Tensor]:
    if not (folder / MOMENTS_FILE).is_file():
        raise InvalidInputError(
            "[swag]: the average came without moments; make it with [swa] rank = 20."
        )
    return read_tensors(folder / MOMENTS_FILE)
