"""What is kept on the way is what a training that stops there makes, to the bit.

Plans rely on it: a snapshot and the stage with that `stop_at` have one identity.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.model import MlpOptions, PreResNetOptions
from mcworkbench.runs.events import EpochFinished, SnapshotSaved
from mcworkbench.stages import curve as curve_stage
from mcworkbench.stages import endpoint as endpoint_stage
from mcworkbench.training.snapshots import Keeper
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MLP = MlpOptions(name="mlp", widths=(12,))
RESNET = PreResNetOptions(name="preresnet", depth=8)
NETWORK = {"network.safetensors", "model.json", "optimizer.safetensors"}
PATH = {"path.json", "nodes.safetensors", "model.json", "optimizer.safetensors"}


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


TRAININGS: list[dict[str, Any]] = [
    {"model": MLP, "optimizer": "sgd", "schedule": "reference"},
    {"model": MLP, "optimizer": "adam", "lr": 0.003, "schedule": "onecycle"},
    {"model": RESNET, "optimizer": "sgd", "schedule": "cosine", "nesterov": True},
]


@pytest.mark.parametrize("chosen", TRAININGS, ids=lambda c: f"{c['model'].name}-{c['optimizer']}")
def test_a_snapshot_of_a_network_is_the_network_that_stops_there(
    chosen: dict[str, Any], digits: Path, tmp_path: Path
) -> None:
    given = {"epochs": 4, "batch_size": 75, **chosen}
    options = EndpointOptions.model_validate({**given, "keep": "0, 1, 3"})
    whole = MemoryWorkspace(options, tmp_path / "whole", {"dataset": digits})
    drive(endpoint_stage.run(whole))
    assert set(whole.snapshots) == {"epoch-0", "epoch-1", "epoch-3"}
    for epoch in (0, 1, 3):
        options = EndpointOptions.model_validate({**given, "stop_at": epoch})
        stopped = MemoryWorkspace(options, tmp_path / f"{epoch}", {"dataset": digits})
        drive(endpoint_stage.run(stopped))
        assert files(stopped.folder) == whole.snapshots[f"epoch-{epoch}"]
        assert set(files(stopped.folder)) == NETWORK
    kept = [snapshot["network.safetensors"] for snapshot in whole.snapshots.values()]
    assert len({*kept, files(whole.folder)["network.safetensors"]}) == 4


@pytest.mark.parametrize("model", [MLP, RESNET], ids=["mlp", "preresnet"])
def test_a_snapshot_of_a_curve_is_the_curve_that_stops_there(
    model: Any, digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    inputs = {"dataset": digits, "first": train_end(model, 1), "last": train_end(model, 2)}
    given: dict[str, Any] = {"epochs": 3, "batch_size": 75, "bends": 2, "probe_points": 3}
    given |= {"probe_examples": 32}
    options = CurveOptions.model_validate({**given, "keep": "initial, 2"})
    whole = MemoryWorkspace(options, tmp_path / "whole", inputs)
    drive(curve_stage.run(whole))
    for epoch in (0, 2):
        # Without probes: watching must not change what is watched either.
        chosen = {**given, "stop_at": epoch, "probe_points": 0}
        options = CurveOptions.model_validate(chosen)
        stopped = MemoryWorkspace(options, tmp_path / f"{epoch}", inputs)
        drive(curve_stage.run(stopped))
        assert files(stopped.folder) == whole.snapshots[f"epoch-{epoch}"]
        assert set(files(stopped.folder)) == PATH


def test_training_on_from_a_snapshot_is_training_on_from_the_stopped_network(
    digits: Path, tmp_path: Path
) -> None:
    options = EndpointOptions(model=MLP, epochs=3, batch_size=75, keep="1")
    whole = MemoryWorkspace(options, tmp_path / "whole", {"dataset": digits})
    drive(endpoint_stage.run(whole))
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    for name, content in whole.snapshots["epoch-1"].items():
        (snapshot / name).write_bytes(content)
    options = EndpointOptions(model=MLP, epochs=3, batch_size=75, stop_at=1)
    stopped = MemoryWorkspace(options, tmp_path / "stopped", {"dataset": digits})
    drive(endpoint_stage.run(stopped))
    found: list[dict[str, bytes]] = []
    for number, start in enumerate((snapshot, stopped.folder)):
        options = EndpointOptions(model=MLP, epochs=1, batch_size=75, lr=0.01)
        inputs = {"dataset": digits, "start": start}
        workspace = MemoryWorkspace(options, tmp_path / f"on-{number}", inputs)
        drive(endpoint_stage.run(workspace))
        found.append(files(workspace.folder))
    assert found[0] == found[1]
    assert found[0]["network.safetensors"] != whole.snapshots["epoch-1"]["network.safetensors"]


@pytest.mark.parametrize(
    ("keep", "names"),
    [
        ("", set[str]()),
        ("0, 2", {"epoch-0", "epoch-2"}),
        ("initial, last", {"epoch-0", "epoch-4"}),
        ("every:2", {"epoch-0", "epoch-2", "epoch-4"}),
        ("best", {"best"}),
        ("3, best, 3", {"best", "epoch-3"}),
        ("9", set[str]()),
    ],
)
def test_the_words_of_keep_save_the_epochs_they_name(
    keep: str, names: set[str], digits: Path, tmp_path: Path
) -> None:
    options = EndpointOptions(model=MLP, epochs=4, batch_size=100, keep=keep)
    workspace = MemoryWorkspace(options, tmp_path / "net", {"dataset": digits})
    events, _ = drive(endpoint_stage.run(workspace))
    assert set(workspace.snapshots) == names
    saved = [event for event in events if isinstance(event, SnapshotSaved)]
    assert {event.name for event in saved} == names
    assert all(event.step == event.epoch * 3 for event in saved)


def test_the_best_is_the_epoch_of_the_lowest_watched_error_and_the_first_of_equals(
    digits: Path, tmp_path: Path
) -> None:
    options = EndpointOptions(
        model=MLP, epochs=6, batch_size=30, lr=0.4, keep="best, every:1", schedule="constant"
    )
    workspace = MemoryWorkspace(options, tmp_path / "net", {"dataset": digits})
    events, summary = drive(endpoint_stage.run(workspace))
    watched = {
        e.epoch: e.values["validation_error"] for e in events if isinstance(e, EpochFinished)
    }
    best = min(watched, key=lambda epoch: (watched[epoch], epoch))
    assert best < 6, "a training that only improves cannot tell the best from the last"
    assert summary["best_epoch"] == best
    assert workspace.snapshots["best"] == workspace.snapshots[f"epoch-{best}"]


def test_of_equal_scores_the_first_is_the_best_and_what_is_no_number_never_is(
    tmp_path: Path,
) -> None:
    options = EndpointOptions(model=MLP, epochs=6, keep="best")
    workspace = MemoryWorkspace(options, tmp_path)
    keeper = Keeper(options, workspace)
    saved: list[int] = []
    for epoch, score in enumerate([0.1, math.nan, 0.5, 0.3, None, 0.3, 0.4]):
        content = bytes([epoch])
        events = keeper.after_epoch(epoch, epoch, score, lambda content=content: {"a": content})
        saved += [event.epoch for event in events if isinstance(event, SnapshotSaved)]
    # What stands before training is nobody's best; 3 was the first of two equals.
    assert saved == [2, 3]
    assert workspace.snapshots == {"best": {"a": b"\x03"}}
    other = Keeper(options, workspace)
    other.load(keeper.state())
    assert other.summary() == {"best_epoch": 3}


def test_a_training_that_is_not_watched_knows_no_best_but_the_end(
    digits: Path, tmp_path: Path
) -> None:
    options = EndpointOptions(model=MLP, epochs=3, batch_size=100, watch_every=0, keep="best")
    workspace = MemoryWorkspace(options, tmp_path / "net", {"dataset": digits})
    events, summary = drive(endpoint_stage.run(workspace))
    finished = [event for event in events if isinstance(event, EpochFinished)]
    assert ["validation_error" in event.values for event in finished] == [False, False, True]
    assert summary["best_epoch"] == 3
