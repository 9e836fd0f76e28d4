"""Scores along a path: the ends score as themselves, every number by its definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.nn.modules.module import register_module_forward_pre_hook

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.model import MlpOptions, PreResNetOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.data.draws import epoch_draws
from mcworkbench.models.mlp import MLP
from mcworkbench.models.product import load_network, open_flat
from mcworkbench.runs.events import PathPointEvaluated
from mcworkbench.stages import curve as curve_stage
from mcworkbench.stages import evaluate as evaluate_stage
from mcworkbench.tasks import make_task
from mcworkbench.training.evaluation import evaluate_split
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torch import Tensor, nn

MODEL = MlpOptions(name="mlp", widths=(12,))
RESNET = PreResNetOptions(name="preresnet", depth=8)
MOST_THAT_FITS = 40


class Path3:
    """Two trained ends and a trained curve between them, with what evaluates it."""

    def __init__(self, model: Any, digits: Path, folder: Path, train_end: Any) -> None:
        self.digits = digits
        self.folder = folder
        self.ends = [train_end(model, 1), train_end(model, 2)]
        inputs = {"dataset": digits, "first": self.ends[0], "last": self.ends[1]}
        options = CurveOptions(epochs=1, batch_size=75, probe_points=0)
        self.curve = MemoryWorkspace(options, folder / "curve", inputs)
        drive(curve_stage.run(self.curve))

    def evaluate(self, **chosen: Any) -> tuple[dict[str, Any], MemoryWorkspace]:
        options = EvaluateOptions.model_validate(chosen)
        inputs = {"dataset": self.digits, "path": self.curve.folder}
        name = f"table-{len(list(self.folder.iterdir()))}"
        workspace = MemoryWorkspace(options, self.folder / name, inputs)
        drive(evaluate_stage.run(workspace))
        return json.loads((workspace.folder / "table.json").read_bytes()), workspace

    def end(self, place: int) -> nn.Module:
        flat = open_flat(self.ends[place], device="cpu")
        load_network(flat, self.ends[place], where="test")
        return flat.module.eval()


@pytest.fixture
def path(digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path) -> Path3:
    return Path3(MODEL, digits, tmp_path / "path", train_end)


@torch.no_grad()
def scores(module: Callable[[Tensor], Tensor], digits: Path, name: Any) -> dict[str, float]:
    """Return loss and accuracy of a network by torch alone."""
    split = open_dataset(digits).split(name, "cpu")
    inputs, targets = split.take(torch.arange(split.num_examples))
    outputs = module(inputs)
    hits = (outputs.argmax(1) == targets).double().mean().item()
    return {"nll": functional.cross_entropy(outputs, targets).item(), "accuracy": hits}


def test_the_ends_of_a_path_score_as_the_networks_themselves(path: Path3) -> None:
    table, _ = path.evaluate(points=3)
    for place, module in ((0, path.end(0)), (2, path.end(1))):
        for split in ("train", "test"):
            for metric, expected in scores(module, path.digits, split).items():
                found = table["columns"][f"{split}_{metric}"][place]
                assert found == pytest.approx(expected, abs=1e-5), (split, metric)
        errors = table["columns"]["test_error"][place] + table["columns"]["test_accuracy"][place]
        assert errors == pytest.approx(1)


def test_the_regularised_loss_adds_half_the_decay_times_the_squared_norm(path: Path3) -> None:
    table, _ = path.evaluate(points=3, weight_decay=0.01)
    columns = table["columns"]
    norm = sum(p.double().square().sum().item() for p in path.end(0).parameters())
    assert columns["l2"][0] == pytest.approx(norm)
    for place in range(3):
        penalty = 0.01 / 2 * columns["l2"][place]
        for split in ("train", "test"):
            nll = columns[f"{split}_nll"][place]
            assert columns[f"{split}_loss"][place] == pytest.approx(nll + penalty)
    plain, _ = path.evaluate(points=3, weight_decay=0.0)
    assert plain["columns"]["train_loss"] == plain["columns"]["train_nll"]


def test_one_point_may_be_scored_alone(path: Path3) -> None:
    alone, _ = path.evaluate(points=(0.5,), store_predictions=True)
    whole, _ = path.evaluate(points=3)
    assert alone["ts"] == [0.5]
    assert alone["dl"] == [0.0]
    assert alone["length"] == 0
    assert alone["columns"]["test_nll"] == whole["columns"]["test_nll"][1:2]
    assert not any("disagreement" in name for name in alone["columns"])


def test_points_without_an_end_know_their_disagreement_with_the_other(path: Path3) -> None:
    table, _ = path.evaluate(points=(0.25, 1.0))
    assert "test_disagreement_last" in table["columns"]
    assert "test_disagreement_first" not in table["columns"]


def test_disagreement_is_the_share_of_test_examples_with_another_class(path: Path3) -> None:
    table, workspace = path.evaluate(points=3, store_predictions=True)
    with np.load(workspace.folder / "predictions.npz") as stored:
        outputs, targets, ts = stored["outputs"], stored["targets"], stored["ts"]
    assert outputs.shape == (3, 100, 10)
    assert ts.tolist() == [0.0, 0.5, 1.0]
    np.testing.assert_allclose(outputs.astype(np.float64).sum(2), 1, atol=2e-3)
    classes = outputs.argmax(2)
    accuracy = (classes == targets).mean(1)
    np.testing.assert_allclose(table["columns"]["test_accuracy"], accuracy, atol=0.011)
    for name, end in (("first", 0), ("last", 2)):
        expected = (classes != classes[end]).mean(1)
        found = table["columns"][f"test_disagreement_{name}"]
        assert found[end] == 0
        np.testing.assert_allclose(found, expected, atol=0.011)
    assert max(table["columns"]["test_disagreement_last"]) > 0.05


def test_predictions_are_kept_only_on_request(path: Path3) -> None:
    _, workspace = path.evaluate(points=2)
    assert [file.name for file in workspace.folder.iterdir()] == ["table.json"]


def test_the_ends_are_scored_first_and_every_point_once(path: Path3) -> None:
    options = EvaluateOptions(points=5)
    inputs = {"dataset": path.digits, "path": path.curve.folder}
    workspace = MemoryWorkspace(options, path.folder / "order", inputs)
    events, summary = drive(evaluate_stage.run(workspace))
    points = [event for event in events if isinstance(event, PathPointEvaluated)]
    assert [event.t for event in points] == [0.0, 1.0, 0.25, 0.5, 0.75]
    table = json.loads((workspace.folder / "table.json").read_bytes())
    assert summary["test_error_max"] == max(table["columns"]["test_error"])
    assert summary["length"] == pytest.approx(sum(table["dl"]))


def test_a_subset_of_the_training_examples_is_scored_as_such(path: Path3) -> None:
    few, _ = path.evaluate(points=2, train_examples=40)
    other, _ = path.evaluate(points=2, train_examples=40, seed=1)
    assert few["train_examples"] == 40
    assert few["columns"]["train_nll"] != other["columns"]["train_nll"]
    assert few["columns"]["test_nll"] == other["columns"]["test_nll"]


def test_batch_norm_makes_the_ends_depend_on_the_refresh_and_the_table_says_so(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    path = Path3(RESNET, digits, tmp_path / "path", train_end)
    table, _ = path.evaluate(points=2, bn_batch=50)
    fewer, _ = path.evaluate(points=2, bn_batch=50, bn_examples=100)
    assert table["bn_refreshed"]
    assert (table["bn_examples"], fewer["bn_examples"]) == (300, 100)
    assert table["columns"]["test_nll"] != fewer["columns"]["test_nll"]
    # The size of an evaluation's own batches is nobody's business.
    again, _ = path.evaluate(points=2, bn_batch=50, batch_size=7)
    np.testing.assert_allclose(
        again["columns"]["test_nll"], table["columns"]["test_nll"], rtol=1e-5
    )


@pytest.mark.parametrize("is_augmented", [True, False])
def test_the_refresh_sees_images_augmented_as_in_training_unless_told_otherwise(
    is_augmented: bool, digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    path = Path3(RESNET, digits, tmp_path / "path", train_end)
    table, _ = path.evaluate(points=2, bn_batch=300, bn_augment=is_augmented)
    assert table["bn_augmented"] == is_augmented
    # One batch of everything: torch's own update with momentum 1 gives just its statistics.
    module, split = path.end(0), open_dataset(digits).split("train", "cpu")
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    draws = epoch_draws(300, 0, 0, "crop-flip", 1) if is_augmented else None
    module.train()
    with torch.no_grad():
        module(split.take(torch.arange(300), draws)[0])
    expected = scores(module.eval(), digits, "test")
    assert table["columns"]["test_nll"][0] == pytest.approx(expected["nll"], rel=1e-4)


class Sizes:
    """A module's outputs where a batch fits; too large a batch is out of memory."""

    def __init__(self, module: nn.Module, most: int) -> None:
        self.module = module
        self.most = most
        self.seen: list[int] = []

    def __call__(self, x: Tensor) -> Tensor:
        self.seen.append(len(x))
        if len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.module(x)


