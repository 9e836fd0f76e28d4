"""Snapshot ensembles: one training on cosine cycles, a member at the end of each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mcworkbench.config.options.snapshot import SnapshotOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.stages.member_training import MemberTraining
from mcworkbench.stages.starting import starting_network
from mcworkbench.training.schedules import restart_rate

if TYPE_CHECKING:
    from collections.abc import Generator

    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Train and publish the members of one snapshot ensemble; returns the ensemble's scores."""
    options = workspace.options
    assert isinstance(options, SnapshotOptions)
    dataset = open_dataset(workspace.input("dataset")).for_model(options.model)
    flat, document = starting_network(
        workspace, dataset, options.model, options.init_seed, where="[snapshot] from"
    )
    training = MemberTraining(
        workspace,
        dataset,
        flat,
        document,
        options=options,
        loss=options.loss,
        section="snapshot",
        rate=partial(restart_rate, options),
        total=options.num_members,
        due=options.member_steps,
        has_start=workspace.has_input("start"),
    )
    return (yield from training.run())
