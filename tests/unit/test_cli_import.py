"""`import` of folders: what is found in them, what its nodes are called, what is taken in."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest
import torch
from torch import nn

from mcworkbench.cli.entry import enter
from mcworkbench.cli.import_folder import MAX_NAME, checkpoints_in, node_names
from mcworkbench.config.loading import build_experiment
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.errors import InvalidInputError, PresetError
from tests.unit.cli_sample import run

Said = pytest.CaptureFixture[str]


def network(seed: int, width: int = 5) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))


@pytest.fixture
def wild(tmp_path: Path) -> Path:
    """Return a folder as people leave it: two formats, an optimiser, a hostile file."""
    root = tmp_path / "wild"
    for place in (1, 2, 10):
        (root / f"chp{place}").mkdir(parents=True)
        state = {f"fc.{name}": value for name, value in network(place).state_dict().items()}
        torch.save(
            {"epoch": 30, "model_state": state, "optimizer_state": {}},
            root / f"chp{place}" / "checkpoint-30.pt",
            _use_new_zipfile_serialization=place != 2,
        )
    optimizer = torch.optim.SGD(network(1).parameters(), lr=0.1)
    torch.save(optimizer.state_dict(), root / "net_32ep_1_opt.pt")
    (root / "evil.pt").write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    (root / ".hidden.pt").write_bytes(b"")
    (root / "notes.txt").write_text("")
    return root


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (
            ["chp1/checkpoint-30.pt", "chp2/checkpoint-30.pt", "chp10/checkpoint-30.pt"],
            ["chp1", "chp2", "chp10"],
        ),
        (
            ["chp1/checkpoint-0.pt", "chp1/checkpoint-30.pt", "chp2/checkpoint-30.pt"],
            ["chp1-epoch-0", "chp1-epoch-30", "chp2"],
        ),
        (["LinearOneLayer/chp1/checkpoint-30.pt"], ["chp1"]),
        (
            ["vgg16_cifar10_32ep_1.pt", "vgg16_cifar10_fge_1/base_model_0.pt"],
            ["vgg16-cifar10-32ep-1", "vgg16-cifar10-fge-1-base-model-0"],
        ),
        (
            ["model_0/best.checkpoint", "model_0/final.checkpoint", "model_1/best.checkpoint"],
            ["model-0-best", "model-0-final", "model-1-best"],
        ),
        (
            ["experiments/r/r_seed1/parent_1.pt", "experiments/r/r_seed2/parent_1.pt"],
            ["seed1-parent-1", "seed2-parent-1"],
        ),
        (
            ["experiments/r/r_seed1/parent_1.pt", "experiments/v/v_seed1/parent_1.pt"],
            ["r-seed1-parent-1", "v-seed1-parent-1"],
        ),
        (["a.pt", "a.pth", "ä.pt"], ["a", "a-2", "network"]),
    ],
)
def test_nodes_are_called_by_what_tells_their_files_apart(
    files: list[str], names: list[str]
) -> None:
    assert node_names([PurePosixPath(file) for file in files]) == names


def test_long_names_are_cut_and_stay_different() -> None:
    names = node_names([PurePosixPath(f"{'long_folder/' * 9}{name}.pt") for name in ("x", "x_2")])
    assert len(set(names)) == 2
    assert all(len(name) <= MAX_NAME for name in names)


def test_checkpoints_come_in_natural_order_without_hidden_ones(wild: Path) -> None:
    found = [file.relative_to(wild).as_posix() for file in checkpoints_in(wild)]
    assert found == [
        *(f"chp{place}/checkpoint-30.pt" for place in (1, 2, 10)),
        "evil.pt",
        "net_32ep_1_opt.pt",
    ]
    assert len(checkpoints_in(wild, "chp?/*")) == 2
    with pytest.raises(InvalidInputError, match="none of its 5 checkpoints fits --match x"):
        checkpoints_in(wild, "x")
    (wild / "empty").mkdir()
    with pytest.raises(InvalidInputError, match=r"holds no .*\.pt"):
        checkpoints_in(wild / "empty")


def test_a_dry_run_lists_every_file_and_takes_nothing_in(
    wild: Path, home: Path, capsys: Said
) -> None:
    assert enter(["import", str(wild), "--dry-run", "--json"]) == 0
    listed = {
        Path(one["file"]).relative_to(wild).as_posix(): one
        for one in json.loads(capsys.readouterr().out)
    }
    # Activations cannot be told from shapes, so both are named.
    relu = {"name": "mlp", "widths": [5]}
    models = listed["chp2/checkpoint-30.pt"]["models"]
    assert models == [relu, {**relu, "activation": "tanh"}]
    assert listed["chp2/checkpoint-30.pt"]["epoch"] == 30
    assert listed["net_32ep_1_opt.pt"]["what"] == "optimizer"
    assert "running 'os.system'" in listed["evil.pt"]["problem"]
    assert not Path("pwned").exists()
    assert not (home / "data" / "runs").exists()


def test_what_cannot_be_told_is_asked_for(wild: Path, capsys: Said) -> None:
    assert enter(["import", str(wild)]) == 2
    told = capsys.readouterr()
    assert "with --data" in told.err
    assert "64 values, and give 10 outputs" in told.err
    torch.save(network(4, width=6).state_dict(), wild / "wider.pt")
    assert enter(["import", str(wild), "--data", "digits"]) == 2
    assert "these are of 2 (mlp, widths = [5]: checkpoint-30.pt, " in capsys.readouterr().err
    torch.save({"a.weight": torch.ones(3, 3, 2, 2)}, wild / "odd.pt")
    assert enter(["import", str(wild / "odd.pt"), "--data", "digits"]) == 2
    assert "say which it is with --model NAME" in capsys.readouterr().err
    assert enter(["import", str(wild / "evil.pt"), "--data", "digits"]) == 2
    assert "evil.pt: refused, because reading it means running" in capsys.readouterr().err


def test_a_folder_is_one_run_whose_nodes_other_presets_can_name(wild: Path, home: Path) -> None:
    ended = run(home, "import", str(wild), "--data", "digits", "--name", "mine")
    assert ended.returncode == 0, ended.stderr
    assert "taken as mlp, widths = [5], by names and shapes." in ended.stderr
    for name in ("chp1", "chp2", "chp10"):
        assert f"use it as run:mine/{name}" in ended.stdout
    settings = ["data.name=digits", "model.name=mlp", "model.widths=[5]"]
    settings.append("ends.use=['run:mine/chp2','run:mine/chp10']")
    words = [word for setting in settings for word in ("--set", setting)]
    planned = run(home, "run", "--kind", "endpoints", *words, "--json")
    assert planned.returncode == 0, planned.stderr


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("['a', 'b', 'c']", "names lists 3 and files 2"),
        ("['a', 'B']", "'B' cannot name a node"),
        ("['a', 'a']", "names must differ"),
        ("['a', 'dataset']", "'dataset' cannot name a node"),
    ],
)
def test_names_of_imports_are_checked(names: str, sentence: str) -> None:
    text = f"""
kind = "import"
data.name = "digits"
model.name = "mlp"
[import]
files = ["a.pt", "b.pt"]
names = {names}
"""
    with pytest.raises(PresetError, match=sentence):
        build_experiment(parse_toml(text, "p"))
