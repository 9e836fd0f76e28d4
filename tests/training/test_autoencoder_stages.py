"""Autoencoders through the real stages on digits: targets, pictures, codes, resume."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from mcworkbench.config.options.curve import CurveOptions, LineOptions
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.loss import LossOptions
from mcworkbench.config.options.model.autoencoder import AeTinyOptions
from mcworkbench.config.options.pictures import AlignCodeOptions, LatentOptions, PicturesOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.data.draws import augment, epoch_draws
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import read_json
from mcworkbench.metrics import images
from mcworkbench.params.store import read_tensors
from mcworkbench.runs.events import PicturesSaved, Warned
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages import (
    align_code,
    curve,
    dataset,
    endpoint,
    evaluate,
    latent,
    line,
    pictures,
)
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AE = AeTinyOptions(name="ae_tiny", width=4, code=6)
STAGES = {
    "endpoint": endpoint,
    "line": line,
    "curve": curve,
    "evaluate": evaluate,
    "pictures": pictures,
    "latent": latent,
    "align_code": align_code,
}


class Bench:
    """Stages of one small run in folders of a test."""

    def __init__(self, root: Path, **data: Any) -> None:
        self.root = root
        options = DataOptions(
            name="digits", digest="digits", train_limit=200, test_limit=60, **data
        )
        self.data = self.made("data", dataset, options, {})

    def made(self, name: str, stage: Any, options: Any, inputs: Mapping[str, Path]) -> Path:
        self.workspace = MemoryWorkspace(options, self.root / name, inputs)
        self.workspace.tell = self._hear
        self.told: list[Any] = []
        events, self.summary = drive(stage.run(self.workspace))
        self.told += events
        return self.workspace.folder

    def _hear(self, event: Any) -> None:
        self.told.append(event)

    def end(self, seed: int, **chosen: Any) -> Path:
        values: dict[str, Any] = {
            "epochs": 12,
            "batch_size": 50,
            "optimizer": "adam",
            "lr": 1e-2,
            **chosen,
        }
        values |= {"init_seed": seed, "order_seed": seed, "weight_decay": 0.0}
        options = EndpointOptions.model_validate({"model": AE, **values})
        return self.made(f"end-{seed}", endpoint, options, {"dataset": self.data})

    def line(self) -> Path:
        ends = {"first": self.end(1), "last": self.end(2)}
        return self.made("line", line, LineOptions(), ends)

    def look(self, name: str, options: Any, path: Path) -> Path:
        return self.made(name, STAGES[name], options, {"dataset": self.data, "path": path})


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, Path]:
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("joined")
    patch = pytest.MonkeyPatch()
    patch.setenv("MCWORKBENCH_HOME", str(root / "home"))
    bench = Bench(root)
    found = bench, bench.line()
    patch.undo()
    return found


def arrays(folder: Path, name: str) -> dict[str, Any]:
    with np.load(folder / name, allow_pickle=False) as stored:
        return {key: np.asarray(stored[key]) for key in stored.files}


def test_targets_are_the_augmented_inputs(tmp_path: Path) -> None:
    bench = Bench(tmp_path, augment="crop-flip", crop_padding=1)
    opened = open_dataset(bench.data).for_model(AE)
    split = opened.split("train", "cpu")
    draws = epoch_draws(split.num_examples, 3, 1, "crop-flip", 1)
    assert draws is not None
    index = torch.tensor([5, 0, 17])
    inputs, targets = split.take(index, draws)
    torch.testing.assert_close(targets, inputs, rtol=0, atol=0)
    pixels = augment(split.inputs[index], draws.at(index)).float() / 255
    torch.testing.assert_close(targets, pixels)
    # The same decoded data still serve a classifier.
    assert open_dataset(bench.data).split("train", "cpu").take(index)[1].dtype == torch.int64


def test_a_strip_is_kept_every_few_epochs_and_leaves_no_trace(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.end(1, epochs=4, strip_every=2)
    strips = [event for event in bench.told if isinstance(event, PicturesSaved)]
    assert [strip.epoch for strip in strips] == [0, 2, 4]
    shown = arrays(bench.root / "end-1", strips[-1].name)
    assert shown["inputs"].shape == shown["outputs"].shape == (8, 8, 8, 1)
    stored = open_dataset(bench.data).split("test", "cpu", 8, 0).inputs
    np.testing.assert_array_equal(shown["inputs"], stored.permute(0, 2, 3, 1).numpy())
    gap = (shown["inputs"].astype(float) - shown["outputs"]) / 255
    np.testing.assert_allclose((gap**2).mean(axis=(1, 2, 3)), shown["mse"], atol=2e-3)
    with_strips = read_tensors(bench.root / "end-1" / "network.safetensors")
    bench.end(1, epochs=4, strip_every=0)
    for name, value in read_tensors(bench.root / "end-1" / "network.safetensors").items():
        torch.testing.assert_close(value, with_strips[name], rtol=0, atol=0)


def test_denoising_resumes_with_the_same_bits(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    noisy = AE.model_copy(update={"noise": 0.3})
    whole = read_tensors(bench.end(1, epochs=4, model=noisy) / "network.safetensors")
    options = bench.workspace.options
    workspace = MemoryWorkspace(options, tmp_path / "cut", {"dataset": bench.data})
    workspace.stop_after_calls = 12
    with pytest.raises(Stopped):
        drive(endpoint.run(workspace))
    assert 0 < workspace.checkpoints[-1].step < 16
    workspace.stop_after_calls = None
    drive(endpoint.run(workspace))
    for name, value in read_tensors(workspace.folder / "network.safetensors").items():
        torch.testing.assert_close(value, whole[name], rtol=0, atol=0)


def test_a_network_no_better_than_the_mean_image_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.end(1, lr=1e-9)
    assert any(isinstance(e, Warned) and "has collapsed" in e.text for e in bench.told)
    split = {n: open_dataset(bench.data).for_model(AE).split(n, "cpu") for n in ("train", "test")}
    mean = (split["train"].inputs.double() / 255).mean(0)
    expected = ((split["test"].inputs.double() / 255 - mean) ** 2).mean().item()
    assert bench.summary["test_baseline"] == pytest.approx(expected, rel=1e-5)
    bench.end(2)
    assert not any(isinstance(event, Warned) for event in bench.told)


def test_pictures_are_what_the_networks_of_the_table_give(joined: tuple[Bench, Path]) -> None:
    bench, path = joined
    folder = bench.look("pictures", PicturesOptions(points=5, images=3), path)
    shown = arrays(folder, "pictures.npz")
    assert shown["outputs"].shape == (5, 3, 8, 8, 1)
    assert shown["ts"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert {file.name for file in folder.iterdir()} == {"pictures.npz", "sheet.png", "path.gif"}
    table = bench.look("evaluate", EvaluateOptions(points=5, store_predictions=True), path)
    stored = arrays(table, "predictions.npz")
    whole = open_dataset(bench.data).index("test")
    places = [whole.tolist().index(index) for index in shown["index"]]
    expected = stored["outputs"][:, places].transpose(0, 1, 3, 4, 2)
    assert np.abs(expected.astype(int) - shown["outputs"]).max() <= 1
    np.testing.assert_array_equal(stored["targets"][places].transpose(0, 2, 3, 1), shown["inputs"])


def test_stopped_pictures_go_on_and_are_the_same(
    joined: tuple[Bench, Path], tmp_path: Path
) -> None:
    bench, path = joined
    inputs = {"dataset": bench.data, "path": path}
    options = PicturesOptions(points=5, images=2)
    folder = bench.look("pictures", options, path)
    workspace = MemoryWorkspace(options, tmp_path / "cut", inputs)
    workspace.level = StopLevel.after
    with pytest.raises(Stopped):
        drive(pictures.run(workspace))
    workspace.level = StopLevel.none
    drive(pictures.run(workspace))
    again, whole = (arrays(one, "pictures.npz") for one in (workspace.folder, folder))
    for name, values in whole.items():
        np.testing.assert_array_equal(again[name], values)


def test_the_table_tells_the_loss_baseline_and_barriers(joined: tuple[Bench, Path]) -> None:
    bench, path = joined
    loss = LossOptions(name="laplacian")
    options = EvaluateOptions(points=3, loss=loss, store_predictions=True)
    folder = bench.look("evaluate", options, path)
    table: Any = read_json(folder / "table.json")
    assert table["task"] == "reconstruction:laplacian"
    columns = table["columns"]
    stored = arrays(folder, "predictions.npz")
    x, y = (torch.from_numpy(a) / 255 for a in (stored["outputs"][1], stored["targets"]))
    expected = images.laplacian(x, y, 3).mean().item()
    assert columns["test_nll"][1] == pytest.approx(expected, rel=1e-3)
    assert table["baseline"]["test_mse"] > columns["test_mse"][0]
    # A barrier of a metric that should be high is that of its fall.
    ends, middle = columns["test_psnr"][::2], columns["test_psnr"][1]
    expected = max(0.0, sum(ends) / 2 - middle)
    assert table["barriers"]["test_psnr"]["above_chord"] == pytest.approx(expected)
    assert bench.summary["test_mse_max"] == pytest.approx(max(columns["test_mse"]))


def test_crossing_encoders_and_decoders_has_the_path_on_its_diagonal(
    joined: tuple[Bench, Path],
) -> None:
    bench, path = joined
    options = LatentOptions(examples=60, cross_points=3, strips=2, steps=4)
    folder = bench.look("latent", options, path)
    cross = arrays(folder, "cross.npz")
    table: Any = read_json(bench.look("evaluate", EvaluateOptions(points=3), path) / "table.json")
    np.testing.assert_allclose(np.diag(cross["mse"]), table["columns"]["test_mse"], rtol=1e-5)
    codes = arrays(folder, "latent.npz")
    assert codes["a"].shape == codes["b"].shape == codes["b_aligned"].shape == (60, 2)
    assert len(set(codes["labels"].tolist())) > 5
    strips = arrays(folder, "interpolation.npz")
    assert strips["first"].shape == strips["last"].shape == (2, 4, 8, 8, 1)


def test_an_aligned_end_computes_what_the_end_does(joined: tuple[Bench, Path]) -> None:
    bench, _ = joined
    ends = {"first": bench.root / "end-1", "last": bench.root / "end-2"}
    inputs = {"dataset": bench.data, **ends}
    folder = bench.made("aligned", align_code, AlignCodeOptions(), inputs)
    assert bench.summary["code_distance"] < 0.8 * bench.summary["code_distance_before"]
    aligned, given = (read_tensors(f / "network.safetensors") for f in (folder, ends["last"]))
    changed = {name for name in given if not torch.equal(given[name], aligned[name])}
    assert changed == {"fc1.weight", "fc1.bias", "d1.weight", "d1.bias"}
    paths = [
        bench.made(f"line-{n}", line, LineOptions(), {"first": ends["first"], "last": last})
        for n, last in enumerate((ends["last"], folder))
    ]
    scores = [
        read_json(bench.look("evaluate", EvaluateOptions(points=3), path) / "table.json")
        for path in paths
    ]
    plain, turned = (table["columns"]["test_mse"] for table in scores)  # type: ignore[index]
    assert turned[2] == pytest.approx(plain[2], rel=1e-4)
    assert turned[1] != pytest.approx(plain[1], rel=1e-4)


def test_a_perceptual_loss_trains_ends_and_curves_alike(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    loss = LossOptions(name="perceptual", layers=("relu1_2",), features="random:3")
    ends = {"first": bench.end(1, loss=loss), "last": bench.end(2, loss=loss)}
    told = bench.summary
    options = CurveOptions(epochs=2, batch_size=50, optimizer="adam", lr=1e-3, loss=loss)
    path = bench.made("curve", curve, options, {"dataset": bench.data, **ends})
    table: Any = read_json(
        bench.look("evaluate", EvaluateOptions(points=3, loss=loss), path) / "table.json"
    )
    assert table["task"] == "reconstruction:perceptual"
    assert told["test_nll"] < told["test_baseline"]
    # The mean image has the same loss wherever it is scored: one loss, one set of features.
    assert table["baseline"]["test_nll"] == pytest.approx(told["test_baseline"], rel=1e-6)
    assert table["baseline"]["test_nll"] != pytest.approx(table["baseline"]["test_mse"], rel=0.1)


def test_a_layer_too_deep_for_the_images_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    loss = LossOptions(name="perceptual", layers=("relu5_1",), features="random:0")
    with pytest.raises(InvalidInputError, match="relu5_1 needs images of at least 16 pixels"):
        bench.end(1, loss=loss)


def test_files_of_pictures_are_plain_arrays(joined: tuple[Bench, Path]) -> None:
    bench, path = joined
    folder = bench.look("pictures", PicturesOptions(points=3, images=2), path)
    content = (folder / "pictures.npz").read_bytes()
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)
