"""A real run, opened in Python: tables as rows, points of a path as modules."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch.nn import functional

import mcworkbench
from mcworkbench.config.loading import build_experiment
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.data.dataset import open_dataset
from mcworkbench.errors import InvalidInputError
from mcworkbench.executors import local
from mcworkbench.folders import read_json
from mcworkbench.plans.launch import create_run
from mcworkbench.runs.actions import request_stop
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.run_view import RunView

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from mcworkbench.library import Run

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "library.md"
WITHIN_S = 60
PRESET = """\
kind = "curve"
title = "A curve of residual networks in seconds"

[data]
name = "digits"
validation = "random:40"
train_limit = 240
test_limit = 120

[model]
name = "preresnet"
depth = 8

[train]
epochs = 1
batch_size = 60
lr = 0.1

[curve]
epochs = 1
batch_size = 60
probe_points = 0

[evaluate]
points = 3
bn_examples = 150
bn_batch = 8
seed = 3
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the home and the id of a run that its own processes carried out."""
    home = tmp_path_factory.mktemp("library") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCWORKBENCH_HOME", str(home))
        experiment, file = build_experiment(parse_toml(PRESET, "tiny.toml"))
        run_id = create_run(experiment, file, name="tiny", device="cpu").run_id
        assert local.start(run_id)
        deadline_s = time.monotonic() + WITHIN_S
        # Its process is gone a moment after its last word.
        while local.is_running(run_id) or local._started:
            if time.monotonic() > deadline_s:
                request_stop(run_id, StopLevel.kill)
                raise AssertionError("the run takes too long")
            time.sleep(0.05)
        view = RunView(run_id)
        assert view.state.value == "done", view.reason
    return home, run_id


@pytest.fixture
def run(finished: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    home, run_id = finished
    monkeypatch.setenv("MCWORKBENCH_HOME", str(home))
    torch.set_num_threads(1)
    return mcworkbench.open(run_id)


@torch.no_grad()
def scored(run: Run, module: nn.Module) -> dict[str, float]:
    """Return test loss and accuracy of a module by torch alone."""
    split = open_dataset(run.artifacts("dataset")).split("test", "cpu")
    inputs, targets = split.take(torch.arange(split.num_examples))
    outputs = module(inputs)
    hits = (outputs.argmax(1) == targets).double().mean().item()
    return {"nll": functional.cross_entropy(outputs, targets).item(), "accuracy": hits}


def test_a_run_is_opened_by_id_its_start_its_name_or_last(run: Run) -> None:
    for reference in (run.id, run.id[:-2], "tiny", "last"):
        assert mcworkbench.open(reference).id == run.id
    assert (run.name, run.kind) == ("tiny", "curve")
    assert list(run.nodes)[-2:] == ["curve", "evaluate-curve"]


def test_a_table_has_a_row_per_point_and_path(run: Run) -> None:
    rows = run.table()
    assert [(row["path"], row["t"]) for row in rows] == [
        (path, t) for path in ("line", "curve") for t in (0.0, 0.5, 1.0)
    ]
    table = read_json(run.artifacts("evaluate-curve") / "table.json")
    for place, row in enumerate(run.table("evaluate-curve")):
        assert row["dl"] == table["dl"][place]
        for name, values in table["columns"].items():
            assert row[name] == values[place]


@pytest.mark.parametrize("node", ["line", "curve"])
def test_a_point_of_a_path_is_the_network_that_the_table_scored(run: Run, node: str) -> None:
    path = run.path(node)
    assert path.num_nodes == {"line": 2, "curve": 3}[node]
    for row in run.table(f"evaluate-{node}"):
        module = path.at(row["t"])
        assert not module.training
        found = scored(run, module)
        assert found["accuracy"] == pytest.approx(row["test_accuracy"], abs=1e-12)
        assert found["nll"] == pytest.approx(row["test_nll"], rel=1e-5)


def test_another_refresh_gives_other_statistics(run: Run) -> None:
    path = run.path("curve")
    as_scored, otherwise = path.at(0.5), path.at(0.5, bn_examples=60)
    assert torch.equal(as_scored.state_dict()["fc.weight"], otherwise.state_dict()["fc.weight"])
    name = "bn.running_mean"
    assert not torch.equal(as_scored.state_dict()[name], otherwise.state_dict()[name])


def test_networks_taken_from_a_path_are_independent_plain_modules(run: Run) -> None:
    path = run.path("curve")
    one, other = path.at(0.0), path.at(1.0)
    expected = path.vector(0.0)
    vector = torch.cat([parameter.detach().flatten() for parameter in one.parameters()])
    assert torch.equal(vector, expected)
    assert not torch.equal(path.vector(1.0), expected)
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.zero_()
    assert torch.equal(path.vector(0.0), expected)
    assert all(parameter.abs().sum() > 0 for parameter in other.parameters() if parameter.ndim > 1)


def test_an_end_has_its_own_statistics_and_the_parameters_of_the_path(run: Run) -> None:
    end, point = run.network("endpoint-2"), run.path("curve").at(1.0)
    assert not end.training
    for name, value in end.named_parameters():
        torch.testing.assert_close(dict(point.named_parameters())[name], value)
    name = "bn.running_mean"
    assert not torch.equal(end.state_dict()[name], point.state_dict()[name])


def test_what_does_not_exist_is_one_sentence(run: Run) -> None:
    asked: dict[str, Callable[[], object]] = {
        "is not a path; try one of line, curve.": lambda: run.path("evaluate-curve"),
        "is called 'curv'. Did you mean 'curve'?": lambda: run.path("curv"),
        "is not a network; try one of endpoint-1, endpoint-2.": lambda: run.network("curve"),
        "is not a table; try one of evaluate-line, evaluate-curve.": lambda: run.table("curve"),
        "t = 1.5 lies outside [0, 1].": lambda: run.path("curve").at(1.5),
        "no run is called 'tinny'. Did you mean 'tiny'?": lambda: mcworkbench.open("tinny"),
    }
    for sentence, ask in asked.items():
        with pytest.raises(InvalidInputError) as caught:
            ask()
        assert sentence in str(caught.value)


def test_a_node_that_has_not_finished_says_so(run: Run) -> None:
    experiment, file = build_experiment(parse_toml(PRESET, "tiny.toml"), ["train.lr=0.2"])
    other = mcworkbench.open(create_run(experiment, file, name="waiting").run_id)
    assert other.table() == []
    with pytest.raises(InvalidInputError, match=r"/curve has not finished; `mcworkbench resume`"):
        other.path("curve")


def test_the_guide_shows_what_works(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(blocks) == 4
    text = "\n".join(blocks).replace('mcworkbench.open("last")', f"mcworkbench.open({run.id!r})")
    names: dict[str, Any] = {}
    exec(compile(text, str(GUIDE), "exec"), names)
    assert names["outputs"].shape == (1, 10)
    assert names["curve"].num_nodes == 3
    assert "highest test loss" in capsys.readouterr().out
