"""Fast geometric ensembling: train a network on along cycles of the rate, keep the lowest points.

Members keep the batch-norm statistics of their training; the prediction is the mean of what the
task averages (arXiv:1802.10026, section 4). With a period the points are averaged first (PFGE).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mcworkbench.config.options.fge import FgeOptions
from mcworkbench.config.options.refresh import RefreshOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.ensembles.collector import PeriodCollector
from mcworkbench.models.product import (
    load_network,
    model_options,
    open_flat,
    read_model_document,
    require_kind,
)
from mcworkbench.stages.curve import check_fits
from mcworkbench.stages.member_training import MemberTraining, carry_momentum
from mcworkbench.stages.refreshing import refresher
from mcworkbench.training.schedules import cyclic_rate

if TYPE_CHECKING:
    from collections.abc import Generator

    from mcworkbench.ensembles.collector import MemberCollector
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Train and publish the members of one FGE run; returns the ensemble's scores."""
    options = workspace.options
    assert isinstance(options, FgeOptions)
    start = workspace.input("start")
    require_kind(start, "network", "[fge] start")
    document = read_model_document(start)
    dataset = open_dataset(workspace.input("dataset")).for_model(model_options(document))
    check_fits(dataset, document, "network")
    flat = open_flat(start, device=workspace.device)
    load_network(flat, start, where="[fge] start")

    def averaging(members: MemberCollector) -> PeriodCollector:
        placer = refresher(
            workspace,
            dataset,
            flat,
            RefreshOptions(bn_batch=max(2, options.batch_size)),
            precision=options.precision,
            channels_last=options.channels_last,
        )
        return PeriodCollector(members, flat, options.lowest_steps, placer.refresh)

    training = MemberTraining(
        workspace,
        dataset,
        flat,
        document,
        options=options,
        loss=options.loss,
        section="fge",
        rate=partial(cyclic_rate, options),
        total=options.num_members,
        due=options.member_steps,
        has_start=True,
        wrap=averaging if options.average_period else None,
    )
    yield carry_momentum(training.trainer.optimizer, start, wanted=options.carry_momentum)
    return (yield from training.run())
