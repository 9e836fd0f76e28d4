"""Where a curve's training begins, and what it refuses to begin from."""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.model import MlpOptions, PreResNetOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.errors import InvalidInputError
from mcworkbench.models.product import build_flat
from mcworkbench.paths.path import open_path
from mcworkbench.plans.digests import source_digest
from mcworkbench.runs.events import EpochFinished, ProbeEvaluated
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages import curve as curve_stage
from mcworkbench.stages import dataset as dataset_stage
from mcworkbench.stages import endpoint as endpoint_stage
from mcworkbench.stages import evaluate as evaluate_stage
from mcworkbench.tasks import make_task
from mcworkbench.training.evaluation import evaluate_split
from mcworkbench.training.unused import unused_mask
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MLP = MlpOptions(name="mlp", widths=(12,))
Train = "Callable[[Any, int], Path]"


def joined(options: CurveOptions, folder: Path, inputs: dict[str, Path]) -> MemoryWorkspace:
    workspace = MemoryWorkspace(options, folder, inputs)
    drive(curve_stage.run(workspace))
    return workspace


def test_random_bends_are_none_of_the_networks_that_ends_begin_from(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    inputs = {"dataset": digits, "first": train_end(MLP, 1), "last": train_end(MLP, 2)}
    options = CurveOptions(epochs=0, bends=3, init="random", probe_points=0)
    nodes_KD = open_path(joined(options, tmp_path / "curve", inputs).folder).nodes_KD
    fresh = [build_flat(MLP, (1, 8, 8), 10, seed=seed, device="cpu").params for seed in range(8)]
    for bend_D in nodes_KD[1:-1]:
        assert not any(torch.equal(bend_D, other_D) for other_D in fresh)
    for one_D, other_D in itertools.combinations(nodes_KD[1:-1], 2):
        assert not torch.equal(one_D, other_D)


def test_linear_bends_stand_exactly_at_j_over_k_minus_one(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    inputs = {"dataset": digits, "first": train_end(MLP, 1), "last": train_end(MLP, 2)}
    options = CurveOptions(epochs=0, bends=3, probe_points=0)
    nodes_KD = open_path(joined(options, tmp_path / "curve", inputs).folder).nodes_KD
    first_D, last_D = nodes_KD[0].double(), nodes_KD[-1].double()
    for place in range(5):
        expected_D = first_D + place / 4 * (last_D - first_D)
        torch.testing.assert_close(nodes_KD[place].double(), expected_D, atol=1e-6, rtol=0)


def test_a_curve_of_other_ends_is_refused_in_one_sentence(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    ends = [train_end(MLP, seed) for seed in (1, 2, 3)]
    options = CurveOptions(epochs=0, probe_points=0)
    inputs = {"dataset": digits, "first": ends[0], "last": ends[1]}
    stored = joined(options, tmp_path / "stored", inputs).folder
    joined(options, tmp_path / "same", {**inputs, "start": stored})
    with pytest.raises(InvalidInputError, match=r"last node is not the last network of \[ends\]"):
        joined(options, tmp_path / "other", {**inputs, "last": ends[2], "start": stored})


def sorted_by_class(folder: Path) -> Path:
    """Return a data set in which an image's class is told by its brightness, sorted by class."""
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 64)
    images = (labels[:, None, None, None] * 60 + generator.integers(0, 20, (256, 8, 8, 1))).astype(
        np.uint8
    )
    np.savez(
        folder / "sorted.npz",
        train_images=images,
        train_labels=labels,
        test_images=images[::4],
        test_labels=labels[::4],
    )
    name = f"arrays:{folder / 'sorted.npz'}"
    options = DataOptions(name=name, digest=source_digest(name))
    workspace = MemoryWorkspace(options, folder / "sorted")
    drive(dataset_stage.run(workspace))
    return workspace.folder


def test_probes_of_class_sorted_images_refresh_batch_norm_on_mixed_batches(tmp_path: Path) -> None:
    data = sorted_by_class(tmp_path)
    model = PreResNetOptions(name="preresnet", depth=8)
    ends: dict[str, Path] = {"dataset": data}
    for role, seed in (("first", 1), ("last", 2)):
        options = EndpointOptions(
            model=model, epochs=2, batch_size=64, init_seed=seed, order_seed=seed
        )
        workspace = MemoryWorkspace(options, tmp_path / role, {"dataset": data})
        drive(endpoint_stage.run(workspace))
        ends[role] = workspace.folder
    curve = CurveOptions(epochs=0, batch_size=64, probe_points=2, probe_examples=256)
    workspace = MemoryWorkspace(curve, tmp_path / "curve", ends)
    events, _ = drive(curve_stage.run(workspace))
    (probe,) = [event for event in events if isinstance(event, ProbeEvaluated)]
    tables = {}
    for order in ("shuffled", "file"):
        options = EvaluateOptions(points=2, bn_batch=64, bn_order=order)
        inputs = {"dataset": data, "path": workspace.folder}
        scored = MemoryWorkspace(options, tmp_path / order, inputs)
        drive(evaluate_stage.run(scored))
        tables[order] = json.loads((scored.folder / "table.json").read_bytes())["columns"]
    mixed, sorted_ = tables["shuffled"]["train_nll"], tables["file"]["train_nll"]
    assert min(abs(a - b) for a, b in zip(mixed, sorted_, strict=True)) > 0.05
    assert probe.values["train_nll"] == pytest.approx(mixed, rel=1e-4)


def test_a_point_that_is_no_number_is_null_in_the_table_and_nan_when_resumed(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    inputs = {"dataset": digits, "first": train_end(MLP, 1), "last": train_end(MLP, 2)}
    curve = joined(CurveOptions(epochs=0, probe_points=0), tmp_path / "curve", inputs)
    path = open_path(curve.folder)
    path.nodes_KD[1] = math.inf
    from mcworkbench.paths.path import path_files

    for name, content in path_files(path, {}).items():
        (curve.folder / name).write_bytes(content)
    options = EvaluateOptions(points=3)
    workspace = MemoryWorkspace(
        options, tmp_path / "table", {"dataset": digits, "path": curve.folder}
    )
    workspace.level = StopLevel.after
    for _ in range(2):
        with pytest.raises(Stopped):
            drive(evaluate_stage.run(workspace))
    workspace.level = StopLevel.none
    drive(evaluate_stage.run(workspace))
    table = json.loads((workspace.folder / "table.json").read_bytes())
    assert table["columns"]["train_nll"][1] is None
    assert table["summary"]["train_nll"]["max"] is None


def test_stop_now_is_heard_between_batches_of_an_evaluation(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    inputs = {"dataset": digits, "first": train_end(MLP, 1), "last": train_end(MLP, 2)}
    curve = joined(CurveOptions(epochs=0, probe_points=0), tmp_path / "curve", inputs)
    options = EvaluateOptions(points=5, batch_size=10)
    paths = {"dataset": digits, "path": curve.folder}
    whole = MemoryWorkspace(options, tmp_path / "whole", paths)
    drive(evaluate_stage.run(whole))
    parts = MemoryWorkspace(options, tmp_path / "parts", paths)
    # 300 train and 100 test examples in tens are 40 batches a point: this is inside the second.
    parts.stop_after_calls = 60
    with pytest.raises(Stopped) as stopped:
        drive(evaluate_stage.run(parts))
    assert stopped.value.step == 1
    parts.stop_after_calls = None
    drive(evaluate_stage.run(parts))
    tables = [(w.folder / "table.json").read_bytes() for w in (whole, parts)]
    assert tables[0] == tables[1]


def test_an_epoch_that_was_interrupted_reports_the_seconds_of_both_parts(
    digits: Path, tmp_path: Path
) -> None:
    options = EndpointOptions(model=MLP, epochs=1, batch_size=50)
    workspace = MemoryWorkspace(options, tmp_path / "end", {"dataset": digits})
    workspace.stop_after_calls = 3
    with pytest.raises(Stopped):
        drive(endpoint_stage.run(workspace))
    workspace.stop_after_calls = None
    workspace.checkpoints[-1].state["epoch_seconds"] = 1000.0
    events, _ = drive(endpoint_stage.run(workspace))
    (epoch,) = [event for event in events if isinstance(event, EpochFinished)]
    assert 1000 < epoch.seconds < 1100


def test_a_parameter_that_the_loss_never_reaches_is_marked_unused(digits: Path) -> None:
    dataset = open_dataset(digits)
    flat = build_flat(MLP, dataset.input_shape, dataset.num_outputs, seed=0, device="cpu")
    task = make_task(dataset, ece_bins=0)
    split = dataset.split("train", "cpu")
    assert unused_mask(flat, task, split) is None
    from mcworkbench.params.flat import FlatModule

    class Idle(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used = torch.nn.Linear(64, 10)
            self.idle = torch.nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.used(x.flatten(1))

    idle = FlatModule(Idle())
    mask_D = unused_mask(idle, task, split)
    assert mask_D is not None
    for entry in idle.layout.entries:
        is_marked = bool(mask_D[entry.offset : entry.end].all())
        assert is_marked == entry.name.startswith("idle")


def test_a_cpu_that_cannot_allocate_halves_the_evaluation_batch(digits: Path) -> None:
    dataset = open_dataset(digits)
    flat = build_flat(MLP, dataset.input_shape, dataset.num_outputs, seed=0, device="cpu")
    split = dataset.split("test", "cpu")
    task = make_task(dataset)

    def small_memory(inputs_B: torch.Tensor) -> torch.Tensor:
        if len(inputs_B) > 30:
            # What torch raises on the CPU for a size that no machine has.
            torch.empty(2**60)
        return flat(inputs_B)

    flat.module.eval()
    scored = evaluate_split(small_memory, task, split, batch_size=100)
    assert scored.batch_size == 25
    assert scored.values == pytest.approx(
        evaluate_split(flat, task, split, batch_size=25).values, rel=1e-12
    )
