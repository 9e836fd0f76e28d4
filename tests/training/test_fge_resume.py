"""FGE that is stopped and resumed, begun from odd places, or cannot begin at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.config.options.fge import FgeOptions
from mcworkbench.errors import InvalidInputError
from mcworkbench.runs.events import MemberCaptured, Noted, SnapshotSaved
from mcworkbench.stages import fge as fge_stage
from tests.training.memory_workspace import MemoryWorkspace
from tests.training.test_fge_stage import RESNET, SHORT, captured, run_fge
from tests.training.test_resume import facts, files, run_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcworkbench.runs.events import Event


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cycle": 1, "index": "paper"},
        {"average_period": 2, "epochs": 4},
        {"shape": "sawtooth", "checkpoint_every": 3},
    ],
    ids=["fge", "within-epochs", "pfge", "sawtooth"],
)
def test_a_stopped_fge_run_ends_with_the_same_bits_and_events(
    changes: dict[str, Any],
    digits: Path,
    train_end: Callable[[Any, int], Path],
    tmp_path: Path,
) -> None:
    start = train_end(RESNET, 1)
    whole, events, summary = run_fge(tmp_path / "whole", digits, start, **changes)
    options = FgeOptions.model_validate({**SHORT, **changes})
    parts = MemoryWorkspace(options, tmp_path / "parts", {"dataset": digits, "start": start})
    last = run_interrupted(lambda: parts, fge_stage.run, [4, 5, 6, 1])
    assert files(parts.folder) == files(whole.folder)
    assert parts.snapshots == whole.snapshots
    members = [event for event in captured(events) if event in captured(last)]
    assert members == captured(last)
    resumed = facts(last)
    assert resumed == facts(events)[-len(resumed) :]
    assert summary["num_members"] == len(captured(events)) - 1


def test_the_start_may_come_without_an_optimiser_or_with_another_kind(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    start = train_end(RESNET, 1)
    _, events, _ = run_fge(tmp_path / "with", digits, start)
    assert told(events) == "begins with the optimiser's state of the network"
    _, events, _ = run_fge(tmp_path / "asked", digits, start, carry_momentum=False)
    assert told(events) == "begins with an empty optimiser, as asked"
    _, events, _ = run_fge(tmp_path / "adam", digits, start, optimizer="adam", lr=0.003)
    assert (
        told(events) == "begins with an empty optimiser: the network was trained with another kind"
    )
    (start / "optimizer.safetensors").unlink()
    _, events, _ = run_fge(tmp_path / "without", digits, start)
    assert told(events) == "begins with an empty optimiser: the network came without its state"


def told(events: list[Event]) -> str:
    return next(event.text for event in events if isinstance(event, Noted))


def test_fge_from_a_path_says_where_a_path_belongs(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    start = train_end(RESNET, 1)
    (start / "path.json").write_text("{}")
    with pytest.raises(InvalidInputError, match=r"\[fge\] start: it holds a curve, not a network"):
        run_fge(tmp_path / "fge", digits, start)


def test_fge_of_a_network_with_other_classes_says_so(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    start = train_end(RESNET, 1)
    document = json.loads((start / "model.json").read_text())
    (start / "model.json").write_text(json.dumps({**document, "num_outputs": 7}))
    with pytest.raises(InvalidInputError, match="this network was made for inputs"):
        run_fge(tmp_path / "fge", digits, start)


def test_members_are_snapshots_as_soon_as_they_are_captured(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    _, events, _ = run_fge(tmp_path / "fge", digits, train_end(RESNET, 1))
    kinds = [type(e) for e in events if isinstance(e, (SnapshotSaved, MemberCaptured))]
    assert kinds == [MemberCaptured, SnapshotSaved, MemberCaptured, SnapshotSaved, MemberCaptured]
