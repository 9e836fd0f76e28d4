"""A tiny preset from the first command to the last, in pipes: run, reuse, show, delete, export."""

from __future__ import annotations

import io
import json
import math
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from mcworkbench.cli.entry import enter
from tests.unit.cli_sample import TINY, run

Done = subprocess.CompletedProcess[str]
Said = pytest.CaptureFixture[str]
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """Return a home in which the tiny preset was run once, and what the command wrote."""
    home = tmp_path_factory.mktemp("runs") / "home"
    return home, run(home, "run", str(TINY), "--name", "first")


@pytest.fixture
def shared(first: tuple[Path, Done], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return that home, which this test's commands use too."""
    monkeypatch.setenv("MCWORKBENCH_HOME", str(first[0]))
    return first[0]


def as_json(words: list[str], said: Said) -> Any:
    said.readouterr()
    assert enter([*words, "--json"]) == 0
    return json.loads(said.readouterr().out)


def test_a_run_in_a_pipe_ends_with_its_table_and_its_report(first: tuple[Path, Done]) -> None:
    home, done = first
    assert done.returncode == 0, done.stderr
    heads = next(line for line in done.stdout.splitlines() if "barrier" in line)
    assert heads.split() == ["start", "end", "min", "max", "avg", "int", "barrier"]
    for title in ("train loss (regularised), nats", "train error, %", "test nll", "test error, %"):
        assert title in done.stdout
    assert done.stdout.count("\n  line ") == done.stdout.count("\n  Bézier, 1 bend ") == 6
    report = Path(re.findall(r"^report: (.+)$", done.stdout, re.MULTILINE)[0])
    assert report.is_relative_to(home / "data" / "reports")
    assert {path.name for path in report.parent.iterdir()} >= {"report.html", "report.md", "data"}


def test_a_pipe_gets_plain_lines_without_control_characters(first: tuple[Path, Done]) -> None:
    _, done = first
    assert not CONTROL.search(done.stdout + done.stderr)
    for stage in ("dataset", "endpoint-1", "endpoint-2", "line", "curve", "evaluate-curve"):
        assert re.search(rf"^{stage}: done in \d", done.stderr, re.MULTILINE), done.stderr


def test_the_table_agrees_with_the_json_and_the_stored_table(shared: Path, capsys: Said) -> None:
    shown = as_json(["show", "first"], capsys)
    assert shown["state"] == "done"
    path = next(path for path in shown["paths"] if path["node"] == "evaluate-curve")
    errors = path["columns"]["test_error"]
    assert len(errors) == 3
    assert path["statistics"]["test_error"]["max"] == max(errors)
    assert enter(["show", "first"]) == 0
    rows = capsys.readouterr().out.partition("test error, %\n")[2].splitlines()
    words = next(row for row in rows if row.startswith("  Bézier, 1 bend")).split()
    assert [float(word) for word in words[3:7]] == [
        round(100 * value, 2) for value in (errors[0], errors[2], min(errors), max(errors))
    ]


def test_the_same_preset_again_reuses_every_stage_and_says_so(first: tuple[Path, Done]) -> None:
    home, before = first
    again = run(home, "run", str(TINY), "--name", "second", "--json")
    assert again.returncode == 0
    assert "7 of 7 stages reused" in again.stderr
    assert "curve: reused from " in again.stderr
    document = json.loads(again.stdout)
    made_by = {node["name"]: node["made_by"] for node in document["nodes"]}
    assert all(made_by.values())
    barrier = document["paths"][0]["barriers"]["train_loss"]["above_chord"]
    assert f"{barrier:.4f}" in before.stdout


def test_another_seed_trains_other_ends_but_takes_the_data(first: tuple[Path, Done]) -> None:
    home, _ = first
    started = run(home, "run", str(TINY), "--seed", "5", "--name", "third", "--detach")
    assert started.returncode == 0
    run_id = started.stdout.strip()
    assert "1 of 7 stages reused" in started.stderr
    watched = run(home, "watch", run_id)
    assert watched.returncode == 0
    assert "Bézier" in watched.stdout
    shown = json.loads(run(home, "show", "third", "--json").stdout)
    assert [end["seeds"]["init"] for end in shown["ends"]] == [5, 6]


def test_the_list_has_state_progress_headline_and_age(shared: Path, capsys: Said) -> None:
    listed = as_json(["list"], capsys)
    entry = next(one for one in listed if one["name"] == "first")
    assert (entry["kind"], entry["state"], entry["progress"]) == ("curve", "done", 1.0)
    assert math.isfinite(entry["headline"]["value"])
    assert 0 < entry["age_s"] < 3600
    assert enter(["list"]) == 0
    assert entry["id"] in capsys.readouterr().out


def test_a_finished_run_is_neither_resumed_nor_stopped(shared: Path, capsys: Said) -> None:
    assert enter(["resume", "first"]) == 2
    assert "is done, nothing is left to resume" in capsys.readouterr().err
    assert enter(["stop", "first", "--now"]) == 2
    assert "is not running: it is done" in capsys.readouterr().err


def test_a_deleted_run_comes_back_with_its_numbers(shared: Path, capsys: Said) -> None:
    before = as_json(["show", "first"], capsys)
    assert enter(["delete", "first"]) == 0
    assert f"`mcworkbench restore {before['id']}`" in capsys.readouterr().err
    assert enter(["show", before["id"]]) == 2
    assert enter(["restore"]) == 0
    assert before["id"] in capsys.readouterr().out
    assert enter(["restore", before["id"]]) == 0
    assert as_json(["show", "first"], capsys) == before


def test_clean_touches_no_stage_that_a_run_names(shared: Path, capsys: Said) -> None:
    stages = sorted((shared / "data" / "stages").iterdir())
    assert enter(["clean", "--yes"]) == 0
    assert sorted((shared / "data" / "stages").iterdir()) == stages


def test_a_failed_stage_is_one_sentence_and_exit_code_1(first: tuple[Path, Done]) -> None:
    home, _ = first
    wild = ["--set", "train.lr=1000", "--set", "train.weight_decay=10", "--name", "bad"]
    done = run(home, "run", str(TINY), *wild)
    assert done.returncode == 1
    assert "the training loss stopped being a finite number" in done.stderr
    assert "--set train.lr=" in done.stderr
    assert "Traceback" not in done.stderr
    assert run(home, "show", "bad").stdout.count("failed") >= 1


def _artifacts(home: Path, said: Said, node: str) -> Path:
    shown = as_json(["show", "first"], said)
    key = next(one["key"] for one in shown["nodes"] if one["name"] == node)
    return home / "data" / "stages" / key / "artifacts"


def test_a_point_of_a_curve_is_the_mean_of_its_nodes_with_bezier_weights(
    shared: Path, tmp_path: Path, capsys: Said
) -> None:
    target = tmp_path / "half.safetensors"
    assert enter(["export", "first/curve", "--at", "0.5", "--out", str(target)]) == 0
    nodes = load_file(_artifacts(shared, capsys, "curve") / "nodes.safetensors")["nodes"]
    wanted = 0.25 * nodes[0] + 0.5 * nodes[1] + 0.25 * nodes[2]
    exported = load_file(target)
    # No padding, and the layers of an MLP are stored in the order of their names.
    values = np.concatenate([exported[name].ravel() for name in _parameter_order(exported)])
    np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-7)


