"""Turn stages with members into ensembles with numbers: from their files, or the events so far.

Called by `reports.summary` with gathered facts; pure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mcworkbench.reports.ensemble_document import BudgetSummary, EnsembleSummary, MemberSummary
from mcworkbench.reports.quantities import as_float
from mcworkbench.runs.documents import integer, line, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TRAINED = ("fge", "snapshot", "swa")
_MATRICES = ("disagreement", "correlation", "distance", "cosine")


def ensembles(nodes: Mapping[str, Any]) -> list[EnsembleSummary]:
    """Return the members of every stage that captured several, then the methods of tables."""
    found = [
        _of_stage(node)
        for node in nodes.values()
        if _told(node) and node["kind"] != "ensemble" and _has_several(node)
    ]
    for node in nodes.values():
        if node["kind"] == "ensemble" and node.get("ensemble"):
            found += _of_table(node)
        elif node["kind"] == "ensemble" and _told(node):
            found.append(_of_stage(node))
    return found


def budgets(nodes: Mapping[str, Any]) -> list[BudgetSummary]:
    """Return what every method scores at every budget, as the run's table has it."""
    tables = [mapping(node.get("ensemble")) for node in nodes.values()]
    records = [mapping(record) for table in tables for record in _list(table.get("budgets"))]
    return [
        BudgetSummary(
            method=line(record.get("method")),
            budget=integer(record.get("budget")),
            members=as_float(record.get("members")),
            pools=integer(record.get("pools")),
            first=_numbers(record.get("first")),
            mean=_numbers(record.get("mean")),
            sd=_numbers(record.get("sd")),
        )
        for record in records
    ]


def _told(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    return _list(node.get("members"))


def _has_several(node: Mapping[str, Any]) -> bool:
    return max(event["total"] for event in _told(node)) > 1


def _of_stage(node: Mapping[str, Any]) -> EnsembleSummary:
    stored = mapping(node.get("members_file"))
    events = _told(node)
    rows = _list(stored.get("rows"))
    is_whole = len(rows) == len(events)
    matrices = _matrices(mapping(stored.get("pairwise")), len(events)) if is_whole else {}
    without = _list(stored.get("without")) if is_whole else []
    members = [
        _member(event, place, matrices, without, size=event["index"])
        for place, event in enumerate(events)
    ]
    total = max(event["total"] for event in events)
    return EnsembleSummary(
        node=node["name"],
        label=node["label"] or node["name"],
        kind=node["kind"],
        method="",
        total=total,
        partial=events[-1]["index"] < total,
        members=members,
        pairwise=matrices,
        reliability=_bins(stored.get("reliability")),
        rates=_rates(node),
    )


def _of_table(node: Mapping[str, Any]) -> list[EnsembleSummary]:
    table = mapping(node["ensemble"])
    rows = [mapping(row) for row in _list(table.get("rows"))]
    told = {event["index"]: event for event in _told(node)}
    found: list[EnsembleSummary] = []
    for method in dict.fromkeys(line(row.get("method")) for row in rows):
        own = [row for row in rows if line(row.get("method")) == method]
        compared = mapping(mapping(table.get("methods")).get(method))
        matrices = _matrices(compared, len(own))
        without = _list(compared.get("without"))
        members = [
            _member(
                {**told.get(integer(row.get("index")), {}), **row},
                place,
                matrices,
                without,
                size=integer(row.get("size")),
            )
            for place, row in enumerate(own)
        ]
        found.append(
            EnsembleSummary(
                node=node["name"],
                label=method,
                kind="ensemble",
                method=method,
                total=len(own),
                partial=False,
                members=members,
                pairwise=matrices,
                reliability=_bins(compared.get("reliability")),
            )
        )
    return found


def _member(
    event: Mapping[str, Any],
    place: int,
    matrices: Mapping[str, list[list[float]]],
    without: Sequence[Any],
    *,
    size: int,
) -> MemberSummary:
    gaps = matrices.get("disagreement")
    t = event.get("t")
    return MemberSummary(
        index=integer(event.get("index")),
        name=line(event.get("name")),
        epoch=integer(event.get("epoch")),
        step=integer(event.get("step")),
        t=math.nan if t is None else as_float(t),
        size=size,
        values=_numbers(event.get("values")),
        ensemble=_numbers(event.get("ensemble")),
        distances=_numbers(event.get("distances")),
        without=_numbers(without[place]) if place < len(without) else {},
        agreement=1 - gaps[place][place - 1] if gaps and place else math.nan,
    )


def _rates(node: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """Return epochs, fractions included, and the learning rate there, of a training."""
    steps, rates = node["rates"]
    epochs = node["epochs"]
    if node["kind"] not in _TRAINED or not epochs or not epochs[-1]["epoch"]:
        return [], []
    per_epoch = epochs[-1]["step"] / epochs[-1]["epoch"]
    pairs = [(step / per_epoch, as_float(rate)) for step, rate in zip(steps, rates, strict=True)]
    return [epoch for epoch, _ in pairs], [rate for _, rate in pairs]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _numbers(values: Any) -> dict[str, float]:
    return {line(name): as_float(value) for name, value in mapping(values).items()}


def _bins(values: Any) -> dict[str, list[float]]:
    found = {
        line(name): [as_float(value) for value in _list(column)]
        for name, column in mapping(values).items()
    }
    return found if len({len(column) for column in found.values()}) == 1 else {}


def _matrices(values: Mapping[str, Any], size: int) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {}
    for name in _MATRICES:
        rows = _list(values.get(name))
        if len(rows) == size and all(len(_list(row)) == size for row in rows):
            found[name] = [[as_float(value) for value in row] for row in rows]
    return found
