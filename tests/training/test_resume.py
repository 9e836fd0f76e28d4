"""A training that is stopped and resumed ends with the bits of one that was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.model import MlpOptions, PreResNetOptions
from mcworkbench.runs.events import EpochFinished, ProbeEvaluated, Progress
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages import curve as curve_stage
from mcworkbench.stages import endpoint as endpoint_stage
from mcworkbench.stages import evaluate as evaluate_stage
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcworkbench.runs.events import Event

MLP = MlpOptions(name="mlp", widths=(12,))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def facts(events: list[Event]) -> list[object]:
    """Return what must not depend on interruptions: no clock, no checkpoint."""
    kept: list[object] = []
    for event in events:
        if isinstance(event, EpochFinished):
            kept.append((event.epoch, event.step, event.lr, event.values))
        elif isinstance(event, ProbeEvaluated):
            kept.append(event)
        elif isinstance(event, Progress) and event.phase == "training":
            kept.append((event.step, event.values))
    return kept


def run_interrupted(make: Callable[[], MemoryWorkspace], run: Any, stops: list[int]) -> list[Event]:
    """Run a stage, stopping it after so many steps of each attempt; return the last attempt's."""
    workspace = make()
    for steps in stops:
        workspace.stop_after_calls = steps
        with pytest.raises(Stopped):
            drive(run(workspace))
        assert workspace.checkpoints, "stopping saves a checkpoint"
    workspace.stop_after_calls = None
    events, _ = drive(run(workspace))
    return events


OPTIMIZERS: list[dict[str, Any]] = [
    {"optimizer": "sgd", "nesterov": True, "schedule": "cosine"},
    {"optimizer": "adam", "lr": 0.003, "schedule": "onecycle"},
    {"optimizer": "adamw", "lr": 0.003, "micro_batch": 20},
]


@pytest.mark.parametrize("chosen", OPTIMIZERS, ids=lambda chosen: str(chosen["optimizer"]))
def test_an_endpoint_stopped_twice_has_the_same_bits_and_the_same_facts(
    chosen: dict[str, Any], digits: Path, tmp_path: Path
) -> None:
    model = PreResNetOptions(name="preresnet", depth=8) if chosen["optimizer"] == "sgd" else MLP
    options = EndpointOptions.model_validate(
        {"model": model, "epochs": 2, "batch_size": 50, "log_every": 2, **chosen}
    )
    whole = MemoryWorkspace(options, tmp_path / "whole", {"dataset": digits})
    events, _ = drive(endpoint_stage.run(whole))
    parts = MemoryWorkspace(options, tmp_path / "parts", {"dataset": digits})
    last = run_interrupted(lambda: parts, endpoint_stage.run, [2, 4])
    assert files(parts.folder) == files(whole.folder)
    resumed = facts(last)
    assert resumed == facts(events)[-len(resumed) :]


def test_a_curve_stopped_in_the_middle_of_an_epoch_has_the_same_bits(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    inputs = {"dataset": digits, "first": train_end(MLP, 1), "last": train_end(MLP, 2)}
    options = CurveOptions(epochs=3, batch_size=50, bends=2, probe_points=3, probe_examples=64)
    whole = MemoryWorkspace(options, tmp_path / "whole", inputs)
    drive(curve_stage.run(whole))
    parts = MemoryWorkspace(options, tmp_path / "parts", inputs)
    run_interrupted(lambda: parts, curve_stage.run, [3, 5, 1])
    assert files(parts.folder) == files(whole.folder)


def test_probes_leave_no_trace_in_the_training(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    model = PreResNetOptions(name="preresnet", depth=8)
    inputs = {"dataset": digits, "first": train_end(model, 1), "last": train_end(model, 2)}
    found: list[dict[str, bytes]] = []
    for points in (0, 3):
        options = CurveOptions(epochs=1, batch_size=60, probe_points=points, probe_examples=32)
        workspace = MemoryWorkspace(options, tmp_path / f"probe-{points}", inputs)
        drive(curve_stage.run(workspace))
        found.append(files(workspace.folder))
    assert found[0] == found[1]


def test_an_evaluation_stopped_between_points_gives_the_same_table(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    inputs = {"dataset": digits, "first": train_end(MLP, 1), "last": train_end(MLP, 2)}
    curve = MemoryWorkspace(CurveOptions(epochs=1, probe_points=0), tmp_path / "curve", inputs)
    drive(curve_stage.run(curve))
    options = EvaluateOptions(points=7, store_predictions=True)
    inputs = {"dataset": digits, "path": curve.folder}
    whole = MemoryWorkspace(options, tmp_path / "whole", inputs)
    drive(evaluate_stage.run(whole))
    parts = MemoryWorkspace(options, tmp_path / "parts", inputs)
    run_interrupted(lambda: parts, evaluate_stage.run, [2, 1])
    assert files(parts.folder)["table.json"] == files(whole.folder)["table.json"]
