"""Turn evaluate nodes into paths with statistics: from their table, or from the points so far.

Called by `reports.summary` with gathered facts; pure.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcworkbench.reports.document import Columns, Conditions, PathSummary, Statistics
from mcworkbench.reports.names import (
    SEGMENTS,
    curve_name,
    end_roles,
    num_bends,
    short_curve_name,
    snapshot_of,
)
from mcworkbench.reports.quantities import as_float
from mcworkbench.runs.documents import mapping
from mcworkbench.runs.path_summary import barriers, path_summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Rises of these are barriers; a rise of accuracy or of a distance is not.
BARRIER_COLUMNS = ("train_loss", "train_nll", "train_error", "test_loss", "test_nll", "test_error")
_TRAINED = ("endpoint", "curve")
_POSITION_COLUMNS = ("dl", "t", "ts")


def path_summaries(nodes: Mapping[str, Any]) -> list[PathSummary]:
    """Return the path of every evaluate node that has points, lines first."""
    found = [
        _path(node, nodes)
        for node in nodes.values()
        if node["kind"] == "evaluate" and (node["table"] or node["points"])
    ]
    counts = Counter((path.pair, path.method) for path in found)
    return [
        replace(path, method=path.path, short=path.path)
        if counts[path.pair, path.method] > 1
        else path
        for path in sorted(found, key=lambda path: not path.is_line)
    ]


def _path(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> PathSummary:
    table = node["table"]
    source = node["inputs"].get("path", "")
    made = _node_of(source, nodes)
    baseline = (table or {}).get("baseline")
    ts, columns = _stored_columns(table) if table else _live_columns(node["points"])
    dl = _floats(table["dl"]) if table else columns.pop("dl", [0.0] * len(ts))
    for name in _POSITION_COLUMNS:
        columns.pop(name, None)
    statistics = _stored(table, "summary") or {
        name: path_summary(ts, dl, values) for name, values in columns.items()
    }
    rises = _stored(table, "barriers") or {
        name: barriers(ts, columns[name]) for name in BARRIER_COLUMNS if name in columns
    }
    if not table:
        # Unfinished: the points so far have no arc length and may lack the highest one.
        statistics = {name: _without_length(values) for name, values in statistics.items()}
    method, short = _methods(node, made, nodes)
    return PathSummary(
        node=node["name"],
        path=node["name"].removeprefix("evaluate-"),
        method=method,
        short=short,
        is_line=_is_line(node, made),
        pair=_pair(made, nodes),
        partial=not table,
        num_points=len(ts) if table else max(_total(node), len(ts)),
        places=list(range(len(ts))) if table else [point["index"] for point in node["points"]],
        ts=ts,
        dl=dl,
        length=as_float(table.get("length")) if table else math.nan,
        columns=columns,
        statistics=statistics,
        barriers={name: values for name, values in rises.items() if values},
        conditions=_conditions(table or {}, node["options"], nodes),
        num_segments=_num_segments(node, made),
        baseline={k: as_float(v) for k, v in mapping(baseline).items()},
    )


def _node_of(reference: str, nodes: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the node that an input names, by its name or by its stage's key."""
    name = reference.partition("@")[0]
    if name in nodes:
        return nodes[name]
    return next((node for node in nodes.values() if name and node["key"] == name), None)


def _floats(values: Sequence[Any]) -> list[float]:
    return [as_float(value) for value in values]


def _stored_columns(table: Mapping[str, Any]) -> tuple[list[float], Columns]:
    columns = {name: _floats(values) for name, values in table["columns"].items()}
    return _floats(table["ts"]), columns


def _live_columns(points: Sequence[Mapping[str, Any]]) -> tuple[list[float], Columns]:
    names = list(dict.fromkeys(name for point in points for name in point["values"]))
    columns = {name: [as_float(point["values"].get(name)) for point in points] for name in names}
    return [as_float(point["t"]) for point in points], columns


def _stored(table: Mapping[str, Any] | None, part: str) -> Statistics:
    recorded = (table or {}).get(part) or {}
    return {
        name: {statistic: as_float(value) for statistic, value in values.items()}
        for name, values in recorded.items()
    }


def _without_length(values: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if name != "int"}


def _total(node: Mapping[str, Any]) -> int:
    return max(point["total"] for point in node["points"])


def _methods(
    node: Mapping[str, Any], made: Mapping[str, Any] | None, nodes: Mapping[str, Any]
) -> tuple[str, str]:
    """Return what tables and legends call the path, and its short form."""
    name = node["name"].removeprefix("evaluate-")
    if _is_line(node, made):
        last = _node_of((made or {}).get("inputs", {}).get("last", ""), nodes)
        is_aligned = last is not None and last["kind"] == "align_code"
        return ("code-aligned line", "aligned line") if is_aligned else ("line", "line")
    stored = (node["table"] or {}).get("path") or {}
    options = (made or {}).get("options", {})
    base = str(options.get("name") or stored.get("curve") or name.partition("@")[0])
    bends = num_bends(options, stored)
    snapshot = snapshot_of(node["name"], node["inputs"].get("path", ""))
    return curve_name(base, bends, snapshot), short_curve_name(base, bends, snapshot)


def _is_line(node: Mapping[str, Any], made: Mapping[str, Any] | None) -> bool:
    if made is not None:
        return made["kind"] == "line"
    return node["name"].startswith("evaluate-line")


def _num_segments(node: Mapping[str, Any], made: Mapping[str, Any] | None) -> int:
    """Return how many segments a chain has, by its table or its stage; 0 for other paths."""
    stored = (node["table"] or {}).get("path") or {}
    if stored.get("curve") == SEGMENTS:
        return int(stored.get("num_nodes") or 1) - 1
    return len(made["inputs"]) - 1 if made is not None and made["kind"] == "chain" else 0


def _pair(made: Mapping[str, Any] | None, nodes: Mapping[str, Any]) -> tuple[str, str]:
    inputs = (made or {}).get("inputs", {})
    found = [_node_of(inputs.get(role, ""), nodes) for role in end_roles(inputs)]
    first, last = (_end_name(node, nodes) if node else "" for node in found)
    return first, last


def _end_name(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> str:
    """Return the network's name; one whose code was turned computes what its source does."""
    if node["kind"] == "align_code":
        source = _node_of(node["inputs"].get("last", ""), nodes)
        return source["name"] if source else node["name"]
    return node["name"]


def _conditions(
    table: Mapping[str, Any], options: Mapping[str, Any], nodes: Mapping[str, Any]
) -> Conditions:
    data = next((node["options"] for node in nodes.values() if node["kind"] == "dataset"), {})
    decay = table.get("weight_decay", options.get("weight_decay"))
    return Conditions(
        train_examples=table.get("train_examples"),
        test_examples=table.get("test_examples"),
        bn_refreshed=table.get("bn_refreshed"),
        bn_examples=table.get("bn_examples"),
        bn_augmented=table.get("bn_augmented"),
        augmented=table.get("augmented"),
        weight_decay=None if decay is None else as_float(decay),
        validation=str(table.get("validation", data.get("validation", "none"))),
        seed=options.get("seed"),
        normalize=str(data.get("normalize", "")),
        trained=any(
            one["kind"] in _TRAINED and one["options"].get("watch_every") != 0
            for one in nodes.values()
        ),
    )
