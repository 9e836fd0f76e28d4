"""Reports of runs on disk: folders, attempts and events written by the real parts."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from reports_sample import sample_table

from mcworkbench.reports.redact import harmless
from mcworkbench.reports.report import write_report
from mcworkbench.reports.summary import collect
from mcworkbench.runs import events
from mcworkbench.runs.actions import create_run, create_stage
from mcworkbench.runs.event_log import EventLog
from mcworkbench.runs.views import RunView

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {
    "dataset": ("dataset", {}),
    "endpoint-1": ("endpoint", {"dataset": "dataset"}),
    "endpoint-2": ("endpoint", {"dataset": "dataset"}),
    "curve": ("curve", {"dataset": "dataset", "first": "endpoint-1", "last": "endpoint-2"}),
    "evaluate-curve": ("evaluate", {"dataset": "dataset", "path": "curve"}),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "dataset": {"name": "digits", "validation": "random:50", "split_seed": 4},
    "endpoint-1": {"init_seed": 1, "order_seed": 1, "augment_seed": 1},
    "endpoint-2": {"init_seed": 2, "order_seed": 2, "augment_seed": 7},
    "curve": {"name": "bezier", "bends": 1},
    "evaluate-curve": {"points": 61, "seed": 3},
}


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


@pytest.fixture
def run_id(home: Path) -> str:
    """Return a run whose networks are trained and whose evaluation has scored three points."""
    nodes = {
        name: {"key": _key(name), "kind": kind, "label": name, "inputs": inputs, "reused": False}
        for name, (kind, inputs) in KINDS.items()
    }
    document = {
        "name": "demo",
        "kind": "curve",
        "title": "A demo",
        "seed": 1,
        "nodes": nodes,
        "expect": {"curve.test_error.max": 0.07, "ends.test_error.max": 0.09},
        "command": ["/opt/secret-place/bin/mcworkbench", "run", "/opt/secret-place/demo.toml"],
    }
    run = create_run(document, '[data]\nname = "arrays:/opt/secret-place/a.npz"\n')
    for name, (kind, _) in KINDS.items():
        stage = {"format": 1, "key": _key(name), "kind": kind, "options": OPTIONS[name]}
        create_stage(_key(name), {**stage, "version": 1, "inputs": {}})
    for name, error in (("endpoint-1", 0.08), ("endpoint-2", 0.06)):
        _finish(run.id, name, [_epoch(1), _epoch(2)], {"test_error": error}, {})
    table = sample_table(0.09, 178.0)
    points: list[events.Event] = [
        events.PathPointEvaluated(
            index,
            61,
            table["ts"][index],
            step,
            {"test_error": table["columns"]["test_error"][index]},
        )
        for step, index in enumerate((0, 60, 1), 1)
    ]
    _write(run.id, "evaluate-curve", points)
    return run.id


def _epoch(epoch: int) -> events.EpochFinished:
    return events.EpochFinished(epoch, 2, 10 * epoch, 0.1, 1.0, {"train_nll": 1.0 / epoch})


def _write(run_id: str, name: str, told: list[events.Event]) -> Any:
    stage = create_stage(_key(name), _stage_document(name))
    attempt = stage.new_attempt(run_id)
    attempt.write_env({"python": "3.11.7", "hostname": "secret-host", "packages": {"torch": "2"}})
    log = EventLog(attempt.events_path, attempt.number)
    for event in [events.StageStarted(KINDS[name][0]), *told]:
        log.append(event)
    log.close()
    return stage, attempt


def _finish(
    run_id: str,
    name: str,
    told: list[events.Event],
    summary: dict[str, float],
    artifacts: dict[str, bytes],
) -> None:
    stage, attempt = _write(run_id, name, [*told, events.StageFinished(summary)])
    for file, content in artifacts.items():
        (stage.artifacts / file).write_bytes(content)
    stage.publish_result(
        attempt,
        product="table",
        summary=summary,
        artifacts=list(artifacts),
        seconds=1.0,
    )


def _stage_document(name: str) -> dict[str, Any]:
    stage = {"format": 1, "key": _key(name), "kind": KINDS[name][0], "options": OPTIONS[name]}
    return {**stage, "version": 1, "inputs": {}}


def test_an_unfinished_run_is_collected_from_its_events(run_id: str) -> None:
    summary = collect(RunView(run_id))
    (path,) = summary.paths
    assert path.partial
    assert path.places == [0, 1, 60]
    assert path.pair == ("endpoint-1", "endpoint-2")
    assert (path.method, path.short) == ("Bézier, 1 bend", "Bézier (1)")
    assert [end.seeds for end in summary.ends] == [
        {"init": 1, "order": 1, "augment": 1},
        {"init": 2, "order": 2, "augment": 7},
    ]
    assert {item.key: item.ours for item in summary.expectations}["ends.test_error.max"] == 0.08
    assert summary.trainings[0].values["train_nll"] == [1.0, 0.5]
    assert [node.name for node in summary.nodes][:2] == ["dataset", "endpoint-1"]


def test_a_finished_table_replaces_the_points_and_the_report_says_how_it_was_made(
    run_id: str, tmp_path: Path
) -> None:
    table = json.dumps(sample_table(0.09, 178.0)).encode()
    _finish(run_id, "evaluate-curve", [], {"length": 178.0}, {"table.json": table})
    summary = collect(RunView(run_id))
    (path,) = summary.paths
    assert not path.partial
    assert len(path.ts) == 61
    written = write_report(RunView(run_id), tmp_path / "out")
    text = written["markdown"].read_text()
    assert "validation: random:50" in text
    assert "split seed: 4" in text
    assert "subset seed 3" in text
    assert "init 2, order 2, augment 7" in text
    for what in ("markdown", "html", "json", "preset"):
        assert "secret" not in written[what].read_text(), what
    assert "| torch | 2 |" in text


@pytest.mark.parametrize(
    "table",
    [b"[]", b"{}", b'{"ts": [0, 1], "dl": [0], "columns": {}}', b"\xff", b'{"ts": 1, "dl": 1}'],
)
def test_a_table_of_the_wrong_shape_falls_back_to_the_points(run_id: str, table: bytes) -> None:
    _finish(run_id, "evaluate-curve", [], {}, {"table.json": table})
    assert all(path.partial for path in collect(RunView(run_id)).paths)


def test_columns_of_the_wrong_length_or_kind_are_left_out(run_id: str) -> None:
    table = sample_table(0.09, 178.0)
    table["columns"] |= {"short": [1.0], "word": "x"}
    table["summary"]["test_nll"] = 3
    content = json.dumps(table).encode()
    _finish(run_id, "evaluate-curve", [], {}, {"table.json": content})
    (path,) = collect(RunView(run_id)).paths
    assert {"short", "word"}.isdisjoint(path.columns)
    assert path.statistics["test_nll"] == {}


def test_only_the_users_own_screen_shows_paths_and_nothing_hostile(run_id: str) -> None:
    run = RunView(run_id)
    assert "secret-place" not in str(collect(run))
    assert "/opt/secret-place/demo.toml" in str(collect(run, is_private=True).commands)
    assert harmless({"a": ["\x1b[31m", 1]}) == {"a": ["<1b>[31m", 1]}
