"""A hand-made run in the shape that `reports.gather` returns, for the tests of reports."""

from __future__ import annotations

import hashlib
import math
from typing import Any

from mcworkbench.runs.path_summary import barriers, path_summary

NUM_POINTS = 61


def sample_facts() -> dict[str, Any]:
    """Return two ends, the line and a curve between them, all finished, with batch norm."""
    return {
        "run": {
            "id": "20260101-120000-curve-abc234",
            "name": "vgg16-demo",
            "title": "Two VGG16 joined by a curve",
            "kind": "curve",
            "created": "2026-01-01T12:00:00+00:00",
            "version": "0.1.0",
            "group": "",
            "tags": ["paper"],
            "seed": 1,
            "notes": [],
            "command": ["/opt/venv/bin/mcworkbench", "run", "vgg16", "--seed", "1"],
            "expect": {
                "curve.test_error.max": 0.0775,
                "curve.train_loss.max": 0.24,
                "ends.test_error.min": 0.0679,
                "source": "arXiv:1802.10026, README",
            },
        },
        "state": "done",
        "preset": 'kind = "curve"\n[data]\nname = "cifar10"\n',
        "environment": {"python": "3.11.7", "torch": "2.15.0", "device": "cpu"},
        "nodes": {node["name"]: node for node in _nodes()},
    }


def _nodes() -> list[dict[str, Any]]:
    ends = {"first": "endpoint-1", "last": "endpoint-2"}
    return [
        _node(
            "dataset",
            "dataset",
            options={"name": "cifar10", "validation": "none", "split_seed": 0},
            dataset={"task": "classification", "counts": {"train": 50000, "test": 10000}},
        ),
        _endpoint(1, 0.0694),
        _endpoint(2, 0.0679),
        _node("line", "line", inputs=ends),
        _node("evaluate-line", "evaluate", inputs={"path": "line"}, table=sample_table(1.9, 121)),
        _node(
            "curve",
            "curve",
            inputs=ends,
            options={"name": "bezier", "bends": 1, "epochs": 60, "lr": 0.015},
            epochs=[_epoch(e, 60, 0.3 + 1.2 * math.exp(-e / 12), 0.075, "") for e in range(1, 61)],
            probes=[_probe(epoch) for epoch in (0, 1, 2, 5, 10, 20, 30, 45, 60)],
        ),
        _node(
            "evaluate-curve", "evaluate", inputs={"path": "curve"}, table=sample_table(0.09, 178)
        ),
    ]


def _node(name: str, kind: str, **changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": name,
        "label": name.replace("-", " "),
        "kind": kind,
        "key": hashlib.sha256(name.encode()).hexdigest(),
        "inputs": {},
        "reused": False,
        "state": "done",
        "options": {},
        "version": 1,
        "made_by": "20260101-120000-curve-abc234",
        "seconds": 12.5,
        "message": "",
        "warnings": [],
        "summary": {},
        "epochs": [],
        "probes": [],
        "points": [],
        "num_points": 0,
        "table": None,
        "dataset": None,
    }
    return {**facts, **changes}


def _endpoint(seed: int, error: float) -> dict[str, Any]:
    final = {"train_loss": 0.24 + 0.01 * seed, "train_error": 0.002, "test_error": error}
    return _node(
        f"endpoint-{seed}",
        "endpoint",
        label=f"vgg16, seed {seed}",
        options={
            "seed": 1,
            "init_seed": seed,
            "order_seed": seed,
            "augment_seed": seed,
            "lr": 0.05,
        },
        epochs=[
            _epoch(e, 200, 0.25 + (2 + 0.1 * seed) * math.exp(-e / 25), error, "test_error")
            for e in range(1, 201)
        ],
        summary={**final, "test_nll": 0.31},
    )


def _epoch(epoch: int, epochs: int, loss: float, error: float, column: str) -> dict[str, Any]:
    wave = 0.02 * math.sin(epoch * 1.7) * math.exp(-epoch / 100)
    values = {"train_loss": loss + wave, "train_accuracy": 1 - 0.6 * math.exp(-epoch / 30)}
    if column:
        values[column] = error + 0.5 * math.exp(-epoch / 20) + abs(wave)
    return {
        "epoch": epoch,
        "epochs": epochs,
        "step": 391 * epoch,
        "lr": 0.05,
        "seconds": 9.5,
        "values": values,
    }


def _probe(epoch: int) -> dict[str, Any]:
    ts = [index / 10 for index in range(11)]
    height = 0.05 + 1.85 * math.exp(-epoch / 6)
    return {
        "epoch": epoch,
        "step": 391 * epoch,
        "ts": ts,
        "values": {"train_loss": [0.25 + height * math.sin(math.pi * t) ** 4 for t in ts]},
    }


def sample_table(height: float, length: float) -> dict[str, Any]:
    """Return a finished evaluation whose train loss rises by about `height` in the middle."""
    ts = [index / (NUM_POINTS - 1) for index in range(NUM_POINTS)]
    dl = [0.0] + [length / (NUM_POINTS - 1)] * (NUM_POINTS - 1)
    bump = [math.sin(math.pi * t) ** 4 for t in ts]
    columns = {
        "train_nll": [0.003 + 0.002 * t + height * b for t, b in zip(ts, bump, strict=True)],
        "train_loss": [0.25 + 0.01 * t + height * b for t, b in zip(ts, bump, strict=True)],
        "train_error": [0.002 + 0.33 * height * b for b in bump],
        "test_nll": [0.31 + 1.1 * height * b for b in bump],
        "test_loss": [0.55 + 1.1 * height * b for b in bump],
        "test_error": [
            0.0694 - 0.0015 * t + 0.1 * height * b + 0.2 * max(height - 0.1, 0) * b
            for t, b in zip(ts, bump, strict=True)
        ],
    }
    columns["train_accuracy"] = [1 - value for value in columns["train_error"]]
    columns["test_accuracy"] = [1 - value for value in columns["test_error"]]
    columns["test_disagreement_first"] = [0.12 * math.sin(math.pi * t / 2) for t in ts]
    columns["test_disagreement_last"] = [0.12 * math.cos(math.pi * t / 2) for t in ts]
    return {
        "path": {},
        "ts": ts,
        "dl": dl,
        "length": length,
        "columns": columns,
        "summary": {name: path_summary(ts, dl, values) for name, values in columns.items()},
        "barriers": {
            name: barriers(ts, columns[name])
            for name in ("train_nll", "train_loss", "train_error", "test_nll", "test_error")
        },
        "weight_decay": 5e-4,
        "bn_refreshed": True,
        "train_examples": 50000,
        "test_examples": 10000,
        "bn_examples": 50000,
        "validation": "none",
        "augmented": False,
    }
