"""Curve training and evaluation give the reference implementation's numbers.

The expectations were computed by timgaripov/dnn-mode-connectivity on real CIFAR-10 images; ours
go through the real stages: arrays data, a stored path, curve training, evaluation.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.model import PreResNetOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.folders import canonical_json
from mcworkbench.models.product import MODEL_FILE, build_flat, model_document
from mcworkbench.params.vectors import padded, unpadded
from mcworkbench.paths.curve import make_curve
from mcworkbench.paths.path import NodePath, open_path, path_files
from mcworkbench.plans.digests import source_digest
from mcworkbench.runs.path_summary import path_summary
from mcworkbench.stages import curve as curve_stage
from mcworkbench.stages import dataset as dataset_stage
from mcworkbench.stages import evaluate as evaluate_stage
from mcworkbench.tasks import make_task
from mcworkbench.training.optimizers import build_optimizer
from mcworkbench.training.points import PointPlacer
from mcworkbench.training.subjects import CurveSubject
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = {"bezier": "curve_bezier_preresnet8.npz", "polychain": "curve_polychain_preresnet8.npz"}
BATCH = 128


class Reference:
    """One parity file, with our stages' inputs made from it."""

    def __init__(self, name: str, file: Path, folder: Path) -> None:
        self.name = name
        self.values: dict[str, Any] = dict(np.load(file, allow_pickle=False))
        self.folder = folder
        full = f"arrays:{file}"
        self.data = DataOptions(name=full, digest=source_digest(full))
        workspace = MemoryWorkspace(self.data, folder / "dataset")
        drive(dataset_stage.run(workspace))
        self.dataset_folder = folder / "dataset"
        self.dataset = open_dataset(self.dataset_folder)
        self.model = PreResNetOptions(name="preresnet", depth=int(self.values["depth"]))
        self.flat = build_flat(self.model, (3, 32, 32), 10, seed=0, device="cpu")

    def path(self, key: str) -> NodePath:
        nodes_KP = torch.from_numpy(self.values[key])
        curve = make_curve(self.name, len(nodes_KP), where="parity")
        return NodePath(curve, self.name, padded(nodes_KP, self.flat.layout), self.flat.layout)

    def stored(self, key: str) -> Path:
        folder = self.folder / key
        folder.mkdir()
        document = model_document(self.model, (3, 32, 32), 10, self.flat.layout)
        files = {**path_files(self.path(key), {}), MODEL_FILE: canonical_json(document)}
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return folder