def _parameter_order(tensors: dict[str, Any]) -> list[str]:
    """Return names as a network registers them: by layer, weight before bias."""
    layer = re.compile(r"\d+")
    return sorted(tensors, key=lambda name: (*map(int, layer.findall(name)), name.endswith("bias")))


def test_an_exported_network_and_curve_come_back_the_same(
    shared: Path, tmp_path: Path, capsys: Said
) -> None:
    network, curve = tmp_path / "end.pt", tmp_path / "curve.pt"
    assert enter(["export", "first/endpoint-2", "--format", "pt", "--out", str(network)]) == 0
    assert enter(["export", "first/curve", "--format", "pt", "--out", str(curve)]) == 0
    state = torch.load(network, weights_only=True)
    assert all(tensor.is_contiguous() for tensor in state.values())
    assert {tensor.untyped_storage().nbytes() for tensor in state.values()} == {
        4 * tensor.numel() for tensor in state.values()
    }
    checkpoint = torch.load(curve, weights_only=True)
    assert set(checkpoint) == {"epoch", "model_state", "optimizer_state"}
    assert checkpoint["epoch"] == 2
    words = ["--model", "mlp", "--data", "digits", "--set", "model.widths=[8]", "--name", "back"]
    done = run(shared, "import", str(network), str(curve), *words)
    assert done.returncode == 0, done.stderr
    assert "use it as run:back/import-1" in done.stdout
    # What it scores is told at once: wrong data or scaling would show.
    assert re.search(r"import-1: done in .*test error \d", done.stderr)
    again = tmp_path / "again.safetensors"
    assert run(shared, "export", "back/import-2", "--at", "1", "--out", str(again)).returncode == 0
    for name, values in load_file(again).items():
        np.testing.assert_array_equal(values, state[name].numpy())


def test_an_evaluation_is_exported_in_percent_under_the_references_keys(
    shared: Path, tmp_path: Path, capsys: Said
) -> None:
    target = tmp_path / "curve.npz"
    words = ["export", "first/evaluate-curve", "--format", "npz", "--out", str(target)]
    assert enter(words) == 0
    stored = json.loads((_artifacts(shared, capsys, "evaluate-curve") / "table.json").read_text())
    arrays = np.load(io.BytesIO(target.read_bytes()), allow_pickle=False)
    np.testing.assert_allclose(arrays["te_err"], 100 * np.array(stored["columns"]["test_error"]))
    np.testing.assert_allclose(arrays["ts"], [0, 0.5, 1])
    assert enter(words) == 2
    assert "--force" in capsys.readouterr().err


def test_an_import_that_lacks_a_setting_says_which(
    tmp_path: Path, home: Path, capsys: Said
) -> None:
    file = tmp_path / "net.pt"
    file.write_bytes(b"")
    assert enter(["import", str(file), "--model", "vg16", "--data", "digits"]) == 2
    assert "Did you mean 'vgg16'?" in capsys.readouterr().err
    words = ["--model", "mlp", "--data", "digits", "--set", "model.width=[8]"]
    assert enter(["import", str(file), *words]) == 2
    assert "'widths'?" in capsys.readouterr().err
