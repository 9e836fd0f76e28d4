"""What an evaluation keeps for looking at: F1, functions of one variable, further test sets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score

from mcworkbench.config.options.curve import CurveOptions, LineOptions
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.model import MlpOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.models.product import load_network, open_flat
from mcworkbench.paths.path import open_path
from mcworkbench.reports.looks import read_functions, read_predictions
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages import curve as curve_stage
from mcworkbench.stages import dataset as dataset_stage
from mcworkbench.stages import endpoint as endpoint_stage
from mcworkbench.stages import evaluate as evaluate_stage
from mcworkbench.stages import line as line_stage
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

MODEL = MlpOptions(name="mlp", widths=(12,))


def made(run: Any, options: Any, folder: Path, **inputs: Path) -> Path:
    workspace = MemoryWorkspace(options, folder, inputs)
    drive(run(workspace))
    return folder


def evaluated(folder: Path, inputs: Mapping[str, Path], **chosen: Any) -> dict[str, Any]:
    options = EvaluateOptions.model_validate(chosen)
    drive(evaluate_stage.run(MemoryWorkspace(options, folder, inputs)))
    return json.loads((folder / "table.json").read_bytes())


@pytest.fixture
def line(digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path) -> Path:
    ends = {"first": train_end(MODEL, 1), "last": train_end(MODEL, 2)}
    return made(line_stage.run, LineOptions(), tmp_path / "line", **ends)


def test_f1_along_a_path_is_that_of_the_kept_predictions(
    digits: Path, line: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "table"
    inputs = {"dataset": digits, "path": line}
    table = evaluated(folder, inputs, points=5, store_predictions=True)
    kept = read_predictions(folder)
    assert kept is not None
    for place, t in enumerate(kept.ts):
        outputs, targets = kept.at(float(t))
        oracle: Any = f1_score
        expected = oracle(targets, outputs.argmax(1), average="weighted", zero_division=0.0)
        # Ties among halves aside, the kept probabilities predict as the network did.
        assert table["columns"]["test_f1"][place] == pytest.approx(expected, abs=0.02)
        error = (outputs.argmax(1) != targets).mean()
        assert table["columns"]["test_error"][place] == pytest.approx(error, abs=0.011)
    assert set(table["summary"]["train_f1"]) == {"min", "max", "avg", "int", "start", "end"}
    assert "test_f1" not in table["barriers"], "a rise of F1 is none"


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return data, two ends, line and curve of the regression of one variable."""
    root = tmp_path_factory.mktemp("regression")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCWORKBENCH_HOME", str(root / "home"))
        torch.set_num_threads(1)
        data = DataOptions(name="three-clusters", digest="test", features="half-square")
        found = {"dataset": made(dataset_stage.run, data, root / "data")}
        model = MlpOptions(name="mlp", widths=(8,), activation="tanh")
        for place, seed in enumerate((1, 42), 1):
            options = EndpointOptions(model=model, epochs=30, lr=0.01, init_seed=seed)
            folder = root / f"end-{place}"
            found[f"end-{place}"] = made(
                endpoint_stage.run, options, folder, dataset=found["dataset"]
            )
        ends = {"first": found["end-1"], "last": found["end-2"]}
        found["line"] = made(line_stage.run, LineOptions(), root / "line", **ends)
        options = CurveOptions(epochs=10, bends=2, lr=0.01, probe_points=0)
        found["curve"] = made(
            curve_stage.run, options, root / "curve", dataset=found["dataset"], **ends
        )
    return found


