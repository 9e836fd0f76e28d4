"""A preview says what a run would do, writes nothing, and is what the run then does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mcworkbench.cli.entry import enter
from mcworkbench.config.loading import build_experiment
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.launch import create_run
from mcworkbench.plans.preview import preview
from mcworkbench.reports.plan_text import estimate_words, fate_words
from mcworkbench.runs.stage_folder import StageFolder
from tests.unit.plans_sample import GOOD, finish, interrupt, launched, plan_of

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.plans.preview import PlanPreview
    from mcworkbench.runs.locks import Lock

RUN = "20260101-000000-curve-aaaaaa"


def preview_of(*overrides: str, text: str = GOOD, base: Path | None = None) -> PlanPreview:
    experiment, _ = build_experiment(parse_toml(text, "p.toml"), overrides)
    return preview(experiment, base=base)


def files_in(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_preview_makes_no_file(home: Path) -> None:
    planned = preview_of()
    assert not home.exists()
    assert planned.headline() == "0 of 7 stages reused, 7 will run"
    assert [node.name for node in planned.nodes] == list(plan_of().nodes)
    launched(name="one")
    before = files_in(home)
    preview_of()
    assert files_in(home) == before


def test_data_of_ones_own_is_looked_at_once_and_nothing_is_remembered_on_the_disk(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.zeros((4, 3), dtype=np.float32)
    labels = np.zeros(4, dtype=np.int64)
    np.savez(
        tmp_path / "a.npz",
        train_images=values,
        train_labels=labels,
        test_images=values,
        test_labels=labels,
    )
    text = GOOD.replace('"digits"', f'"arrays:{tmp_path / "a.npz"}"')
    first = preview_of(text=text)
    assert not home.exists()

    def refuse(_: object) -> str:
        raise AssertionError("hashed again")

    monkeypatch.setattr("mcworkbench.folders.file_sha256", refuse)
    assert preview_of(text=text) == first
    plan = plan_of(text=text)
    assert [node.key for node in plan.nodes.values()] == [node.key for node in first.nodes]
    assert (home / "cache" / "digests.json").is_file(), "a run remembers"


@pytest.mark.parametrize("done", [(), ("dataset", "endpoint-1"), ("dataset", "line", "curve")])
def test_the_run_then_reuses_just_what_the_preview_said(done: tuple[str, ...]) -> None:
    for name in done:
        finish(plan_of().nodes[name])
    planned = preview_of()
    experiment, file = build_experiment(parse_toml(GOOD, "p.toml"))
    plan = create_run(experiment, file).plan
    assert {node.name: node.fate == "reused" for node in planned.nodes} == {
        name: node.is_reused for name, node in plan.nodes.items()
    }
    assert {node.name for node in planned.nodes if node.fate == "reused"} == set(done)
    assert planned.num_reused == len(done)


def test_all_reused_leaves_nothing_to_run() -> None:
    for node in plan_of().nodes.values():
        finish(node)
    planned = preview_of()
    assert planned.headline() == "all 7 stages reused: nothing is left to run"
    assert estimate_words(planned) == ""


def test_what_another_run_makes_now_is_named() -> None:
    run = launched(name="one")
    key = run.plan.nodes["endpoint-1"].key
    lock: Lock | None = StageFolder(key).take_lock(RUN)
    assert lock is not None
    with lock:
        nodes = {node.name: node for node in preview_of("curve.bends=2").nodes}
        assert (nodes["endpoint-1"].fate, nodes["endpoint-1"].maker) == ("busy", RUN)
        assert fate_words(nodes["endpoint-1"]) == f"being made by {RUN}"
        assert "1 being made, 6 will run" in preview_of().headline()
    assert {node.fate for node in preview_of().nodes} == {"run"}


def test_what_was_interrupted_goes_on() -> None:
    key = launched(name="one").plan.nodes["curve"].key
    interrupt(key, epoch=3)
    nodes = {node.name: node for node in preview_of().nodes}
    assert nodes["curve"].fate == "begun"
    assert fate_words(nodes["curve"]) == "goes on from its checkpoint"


def test_time_is_told_by_epochs_of_the_same_network_and_data_alone() -> None:
    planned = preview_of()
    assert (planned.estimate_s, planned.num_unknown) == (None, 5)
    assert estimate_words(planned) == "no earlier run to estimate the time from"
    # Each finished sample stage took one second: 30 epochs of a network.
    plan = plan_of()
    for name in ("dataset", "endpoint-1"):
        finish(plan.nodes[name])
    planned = preview_of("train.epochs=60")
    nodes = {node.name: node for node in planned.nodes}
    assert nodes["endpoint-2"].estimate_s == pytest.approx(2.0)
    assert nodes["curve"].estimate_s is None
    assert planned.estimate_s == pytest.approx(4.0)
    assert planned.num_unknown == 3
    assert "more than 4 s of work, going by 1 earlier stage" in estimate_words(planned)
    for other in ("model.widths=[16]", "train.batch_size=7", "data.train_limit=9"):
        assert preview_of("train.epochs=60", other).estimate_s is None


def test_a_path_counts_by_its_points_and_the_network_it_joins() -> None:
    plan = plan_of()
    for node in plan.nodes.values():
        finish(node)
    planned = preview_of("curve.bends=2", "curve.epochs=120", "evaluate.points=42")
    nodes = {node.name: node for node in planned.nodes}
    # One second for 60 epochs, and for 21 points.
    assert nodes["curve"].estimate_s == pytest.approx(2.0)
    assert nodes["evaluate-curve"].estimate_s == pytest.approx(2.0)
    assert planned.num_unknown == 0
    other = preview_of("model.widths=[16]")
    assert other.estimate_s is None


def test_what_is_not_there_is_told_as_by_a_run(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no file"):
        preview_of("data.name=arrays:nothing.npz", base=tmp_path)


def test_the_command_shows_the_same(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert enter(["presets", "plan", "quickstart", "--set", "curve.bends=2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["total"], document["reused"], document["unknown"]) == (7, 0, 5)
    assert [node["fate"] for node in document["nodes"]] == ["run"] * 7
    assert enter(["presets", "plan", "quickstart", "--seed", "4"]) == 0
    told = capsys.readouterr()
    assert "endpoint-1" in told.out
    assert "mlp, seed 4" in told.out
    assert told.err.startswith("0 of 7 stages reused, 7 will run; no earlier run")
    assert not home.exists()
    assert enter(["presets", "plan", "quickstart", "--set", "curve.bendz=2"]) == 2