@pytest.fixture(scope="module", params=sorted(NAMES))
def reference(
    request: pytest.FixtureRequest, parity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    """Return one file's reference; shared by this module because scoring it takes seconds."""
    folder = tmp_path_factory.mktemp("reference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCWORKBENCH_HOME", str(folder / "home"))
        yield Reference(request.param, parity / NAMES[request.param], folder)


MAX_GAP = 1e-3


def step_options(values: dict[str, Any], name: str) -> CurveOptions:
    return CurveOptions.model_validate(
        {
            "name": name,
            "bends": len(values["init_control_points"]) - 2,
            "epochs": 1,
            "steps_per_epoch": len(values["step_t"]),
            "batch_size": int(values["step_batch_size"]),
            "lr": float(values["step_lr"]),
            "momentum": float(values["step_momentum"]),
            "weight_decay": float(values["weight_decay"]),
            "schedule": "constant",
            "order": "file",
            "positions": tuple(float(t) for t in values["step_t"]),
            "fix_start": bool(values["fix_start"]),
            "fix_end": bool(values["fix_end"]),
            "probe_points": 0,
        }
    )


def relative_gap(found_KP: np.ndarray, expected_KP: np.ndarray) -> float:
    """Return ‖found − expected‖ / ‖expected‖.

    Single entries may differ by more: on another processor a unit near zero falls on the other
    side of its ReLU. Leaving weight decay out, the smallest of the terms, gives 6e-3 to 8e-3.
    """
    return float(np.linalg.norm(found_KP - expected_KP) / np.linalg.norm(expected_KP))


def test_three_training_steps_move_the_control_points_as_the_reference_does(
    reference: Reference,
) -> None:
    values = reference.values
    workspace = MemoryWorkspace(
        step_options(values, reference.name),
        reference.folder / "curve",
        {"dataset": reference.dataset_folder, "start": reference.stored("init_control_points")},
    )
    drive(curve_stage.run(workspace))
    path = open_path(workspace.folder)
    moved_KP = unpadded(path.nodes_KD, path.layout).numpy()
    change = values["control_points_after_steps"] - values["init_control_points"]
    assert relative_gap(moved_KP - values["init_control_points"], change) < MAX_GAP


def test_every_step_has_the_reference_loss_and_the_first_the_reference_gradient(
    reference: Reference,
) -> None:
    values = reference.values
    options = step_options(values, reference.name)
    path = reference.path("init_control_points")
    flat = reference.flat
    subject = CurveSubject(flat, path, options, slice(1, len(path.nodes_KD) - 1))
    subject.prepare_epoch(torch.tensor(options.positions, dtype=torch.float64))
    split = reference.dataset.split("train", "cpu")
    optimizer = build_optimizer(options, subject.vector)
    task, losses, gradients = make_task(reference.dataset), [], []
    flat.module.train()
    for step in range(len(options.positions)):
        inputs_B, targets_B = split.take(torch.arange(step * BATCH, (step + 1) * BATCH))
        subject.place(step)
        flat.zero_grad()
        loss = task.loss(flat(inputs_B), targets_B)
        torch.autograd.backward(loss)
        subject.collect(step, options.lr)
        losses.append(loss.item())
        gradients.append(unpadded(subject.grad_FD, flat.layout).numpy().copy())
        optimizer.step()
    np.testing.assert_allclose(losses, values["step_nll"], rtol=1e-4)
    expected_KP = values["first_step_grad"]
    assert relative_gap(gradients[0], expected_KP[1:-1]) < MAX_GAP


@pytest.fixture(scope="module")
def table(reference: Reference) -> dict[str, Any]:
    options = EvaluateOptions(
        points=tuple(float(t) for t in reference.values["t"]),
        bn_order="file",
        bn_batch=BATCH,
        weight_decay=float(reference.values["weight_decay"]),
    )
    workspace = MemoryWorkspace(
        options,
        reference.folder / "table",
        {"dataset": reference.dataset_folder, "path": reference.stored("control_points")},
    )
    drive(evaluate_stage.run(workspace))
    return json.loads((workspace.folder / "table.json").read_bytes())


COLUMNS = {
    "tr_loss": "train_loss",
    "tr_nll": "train_nll",
    "te_loss": "test_loss",
    "te_nll": "test_nll",
    "l2": "l2",
}


def test_every_statistic_along_the_curve_is_the_reference_statistic(
    reference: Reference, table: dict[str, Any]
) -> None:
    values = reference.values
    for theirs, ours in COLUMNS.items():
        np.testing.assert_allclose(table["columns"][ours], values[theirs], rtol=1e-4)
    for theirs, ours, count in (
        ("tr_acc", "train_accuracy", 768),
        ("te_acc", "test_accuracy", 384),
    ):
        found = 100 * np.asarray(table["columns"][ours])
        assert np.abs(found - values[theirs]).max() <= 100 * 1.5 / count
    np.testing.assert_allclose(table["dl"], values["dl"], rtol=1e-5, atol=1e-6)
    assert table["length"] == pytest.approx(float(values["length"]), rel=1e-5)


def test_the_summary_rows_are_the_reference_rows(
    reference: Reference, table: dict[str, Any]
) -> None:
    statistics = ("min", "max", "avg", "int")
    for theirs, ours, unit, rtol in (
        ("tr_loss", "train_loss", 1, 1e-4),
        ("tr_nll", "train_nll", 1, 1e-4),
        ("te_nll", "test_nll", 1, 1e-4),
        ("te_err", "test_error", 100, 5e-3),
    ):
        found = [unit * table["summary"][ours][name] for name in statistics]
        np.testing.assert_allclose(found, reference.values[f"{theirs}_min_max_avg_int"], rtol=rtol)
    again = path_summary(table["ts"], table["dl"], table["columns"]["test_nll"])
    assert again == pytest.approx(table["summary"]["test_nll"])


def test_refreshed_batch_norm_statistics_are_the_reference_statistics(
    reference: Reference,
) -> None:
    flat = reference.flat
    placer = PointPlacer(flat, reference.dataset.split("train", "cpu"), batch_size=BATCH, seed=None)
    placer.place(reference.path("control_points"), float(reference.values["t"][3]))
    buffers = flat.buffers()
    for ending, key in (("running_mean", "bn_mean_t3"), ("running_var", "bn_var_t3")):
        found = torch.cat([value for name, value in buffers.items() if name.endswith(ending)])
        np.testing.assert_allclose(found.numpy(), reference.values[key], rtol=1e-4, atol=1e-5)
