"""An FGE run as a user meets it: carried out, shown, reported, exported, pooled again."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file

import mcworkbench
from mcworkbench.cli.entry import enter
from mcworkbench.data.dataset import open_dataset
from mcworkbench.errors import InvalidInputError
from mcworkbench.runs.index import find_run, run_line
from mcworkbench.runs.members import read_members, what_if
from mcworkbench.runs.views import RunView
from tests.unit.cli_sample import run

if TYPE_CHECKING:
    from pathlib import Path

PRESET = """\
kind = "fge"
title = "FGE in seconds"

[data]
name = "digits"
validation = "none"
train_limit = 300

[model]
name = "mlp"
widths = [12]

[ends]
seeds = [1, 2]

[train]
epochs = 5
batch_size = 60

[fge]
epochs = 4
cycle = 2
batch_size = 60

[expect]
"fge.test_error.2b" = 0.25
"independent.test_error.1b" = 0.3
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Return the home of a finished run, what it said and what it wrote."""
    home = tmp_path_factory.mktemp("fge") / "home"
    preset = home.parent / "tiny-fge.toml"
    preset.write_text(PRESET)
    ended = run(home, "run", str(preset), "--name", "tiny", "--device", "cpu")
    assert ended.returncode == 0, ended.stderr
    return home, ended.stderr, ended.stdout


@pytest.fixture
def view(done: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch) -> RunView:
    monkeypatch.setenv("MCWORKBENCH_HOME", str(done[0]))
    return RunView(find_run("tiny"))


def test_a_pipe_is_told_every_member_and_the_ensemble_so_far(
    done: tuple[Path, str, str],
) -> None:
    _, said, _ = done
    for node in ("fge-1", "fge-2"):
        assert f"{node}: fge-1, 1 of 2: test error" in said
        assert f"{node}: fge-3, 2 of 2: test error" in said
    assert "together test error" in said
    assert "ensemble: fge-1/fge-1" not in said, "the table repeats what was told already"


def test_the_last_word_is_a_table_by_budget_and_members_with_what_they_are_worth(
    done: tuple[Path, str, str], view: RunView
) -> None:
    _, _, wrote = done
    assert "Ensembles by budget" in wrote
    assert "independent networks" in wrote
    assert "Members, fge-2" in wrote
    head = view.headline
    assert head is not None
    assert (head.node, head.name) == ("ensemble", "ensemble_test_error")
    listed = run_line(view.id)
    assert listed is not None
    assert listed.headline == head
    table = json.loads((view.nodes["ensemble"].view.artifacts / "ensemble.json").read_text())
    pooled = next(r for r in table["budgets"] if (r["method"], r["budget"]) == ("fge", 2))
    assert pooled["first"]["test_error"] == head.value
    assert pooled["members"] == 4


def test_every_what_if_can_be_computed_from_what_was_stored(view: RunView) -> None:
    node = view.nodes["fge-1"].view
    members = read_members(node.artifacts)
    assert members is not None
    assert [row.index for row in members.rows] == [0, 1, 2]
    assert what_if(node.artifacts, members, [1, 2]) == node.members[2].ensemble
    assert what_if(node.artifacts, members, [0]) == node.members[0].values


def test_the_start_shares_the_work_of_the_independent_network(view: RunView) -> None:
    kept = [event.name for event in view.nodes["endpoint-1"].view.snapshots]
    assert kept == ["epoch-4"]
    document = view.nodes["fge-1"].view.folder.document()
    assert document["places"] == {"start": "snapshots/epoch-4"}


def test_a_report_has_tables_figures_and_files_of_the_ensembles(
    done: tuple[Path, str, str], view: RunView
) -> None:
    folder = done[0] / "data" / "reports" / view.id
    page = (folder / "report.md").read_text()
    for words in ("## Ensembles by budget", "## Members, fge-1", "Ensemble test error, one run"):
        assert words in page
    for name in ("cycles-fge-1", "ensemble-size", "agreement", "reliability"):
        assert (folder / "figures" / f"{name}.svg").stat().st_size > 1000
    with (folder / "data" / "budgets.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["method"], row["budget"]) for row in rows] == [
        *(("fge", "1"), ("fge", "2"), ("independent", "1"), ("independent", "2"))
    ]
    summary = json.loads((folder / "summary.json").read_text())
    ours = {item["key"]: item["ours"] for item in summary["expectations"]}
    assert ours["fge.test_error.2b"] == pytest.approx(float(rows[1]["test_error"]))
    assert ours["independent.test_error.1b"] == pytest.approx(float(rows[2]["test_error"]))


@pytest.mark.usefixtures("view")
def test_members_are_exported_by_both_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, study, one = tmp_path / "fge", tmp_path / "study", tmp_path / "one.safetensors"
    assert enter(["export", "tiny/fge-1", "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["fge-1.pt", "fge-3.pt"]
    checkpoint = torch.load(out / "fge-3.pt", weights_only=True)
    assert (checkpoint["epoch"], set(checkpoint)) == (
        3,
        {"epoch", "model_state", "optimizer_state"},
    )
    words = ["export", "tiny/fge-1", "--out", str(study), "--names", "base_model"]
    assert enter(words) == 0
    states = [torch.load(study / f"base_model_{k}.pt", weights_only=True) for k in (0, 1)]
    assert enter(["export", "tiny/fge-1@member-2", "--out", str(one)]) == 0
    single = load_file(one)
    for name, value in single.items():
        assert torch.equal(value, states[1][name])
        assert torch.equal(value, checkpoint["model_state"][name])
    assert enter(words) == 2
    assert enter(["export", "tiny/fge-1@member-5", "--out", str(tmp_path / "x.pt")]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "exists; choose another --out or add --force" in said
    assert "has no '@member-5'; it has member-1 to member-2." in said


def test_members_are_opened_in_python(view: RunView) -> None:
    opened = mcworkbench.open("tiny")
    members = opened.members("fge-1")
    assert [row.name for row in members.rows] == ["start", "fge-1", "fge-3"]
    assert members.what_if(1, 2) == view.nodes["fge-1"].view.members[2].ensemble
    network = opened.network("fge-1@member-2")
    split = open_dataset(opened.artifacts("dataset")).split("test", "cpu")
    inputs, targets = split.take(torch.arange(split.num_examples))
    with torch.no_grad():
        found = network(inputs).softmax(1).numpy()
    assert members.predictions(2) == pytest.approx(found, abs=1e-5)
    assert (members.targets == targets.numpy()).all()
    with pytest.raises(InvalidInputError, match="has no network '@member-9'"):
        opened.network("fge-1@member-9")
    with pytest.raises(InvalidInputError, match="endpoint-1 is not a stage with members"):
        opened.members("endpoint-1")


def test_the_ensemble_command_scores_each_and_the_ensemble_so_far(
    done: tuple[Path, str, str], view: RunView, capsys: pytest.CaptureFixture[str]
) -> None:
    home = done[0]
    file = home / "a.pt"
    assert enter(["export", "tiny/endpoint-2", "--out", str(file)]) == 0
    words = ["ensemble", str(file), "tiny/endpoint-1", "tiny/fge-1@member-2", "tiny/fge-2"]
    words += ["--model", "mlp", "--data", "digits", "--set", "model.widths=[12]"]
    ended = run(home, *words, "--set", "data.train_limit=300")
    assert ended.returncode == 0, ended.stderr
    assert "ensemble: a.pt, 1 of 5: test error" in ended.stderr
    assert "ensemble: run:tiny/fge-2/fge-3, 5 of 5" in ended.stderr
    rows = [line.split() for line in ended.stdout.splitlines() if line.startswith("a.pt")]
    error = view.nodes["endpoint-2"].view.summary["test_error"]
    assert rows[0][1] == f"{100 * error:.2f}"
    assert enter(["ensemble", "b.pt", "--model", "mlp", "--data", "digits"]) == 2
    assert enter(words) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "b.pt: there is no such file" in said
    assert "were scored on other [data]" in said


def test_fge_goes_on_from_a_checkpoint_of_another_program_with_its_momentum(
    done: tuple[Path, str, str], view: RunView, tmp_path: Path
) -> None:
    # As that program writes them: network and optimiser in one file.
    assert enter(["export", "tiny", "--layout", "dmc", "--out", str(tmp_path / "dmc")]) == 0
    files = [str(tmp_path / f"dmc/endpoint-{end}/checkpoint-4.pt") for end in (1, 2)]
    kept = {}
    for momentum in (True, False):
        preset = tmp_path / "from-files.toml"
        uses = ", ".join(f'"file:{file}"' for file in files)
        text = PRESET.replace("seeds = [1, 2]", f"use = [{uses}]").partition("[expect]")[0]
        preset.write_text(f"{text}carry_momentum = {str(momentum).lower()}\n")
        name = f"files-{momentum}".lower()
        ended = run(done[0], "run", str(preset), "--name", name, "--device", "cpu")
        assert ended.returncode == 0, ended.stderr
        stage = RunView(find_run(name)).nodes["fge-1"].view.folder
        kept[momentum] = load_file(stage.snapshots / "member-1" / "network.safetensors")
    ours = view.nodes["fge-1"].view.folder.snapshots / "member-1" / "network.safetensors"
    for tensor, value in load_file(ours).items():
        torch.testing.assert_close(kept[True][tensor], value, rtol=0, atol=0)
    assert not torch.equal(kept[False]["fc.0.weight"], kept[True]["fc.0.weight"])