@pytest.mark.parametrize("name", ["line", "curve"])
def test_functions_are_those_of_the_networks_on_the_path(
    regression: dict[str, Path], name: str, tmp_path: Path
) -> None:
    inputs = {"dataset": regression["dataset"], "path": regression[name]}
    evaluated(tmp_path, inputs, points=3, functions=9)
    kept = read_functions(tmp_path)
    assert kept is not None
    assert kept.ts.tolist() == [place / 8 for place in range(9)]
    flat = open_flat(regression[name], device="cpu")
    path = open_path(regression[name], flat.layout)
    x = torch.from_numpy(kept.x)
    for place in (0, 3, 8):
        path.at(float(kept.ts[place]), out=flat.params)
        with torch.no_grad():
            expected = flat(torch.stack([x / 2, (x / 2) ** 2], 1))[:, 0]
        np.testing.assert_allclose(kept.values[place], expected.numpy(), rtol=0, atol=1e-6)
    for place, end in ((0, "end-1"), (8, "end-2")):
        load_network(flat, regression[end], where="test")
        with torch.no_grad():
            expected = flat(torch.stack([x / 2, (x / 2) ** 2], 1))[:, 0]
        np.testing.assert_allclose(kept.values[place], expected.numpy(), rtol=0, atol=1e-6)
    data = open_dataset(regression["dataset"])
    assert np.array_equal(kept.train_y, data.raw("train")[1][:, 0])
    assert kept.x[0] < kept.train_x.min() < kept.train_x.max() < kept.x[-1]


def test_stopping_while_functions_are_drawn_ends_with_the_same_files(
    regression: dict[str, Path], tmp_path: Path
) -> None:
    inputs = {"dataset": regression["dataset"], "path": regression["curve"]}
    options = EvaluateOptions(points=3, functions=20)
    whole = MemoryWorkspace(options, tmp_path / "whole", inputs)
    drive(evaluate_stage.run(whole))
    parts = MemoryWorkspace(options, tmp_path / "parts", inputs)
    parts.stop_after_calls = 20
    with pytest.raises(Stopped):
        drive(evaluate_stage.run(parts))
    assert len(parts.checkpoints[-1].state["rows"]) == 3, "it was beyond the points"
    parts.stop_after_calls = None
    drive(evaluate_stage.run(parts))
    for name in ("functions.npz", "table.json"):
        kept = [np.load(one.folder / name) for one in (whole, parts)] if "npz" in name else []
        for key in kept[0] if kept else ():
            assert np.array_equal(kept[0][key], kept[1][key])
    tables = [(one.folder / "table.json").read_bytes() for one in (whole, parts)]
    assert tables[0] == tables[1]


def test_a_further_test_set_is_scored_beside_the_own_one(
    digits: Path, line: Path, tmp_path: Path
) -> None:
    # The same digits, other examples: whole test set, and normalised by itself.
    other = DataOptions(name="digits", digest="digits", normalize="none")
    inputs = {"dataset": digits, "path": line}
    inputs["test-whole"] = made(dataset_stage.run, other, tmp_path / "other")
    table = evaluated(tmp_path / "table", inputs, points=3, also_test=("whole",))
    columns = table["columns"]
    data = open_dataset(digits)
    split = open_dataset(inputs["test-whole"]).split("test", "cpu")
    assert split.num_examples == 360
    pixels = split.inputs.float() / 255
    scaled = (pixels - torch.tensor(data.mean)) / torch.tensor(data.std)
    flat = open_flat(line, device="cpu")
    path = open_path(line, flat.layout)
    for place, t in enumerate(table["ts"]):
        path.at(t, out=flat.params)
        with torch.no_grad():
            wrong = (flat(scaled).argmax(1) != split.targets).double().mean().item()
        assert columns["test-whole_error"][place] == pytest.approx(wrong, abs=1e-9)
    without = evaluated(
        tmp_path / "plain", {name: inputs[name] for name in ("dataset", "path")}, points=3
    )
    shared = {name: columns[name] for name in without["columns"]}
    assert shared == without["columns"], "further test sets change no other number"
    assert "test-whole_error" in table["barriers"]


def test_a_further_test_set_of_another_kind_is_refused(
    digits: Path, line: Path, tmp_path: Path
) -> None:
    other = made(
        dataset_stage.run, DataOptions(name="synthetic", digest="synthetic-1"), tmp_path / "other"
    )
    inputs = {"dataset": digits, "path": line, "test-strange": other}
    with pytest.raises(Exception, match="also_test: 'strange' has inputs"):
        evaluated(tmp_path / "table", inputs, points=3, also_test=("strange",))