def test_out_of_memory_halves_the_batch_and_scores_every_example_once(path: Path3) -> None:
    dataset = open_dataset(path.digits)
    split, task = dataset.split("test", "cpu"), make_task(dataset)
    module = Sizes(path.end(0), most=13)
    found = evaluate_split(module, task, split, batch_size=100, keep=task.stored)
    # 100 and 50 and 25 do not fit; 12 does.
    assert module.seen == [100, 50, 25, *[12] * 8, 4]
    assert found.batch_size == 12
    expected = evaluate_split(path.end(0), task, split, batch_size=100, keep=task.stored)
    assert found.values == pytest.approx(expected.values, rel=1e-6)
    assert found.stored_N is not None
    assert expected.stored_N is not None
    assert len(found.stored_N) == 100
    assert torch.equal(found.predictions_N, expected.predictions_N)


def test_memory_that_does_not_even_hold_one_example_is_an_error(path: Path3) -> None:
    dataset = open_dataset(path.digits)
    module = Sizes(path.end(0), most=0)
    with pytest.raises(torch.OutOfMemoryError):
        evaluate_split(module, make_task(dataset), dataset.split("test", "cpu"), batch_size=8)
    assert module.seen == [8, 4, 2, 1]


@pytest.fixture
def small_memory() -> Iterator[list[int]]:
    """Let every MLP run out of memory on large batches; yield the sizes it was given."""
    seen: list[int] = []

    def refuse(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if isinstance(module, MLP):
            seen.append(len(inputs[0]))
            if seen[-1] > MOST_THAT_FITS:
                raise torch.OutOfMemoryError("CUDA out of memory.")

    handle = register_module_forward_pre_hook(refuse)
    yield seen
    handle.remove()


def test_a_stage_that_ran_out_of_memory_once_keeps_to_what_fits(
    path: Path3, request: pytest.FixtureRequest
) -> None:
    expected, _ = path.evaluate(points=3)
    seen: list[int] = request.getfixturevalue("small_memory")
    found, _ = path.evaluate(points=3, batch_size=128)
    assert [size for size in seen if size > MOST_THAT_FITS] == [128, 64]
    for name, values in expected["columns"].items():
        np.testing.assert_allclose(found["columns"][name], values, rtol=1e-5, atol=1e-7)
