"""Read a run through its view into plain values: the only file here that knows runs' folders.

`reports.summary` computes from what this returns. Everything is cleaned and, for
reports, redacted on the way.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from mcworkbench.reports.redact import environment_shown, harmless, redacted
from mcworkbench.runs.documents import mapping, read_document
from mcworkbench.runs.members import MEMBERS_FILE
from mcworkbench.runs.views import State

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.runs.views import NodeView, RunView, StageView

_MAX_PRESET = 64 * 1024


def gather(run: RunView, *, is_private: bool = False) -> dict[str, Any]:
    """Return the run as JSON values: "run", "preset", "environment", "nodes" (name to facts).

    A node's facts are name, label, kind, key, inputs, reused, state, options, made_by, seconds,
    message, warnings, summary, epochs, probes, points, table, members, members_file, ensemble,
    rates and dataset; what does not exist yet is empty or None. Paths and names of the machine are
    taken out unless `is_private`.
    """
    environments = [_environment(node.view) for node in run.nodes.values()]
    facts: dict[str, Any] = {
        "run": dataclasses.asdict(run.document),
        "state": str(run.state),
        "preset": _preset(run.folder.preset_path),
        "environment": next((found for found in reversed(environments) if found), {}),
        "nodes": {name: _node(node) for name, node in run.nodes.items()},
    }
    return harmless(facts) if is_private else redacted(facts)


def _node(node: NodeView) -> dict[str, Any]:
    view = node.view
    table = view.artifacts / "table.json"
    is_whole = is_vouched_for(view)
    return {
        "name": node.name,
        "label": node.label,
        "kind": node.kind,
        "key": node.key,
        "inputs": dict(node.inputs),
        "reused": node.reused,
        "state": str(node.state),
        "options": view.options,
        "made_by": view.made_by,
        "seconds": view.seconds,
        "message": view.message,
        "warnings": view.warnings,
        "summary": view.summary,
        "epochs": [dataclasses.asdict(event) for event in view.epochs],
        "probes": [dataclasses.asdict(event) for event in view.probes],
        "points": [dataclasses.asdict(event) for event in view.points.values()],
        "table": usable_table(read_document(table)) if is_whole else None,
        "members": [dataclasses.asdict(event) for event in view.members.values()],
        # Also of a stage that goes on: what was captured so far.
        "members_file": read_document(view.artifacts / MEMBERS_FILE),
        "ensemble": read_document(view.artifacts / "ensemble.json") if is_whole else {},
        "rates": (view.trace.steps, view.trace.column("lr")) if view.members else ([], []),
        "dataset": read_document(view.artifacts / "dataset.json"),
    }


def is_vouched_for(view: StageView) -> bool:
    """Return whether the product is what its stage published, byte for byte."""
    return view.state is State.done and view.verify() is None


def usable_table(table: dict[str, Any]) -> dict[str, Any] | None:
    """Return a table whose parts have the right shapes, or None; it may come from elsewhere."""
    ts, dl = table.get("ts"), table.get("dl")
    if not isinstance(ts, list) or not isinstance(dl, list) or not 0 < len(ts) == len(dl):
        return None
    columns = {
        name: values
        for name, values in mapping(table.get("columns")).items()
        if isinstance(values, list) and len(values) == len(ts)
    }
    parts = {
        part: {name: mapping(values) for name, values in mapping(table.get(part)).items()}
        for part in ("summary", "barriers")
    }
    return {**table, "columns": columns, "path": mapping(table.get("path")), **parts}


def _preset(path: Path) -> str:
    try:
        return path.read_bytes()[:_MAX_PRESET].decode(errors="replace")
    except OSError:
        return ""


def _environment(view: StageView) -> dict[str, str]:
    """Return what the newest attempt of a stage recorded of its surroundings."""
    attempts = view.folder.attempts()
    return environment_shown(attempts[-1].read_env()) if attempts else {}
