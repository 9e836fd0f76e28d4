"""`run` without a preset's file: a kind, and `--set` for every other key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcworkbench.cli.completion import kind_names
from mcworkbench.cli.entry import enter
from mcworkbench.config.loading import build_experiment, check_text, preset_of_options
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.plans.launch import preset_text
from tests.unit.cli_sample import run

Said = pytest.CaptureFixture[str]
PROFILES = Path(__file__).resolve().parents[1] / "data" / "presets" / "profiles.toml"


def test_a_kind_and_settings_are_a_preset_that_can_be_read_back() -> None:
    settings = ["data.name=digits", "model.name=mlp", "model.widths=[3]", "ends.seeds=[5]"]
    experiment, file = build_experiment(preset_of_options("endpoints"), settings)
    assert experiment.kind == "endpoints"
    assert experiment.end_seeds() == (5,)
    again, _ = build_experiment(parse_toml(preset_text(file), "again"))
    assert again == experiment


def test_what_is_missing_is_told_as_the_option_that_gives_it(capsys: Said) -> None:
    assert enter(["run", "--kind", "evaluate", "--set", "data.nme=digits"]) == 2
    told = capsys.readouterr().err
    assert "--kind evaluate, model: missing; add --set model.name=mlp." in told
    assert "missing; add --set data.name=digits." in told
    assert "--set data.nme=digits: unknown key. Did you mean 'name'?" in told
    # Also what only the keys together show.
    assert "kind = 'evaluate' needs [path]" in told


def test_a_run_of_nothing_says_what_it_needs(capsys: Said) -> None:
    assert enter(["run"]) == 2
    assert "--kind curve --set data.name=digits" in capsys.readouterr().err
    assert enter(["run", "--kind", "curv"]) == 2
    assert "Did you mean 'curve'?" in capsys.readouterr().err
    assert kind_names("e") == ["endpoints", "evaluate", "ensemble"]


def test_a_network_is_trained_without_any_file(home: Path) -> None:
    words = ["--kind", "endpoints", "--set", "data.name=digits", "--set", "data.train_limit=64"]
    words += ["--set", "model.name=mlp", "--set", "ends.seeds=[3]", "--set", "train.epochs=1"]
    ended = run(home, "run", *words, "--json")
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["name"], document["kind"]) == ("endpoints", "endpoints")


def test_single_keys_and_keys_together_are_told_at_once() -> None:
    text = """
kind = "curve"
[data]
name = "digits"
[model]
name = "mlp"
widht = [3]
[train]
lr = -1
epochs = 3
stop_at = 9
[path]
use = "run:last/curve"
"""
    told = [problem.sentence for problem in check_text(text, "p.toml").problems]
    assert len(told) == 4
    assert any("stop_at = 9 lies beyond epochs = 3" in sentence for sentence in told)
    assert any("[path] belongs to kind = 'evaluate'" in sentence for sentence in told)


def test_nothing_is_told_because_of_a_key_that_was_told() -> None:
    # Without its wrong epochs the training has 10, and 20 lies beyond them: not the user's fault.
    text = 'kind = "endpoints"\ndata.name = "digits"\nmodel.name = "mlp"\n'
    told = check_text(text + '[train]\nepochs = "many"\nstop_at = 20\n', "p.toml").problems
    assert [problem.keys for problem in told] == [("train", "epochs")]


def test_planning_a_profile_tells_what_it_takes_over(capsys: Said) -> None:
    profile = f"{PROFILES}#base-model-1"
    assert enter(["presets", "plan", profile, "--set", "data.name=digits"]) == 0
    out, err = capsys.readouterr()
    assert "endpoint-1" in out
    assert "that system" in err
