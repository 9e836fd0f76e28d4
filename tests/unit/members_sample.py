"""A hand-made stage that captures networks: events, members.json and predictions, as it grows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from mcworkbench.runs import events
from mcworkbench.runs.ensemble_scores import Array, disagreements, mean_of, scores
from mcworkbench.runs.members import (
    MEMBERS_FILE,
    TARGETS_FILE,
    MemberRow,
    Members,
    members_document,
    named,
    predictions_file,
)
from tests.unit.runs_sample import RUN, add_attempt, make_run, make_stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mcworkbench.runs.stage_folder import StageFolder

STEPS_PER_EPOCH = 20
CYCLE = 4
NUM_EXAMPLES, NUM_CLASSES = 200, 5
Networks = dict[int, Array]


def targets_of() -> Array:
    return np.random.default_rng(7).integers(0, NUM_CLASSES, NUM_EXAMPLES)


def networks_of(num_members: int, *, with_start: bool = True) -> Networks:
    """Return float32 probabilities of the start (0) and of members, better than chance."""
    found: Networks = {}
    for index in range(0 if with_start else 1, num_members + 1):
        draw = np.random.default_rng(100 + index)
        logits = draw.normal(size=(NUM_EXAMPLES, NUM_CLASSES))
        logits[np.arange(NUM_EXAMPLES), targets_of()] += 1.0 + 0.1 * index
        powers = np.exp(logits)
        found[index] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return found


def values_of(*outputs: Array) -> dict[str, float]:
    return named("test", scores("probabilities", mean_of(outputs), targets_of()))


def captured(networks: Networks, total: int) -> list[events.MemberCaptured]:
    told: list[events.MemberCaptured] = []
    for index, output in networks.items():
        members = [networks[other] for other in networks if 0 < other <= index]
        epoch = CYCLE * index - 2 if index else 0
        told.append(
            events.MemberCaptured(
                index,
                total,
                f"fge-{epoch}" if index else "endpoint-1",
                epoch,
                epoch * STEPS_PER_EPOCH,
                values_of(output),
                values_of(*members) if members else {},
                {"from_start": 3.0 * index, "to_last": 2.0} if index > 1 else {},
            )
        )
    return told


def store(folder: Path, networks: Networks, total: int) -> Members:
    """Write what the engine writes at a capture."""
    rows = tuple(
        MemberRow(t.index, t.name, t.epoch, t.step, t.t, t.values, t.ensemble, t.distances)
        for t in captured(networks, total)
    )
    pairwise = {"disagreement": disagreements("probabilities", list(networks.values()))}
    members = Members("probabilities", "test", total, rows, pairwise)
    for index, output in networks.items():
        np.save(folder / predictions_file(index), output)
    np.save(folder / TARGETS_FILE, targets_of())
    (folder / MEMBERS_FILE).write_text(json.dumps(members_document(members)))
    return members


def history(networks: Networks, total: int, num_epochs: int) -> list[events.Event]:
    """Return what a stage with these captures told until that epoch."""
    told: list[events.Event] = [events.StageStarted("fge")]
    by_epoch = {event.epoch: event for event in captured(networks, total)}
    last = CYCLE * total
    for epoch in range(num_epochs + 1):
        if epoch:
            for step in range((epoch - 1) * STEPS_PER_EPOCH + 5, epoch * STEPS_PER_EPOCH + 1, 5):
                place = step / STEPS_PER_EPOCH % CYCLE
                rate = 0.05 - 0.045 * (1 - abs(place - CYCLE / 2) / (CYCLE / 2))
                values = {"train_nll": 0.05 + rate, "lr": rate}
                total_steps = last * STEPS_PER_EPOCH
                told.append(
                    events.Progress("training", step, total_steps, "steps", step, 9.0, 3.0, values)
                )
            score = 0.6 + 0.02 * (epoch % CYCLE) / CYCLE
            values = {
                "train_nll": 0.1,
                "test_nll": 1.0 - score,
                "test_accuracy": score,
                "test_error": 1 - score,
            }
            told.append(
                events.EpochFinished(epoch, last, epoch * STEPS_PER_EPOCH, 0.05, 1.0, values)
            )
        if epoch in by_epoch:
            told.append(by_epoch[epoch])
    return told


def make_ensemble(
    num_members: int = 3,
    total: int = 5,
    *,
    name: str = "fge",
    kind: str = "fge",
    run: str = RUN,
    more: Sequence[Any] = (),
) -> StageFolder:
    """Write a run with one stage that has captured that many of `total` networks."""
    stage = make_stage(name, kind)
    networks = networks_of(num_members)
    store(stage.artifacts, networks, total)
    last = CYCLE * num_members - 1 if num_members else 1
    add_attempt(stage, *history(networks, total, last), *more)
    nodes = {name: {"key": stage.key, "kind": kind, "label": name, "inputs": {}}}
    make_run(run, {}, nodes=nodes, kind="fge", name="fge-demo")
    return stage
