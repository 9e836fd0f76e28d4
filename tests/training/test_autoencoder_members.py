"""Autoencoders as members of ensembles: the mean reconstruction, scored in [0, 1] pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from mcworkbench.config.options.curve import LineOptions
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.ensemble import PredictOptions, SoupOptions
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.fge import FgeOptions
from mcworkbench.config.options.loss import LossOptions
from mcworkbench.config.options.model.autoencoder import AeTinyOptions
from mcworkbench.config.options.snapshot import SnapshotOptions
from mcworkbench.config.options.swa import SwaOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.metrics import images
from mcworkbench.models.product import build_flat
from mcworkbench.params.store import read_tensors
from mcworkbench.runs.ensemble_scores import mean_of, scores
from mcworkbench.runs.events import EpochFinished
from mcworkbench.stages import dataset as dataset_stage
from mcworkbench.stages import endpoint, evaluate, fge, line, snapshot, soup, swa
from mcworkbench.stages.scoring import NetworkScorer
from mcworkbench.tasks.reconstruction import Reconstruction
from mcworkbench.training.evaluation import evaluate_split
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("image_range", ["unit", "signed"])
def test_an_ensemble_is_the_mean_reconstruction_in_pixels(
    digits: Path, tmp_path: Path, image_range: str
) -> None:
    model = AeTinyOptions.model_validate(
        {"name": "ae_tiny", "width": 3, "code": 4, "range": image_range}
    )
    dataset = open_dataset(digits).for_model(model)
    workspace = MemoryWorkspace(PredictOptions(), tmp_path / "w", {"dataset": digits})
    outputs: list[torch.Tensor] = []
    pixels = dataset.split("test", "cpu").inputs.double() / 255
    for seed in (1, 2):
        flat = build_flat(model, dataset.input_shape, dataset.num_outputs, seed=seed, device="cpu")
        scorer = NetworkScorer(dataset, flat, workspace)
        values, averaged = scorer.outputs("test")
        assert scorer.averages == "values"
        gap = (averaged.double() - pixels).square().mean().item()
        assert values["test_mse"] == pytest.approx(gap, rel=1e-5)
        torch.testing.assert_close(scorer.answers("test").double(), pixels, atol=1e-6, rtol=0)
        outputs.append(averaged)
    together = scores("values", mean_of([x.numpy() for x in outputs]), pixels.numpy())
    expected = ((outputs[0].double() + outputs[1]) / 2 - pixels).square().mean().item()
    assert together["mse"] == pytest.approx(expected, rel=1e-9)
    # Jensen: the mean of two reconstructions is no worse than the mean of their errors.
    alone = [(x.double() - pixels).square().mean().item() for x in outputs]
    assert together["mse"] <= sum(alone) / 2


TINY = AeTinyOptions(name="ae_tiny", width=3, code=4)
MAE = LossOptions(name="mae")
# One epoch at rates that [train] knows, too, so that an end is the same training.
ONE: dict[str, Any] = {"epochs": 1, "batch_size": 50, "optimizer": "adam", "lr": 0.01}


def run_stage(
    stage: Any, options: Any, folder: Path, inputs: dict[str, Path]
) -> tuple[MemoryWorkspace, list[Any], dict[str, float]]:
    workspace = MemoryWorkspace(options, folder, inputs)
    return (workspace, *drive(stage.run(workspace)))


@pytest.mark.parametrize("method", ["fge", "snapshot", "swa"])
def test_every_training_of_an_ensemble_has_the_loss_of_the_preset(
    digits: Path, tmp_path: Path, method: str
) -> None:
    data = {"dataset": digits}
    _, start_events, _ = run_stage(
        endpoint, EndpointOptions(model=TINY, **ONE), tmp_path / "start", data
    )
    assert start_events
    schedule = "cosine" if method == "snapshot" else "constant"
    from_start = data | {"start": tmp_path / "start"}
    inputs = from_start if method == "fge" else data
    plain = EndpointOptions.model_validate(
        {**ONE, "model": TINY, "schedule": schedule, "loss": MAE}
    )
    _, events, summary = run_stage(endpoint, plain, tmp_path / "plain", inputs)
    own: dict[str, Any] = {
        "fge": {"lr_min": 0.01, "cycle": 1, "shape": "sawtooth", "carry_momentum": False},
        "snapshot": {"model": TINY, "cycle": 1},
        "swa": {"model": TINY, "schedule": "constant", "swa_lr": 0.01, "average_from": 1},
    }[method]
    stage, options = {
        "fge": (fge, FgeOptions),
        "snapshot": (snapshot, SnapshotOptions),
        "swa": (swa, SwaOptions),
    }[method]
    chosen = options.model_validate({**ONE, **own, "loss": MAE})
    workspace, own_events, _ = run_stage(stage, chosen, tmp_path / method, inputs)
    expected = read_tensors(tmp_path / "plain" / "network.safetensors")
    # The last iterate of SWA: its average has batch norm of its own.
    place = workspace.snapshot("last" if method == "swa" else "member-1")
    assert place is not None
    found = read_tensors(place / "network.safetensors")
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    told = [event for event in own_events if isinstance(event, EpochFinished)]
    theirs = [event for event in events if isinstance(event, EpochFinished)]
    assert told[0].values["train_nll"] == theirs[0].values["train_nll"]
    assert told[0].values["validation_nll"] == told[0].values["validation_mae"]
    assert summary["validation_nll"] == told[0].values["validation_nll"]


def test_a_soup_is_scored_by_the_loss_of_the_preset(digits: Path, tmp_path: Path) -> None:
    inputs = {"dataset": digits}
    for place in (1, 2):
        folder = tmp_path / f"end-{place}"
        options = EndpointOptions.model_validate({**ONE, "model": TINY, "order_seed": place})
        run_stage(endpoint, options, folder, {"dataset": digits})
        inputs[f"network-{place}"] = folder
    chosen = SoupOptions(method="greedy", loss=MAE)
    _, _, summary = run_stage(soup, chosen, tmp_path / "soup", inputs)
    assert summary["test_nll"] == summary["test_mae"] != summary["test_mse"]


def test_scores_do_not_depend_on_the_precision_that_networks_compute_in(digits: Path) -> None:
    split = open_dataset(digits).for_model(TINY).split("test", "cpu")

    def network(inputs_B: torch.Tensor) -> torch.Tensor:
        return 0.9 * inputs_B + 0.03

    task = Reconstruction("unit", lambda x, y: images.laplacian(x, y, 2))
    plain, coarse = (
        evaluate_split(network, task, split, batch_size=50, precision=precision).values
        for precision in ("float32", "bfloat16")
    )
    assert coarse == plain


def test_stored_reconstructions_and_their_targets_are_of_one_size(tmp_path: Path) -> None:
    options = DataOptions(
        name="digits", digest="digits", train_limit=60, test_limit=20, output_size=12
    )
    run_stage(dataset_stage, options, tmp_path / "data", {})
    data = {"dataset": tmp_path / "data"}
    for place in (1, 2):
        made = EndpointOptions.model_validate({**ONE, "model": TINY, "init_seed": place})
        run_stage(endpoint, made, tmp_path / f"end-{place}", data)
    ends = {"first": tmp_path / "end-1", "last": tmp_path / "end-2"}
    run_stage(line, LineOptions(), tmp_path / "line", ends)
    chosen = EvaluateOptions(points=2, store_predictions=True)
    path = data | {"path": tmp_path / "line"}
    _, _, summary = run_stage(evaluate, chosen, tmp_path / "table", path)
    found = np.load(tmp_path / "table" / "predictions.npz")
    assert found["outputs"].shape == (2, 20, 1, 12, 12)
    assert found["targets"].shape == (20, 1, 12, 12)
    gap = (found["outputs"][0].astype(float) - found["targets"]) / 255
    assert (gap**2).mean() == pytest.approx(summary["test_mse_start"], rel=0.01)
