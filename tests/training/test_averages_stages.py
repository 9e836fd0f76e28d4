"""SWA against torch.optim.swa_utils, SWAG against its formula, soups and predictions by hand."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load
from sklearn.metrics import log_loss
from torch.optim.swa_utils import AveragedModel, update_bn
from torch.testing import assert_close

from mcworkbench.config.options.ensemble import EnsembleOptions, PredictOptions, SoupOptions
from mcworkbench.config.options.model import MlpOptions, PreResNetOptions
from mcworkbench.config.options.swa import SwagOptions, SwaOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.data.draws import permutation
from mcworkbench.errors import InvalidInputError
from mcworkbench.models import build_model
from mcworkbench.params.store import read_tensors
from mcworkbench.runs.events import MemberCaptured
from mcworkbench.runs.members import read_members, read_predictions, read_targets
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages import ensemble as ensemble_stage
from mcworkbench.stages import predict as predict_stage
from mcworkbench.stages import soup as soup_stage
from mcworkbench.stages import swa as swa_stage
from mcworkbench.stages import swag as swag_stage
from mcworkbench.training.schedules import averaging_rate
from tests.training.ensemble_oracle import probabilities_of, train_cyclic
from tests.training.memory_workspace import MemoryWorkspace, drive
from tests.training.test_resume import files, run_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import nn

RESNET = PreResNetOptions(name="preresnet", depth=8)
STEPS = 5
SWA: dict[str, Any] = {
    "model": RESNET,
    "epochs": 5,
    "average_from": 3,
    "batch_size": 60,
    "lr": 0.05,
    "swa_lr": 0.02,
    "init_seed": 3,
    "bn_batch": 60,
    "bn_augment": False,
    "watch_average": 1,
}


def run_swa(folder: Path, digits: Path, **changes: Any) -> tuple[MemoryWorkspace, Any, Any]:
    options = SwaOptions.model_validate({**SWA, **changes})
    workspace = MemoryWorkspace(options, folder, {"dataset": digits})
    return (workspace, *drive(swa_stage.run(workspace)))


def module_of(tensors: dict[str, torch.Tensor]) -> nn.Module:
    module = build_model(RESNET, (1, 8, 8), 10, 0)
    module.load_state_dict(tensors)
    return module


def test_the_average_is_that_of_swa_utils_with_its_batch_norm(digits: Path, tmp_path: Path) -> None:
    workspace, events, summary = run_swa(tmp_path / "swa", digits)
    options, dataset = workspace.options, open_dataset(digits)
    assert isinstance(options, SwaOptions)
    module = build_model(RESNET, (1, 8, 8), 10, 3)
    averaged = AveragedModel(module)
    for step in train_cyclic(
        module, dataset, options, lambda step: averaging_rate(options, step, STEPS)
    ):
        if step % STEPS == 0 and step // STEPS >= 3:
            averaged.update_parameters(module)
    split = dataset.split("train", "cpu")
    order_N = torch.from_numpy(permutation(split.num_examples, 0, "batch-norm"))
    update_bn((split.take(part)[0] for part in order_N.split(60)), averaged)
    found = read_tensors(workspace.folder / "network.safetensors")
    for name, value in averaged.module.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert_close(
                found[name], value, rtol=1e-4, atol=1e-5, msg=lambda t, n=name: f"{n}: {t}"
            )
    last = load(workspace.snapshots["last"]["network.safetensors"])
    assert_close(last["fc.weight"], module.state_dict()["fc.weight"], rtol=1e-4, atol=1e-5)
    assert summary["num_averaged"] == 3
    targets = dataset.split("test", "cpu").targets.numpy()
    nll = log_loss(targets, probabilities_of(averaged.module, dataset).numpy(), labels=range(10))
    assert summary["test_nll"] == pytest.approx(nll, abs=1e-4)
    own = log_loss(targets, probabilities_of(module, dataset).numpy(), labels=range(10))
    assert summary["last_test_nll"] == pytest.approx(own, abs=1e-4)
    told = [event for event in events if isinstance(event, MemberCaptured)]
    assert [(one.index, one.total, one.epoch) for one in told] == [(1, 3, 3), (2, 3, 4), (3, 3, 5)]
    # The first average is the iterate itself, with other batch-norm statistics.
    assert told[0].distances["to_average"] == 0
    assert told[1].ensemble
    assert not told[2].ensemble, "the last average is the product, scored once"


def test_scoring_the_average_leaves_no_trace_in_the_training(digits: Path, tmp_path: Path) -> None:
    often, _, _ = run_swa(tmp_path / "often", digits)
    never, _, _ = run_swa(tmp_path / "never", digits, watch_average=0, watch_every=0)
    assert files(often.folder) == files(never.folder)
    assert often.snapshots == never.snapshots


def test_a_stopped_swa_run_has_the_same_average_and_moments(digits: Path, tmp_path: Path) -> None:
    whole, _, _ = run_swa(tmp_path / "whole", digits, rank=3)
    options = SwaOptions.model_validate({**SWA, "rank": 3})
    parts = MemoryWorkspace(options, tmp_path / "parts", {"dataset": digits})
    run_interrupted(lambda: parts, swa_stage.run, [9, 11, 4, 9, 3])
    assert files(parts.folder) == files(whole.folder)


def test_swa_may_be_stopped_at_any_moment(digits: Path, tmp_path: Path) -> None:
    # The last epoch joins no average here, so its test scores are taken after the training.
    changes: dict[str, Any] = {"epochs": 2, "average_from": 1, "average_every": 2}
    changes |= {"model": MlpOptions(name="mlp", widths=(8,)), "batch_size": 150}
    whole, _, _ = run_swa(tmp_path / "whole", digits, **changes)
    options = SwaOptions.model_validate({**SWA, **changes})
    for calls in itertools.count():
        parts = MemoryWorkspace(options, tmp_path / f"parts-{calls}", {"dataset": digits})
        parts.stop_after_calls = calls
        try:
            drive(swa_stage.run(parts))
        except Stopped:
            parts.stop_after_calls = None
            drive(swa_stage.run(parts))
            assert files(parts.folder) == files(whole.folder), calls
        else:
            assert calls > 8
            break


def test_samples_of_swag_are_networks_with_their_own_batch_norm(
    digits: Path, tmp_path: Path
) -> None:
    average, _, _ = run_swa(tmp_path / "swa", digits, rank=3)
    options = SwagOptions(samples=3, rank=3, keep_networks=True, bn_batch=60, bn_augment=False)
    inputs = {"dataset": digits, "average": average.folder}
    workspace = MemoryWorkspace(options, tmp_path / "swag", inputs)
    drive(swag_stage.run(workspace))
    dataset = open_dataset(digits)
    split = dataset.split("train", "cpu")
    order_N = torch.from_numpy(permutation(split.num_examples, 0, "batch-norm"))
    networks = [load(workspace.snapshots[f"member-{k}"]["network.safetensors"]) for k in (1, 2, 3)]
    assert not torch.equal(networks[0]["fc.weight"], networks[1]["fc.weight"])
    for index, tensors in enumerate(networks, 1):
        module = module_of(tensors)
        update_bn((split.take(part)[0] for part in order_N.split(60)), module)
        expected = probabilities_of(module, dataset).numpy()
        assert read_predictions(workspace.folder, index) == pytest.approx(expected, abs=1e-4)
    parts = MemoryWorkspace(options, tmp_path / "parts", inputs)
    run_interrupted(lambda: parts, swag_stage.run, [9, 12])
    assert files(parts.folder) == files(workspace.folder)


def test_samples_without_spread_are_the_average(digits: Path, tmp_path: Path) -> None:
    average, _, summary = run_swa(tmp_path / "swa", digits, rank=3)
    options = SwagOptions(samples=2, scale=0.0, bn_batch=60, bn_augment=False)
    inputs = {"dataset": digits, "average": average.folder}
    workspace = MemoryWorkspace(options, tmp_path / "swag", inputs)
    _, found = drive(swag_stage.run(workspace))
    assert found["ensemble_test_nll"] == pytest.approx(summary["test_nll"], rel=1e-5)
    assert found["ensemble_test_error"] == summary["test_error"]


def test_an_average_without_moments_says_how_to_keep_them(digits: Path, tmp_path: Path) -> None:
    average, _, _ = run_swa(tmp_path / "swa", digits)
    inputs = {"dataset": digits, "average": average.folder}
    workspace = MemoryWorkspace(SwagOptions(), tmp_path / "swag", inputs)
    with pytest.raises(InvalidInputError, match="make it with"):
        drive(swag_stage.run(workspace))


def predicted(folder: Path, digits: Path, network: Path) -> Path:
    workspace = MemoryWorkspace(PredictOptions(), folder, {"dataset": digits, "network": network})
    drive(predict_stage.run(workspace))
    return folder


def test_predictions_are_the_networks_own_and_pools_their_means(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    ends = [train_end(RESNET, seed) for seed in (1, 2, 3)]
    places = [predicted(tmp_path / f"p{k}", digits, end) for k, end in enumerate(ends)]
    dataset = open_dataset(digits)
    outputs = [
        probabilities_of(module_of(read_tensors(end / "network.safetensors")), dataset).numpy()
        for end in ends
    ]
    for place, expected in zip(places, outputs, strict=True):
        assert read_predictions(place, 1) == pytest.approx(expected, abs=1e-5)
    options = EnsembleOptions(methods=("a", "a", "b"), labels=("x", "y", "z"))
    inputs = {f"members-{k}": place for k, place in enumerate(places, 1)}
    workspace = MemoryWorkspace(options, tmp_path / "table", inputs)
    events, summary = drive(ensemble_stage.run(workspace))
    targets = read_targets(places[0])
    nll = [log_loss(targets, p.astype(float), labels=range(10)) for p in outputs]
    pooled = log_loss(targets, (outputs[0] + outputs[1]) / 2, labels=range(10))
    assert summary["a_2b_test_nll"] == pytest.approx(pooled, abs=1e-4)
    assert summary["a_1b_test_nll"] == pytest.approx((nll[0] + nll[1]) / 2, abs=1e-4)
    assert summary["ensemble_test_nll"] == pytest.approx(pooled, abs=1e-4)
    assert summary["b_1b_test_nll"] == pytest.approx(nll[2], abs=1e-4)
    table = json.loads((workspace.folder / "ensemble.json").read_text())
    first = table["budgets"][0]
    assert (first["method"], first["budget"], first["pools"]) == ("a", 1, 2)
    assert first["sd"]["test_nll"] == pytest.approx(np.std(nll[:2], ddof=1), abs=1e-4)
    differ = (outputs[0].argmax(1) != outputs[1].argmax(1)).mean()
    assert table["methods"]["a"]["disagreement"][0][1] == pytest.approx(differ)
    told = [event for event in events if isinstance(event, MemberCaptured)]
    assert [one.name for one in told] == ["x", "y", "z"]
    assert told[2].ensemble == told[2].values, "pools never mix methods"


def test_members_of_other_examples_or_classes_are_not_pooled(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    one = predicted(tmp_path / "one", digits, train_end(RESNET, 1))
    other = predicted(tmp_path / "other", digits, train_end(RESNET, 2))
    options = EnsembleOptions(methods=("a", "a"), labels=("x", "y"))
    workspace = MemoryWorkspace(options, tmp_path / "table", {"members-1": one, "members-2": other})
    targets = np.array(read_targets(other))
    np.save(other / "targets.npy", (targets + 1) % 10)
    with pytest.raises(InvalidInputError, match="y and x were scored on different examples"):
        drive(ensemble_stage.run(workspace))
    np.save(other / "predictions-1.npy", np.full((100, 7), 1 / 7, dtype=np.float32))
    with pytest.raises(InvalidInputError, match="y predicts 100 x 7 outputs, but x 100 x 10"):
        drive(ensemble_stage.run(workspace))
    (other / "members.json").write_text("{}")
    with pytest.raises(InvalidInputError, match="y: its members are missing or damaged"):
        drive(ensemble_stage.run(workspace))


def test_a_uniform_soup_is_the_mean_of_the_parameters(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    ends = [train_end(RESNET, seed) for seed in (1, 2)]
    inputs = {"dataset": digits, "network-1": ends[0], "network-2": ends[1]}
    workspace = MemoryWorkspace(SoupOptions(count=2), tmp_path / "soup", inputs)
    _, summary = drive(soup_stage.run(workspace))
    found = read_tensors(workspace.folder / "network.safetensors")
    parts = [read_tensors(end / "network.safetensors") for end in ends]
    mean = (parts[0]["conv1.weight"] + parts[1]["conv1.weight"]) / 2
    assert_close(found["conv1.weight"], mean)
    assert summary["num_averaged"] == 2
    greedy = MemoryWorkspace(SoupOptions(count=2, method="greedy"), tmp_path / "greedy", inputs)
    _, chosen = drive(soup_stage.run(greedy))
    # It begins with the best of them and takes only what does not hurt.
    assert chosen["validation_error"] <= summary["validation_error"]


def test_points_of_a_path_are_members_by_their_t(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    from mcworkbench.config.options.curve import LineOptions
    from mcworkbench.stages import line as line_stage

    ends = [train_end(RESNET, seed) for seed in (1, 2)]
    line = MemoryWorkspace(LineOptions(), tmp_path / "line", {"first": ends[0], "last": ends[1]})
    drive(line_stage.run(line))
    options = PredictOptions(positions=(0.0, 0.5, 1.0), bn_batch=60, bn_augment=False)
    workspace = MemoryWorkspace(
        options, tmp_path / "points", {"dataset": digits, "path": line.folder}
    )
    drive(predict_stage.run(workspace))
    members = read_members(workspace.folder)
    assert members is not None
    assert [(row.name, row.t) for row in members.rows] == [("t=0", 0), ("t=0.5", 0.5), ("t=1", 1)]
    length = members.pairwise["distance"][0][2]
    assert members.pairwise["distance"][0][1] == pytest.approx(length / 2, rel=1e-5)
    # Batch norm is that of the point, recomputed: not what the end was trained with.
    module, dataset = module_of(read_tensors(ends[0] / "network.safetensors")), open_dataset(digits)
    split = dataset.split("train", "cpu")
    order_N = torch.from_numpy(permutation(split.num_examples, 0, "batch-norm"))
    update_bn((split.take(part)[0] for part in order_N.split(60)), module)
    expected = probabilities_of(module, dataset).numpy()
    assert read_predictions(workspace.folder, 1) == pytest.approx(expected, abs=1e-4)
