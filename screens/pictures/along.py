"""What is known of the paths between ends: evaluated points, probes of training curves.

Reads a run's views into the values that `reports.scored` computes with, so that live pictures
and reports share every definition. Called by `screens.pictures.pairs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from mcworkbench.reports.gather import usable_table
from mcworkbench.reports.names import end_roles, snapshot_of
from mcworkbench.reports.scored import path_summaries
from mcworkbench.runs.documents import read_document
from mcworkbench.runs.state import State
from mcworkbench.runs.views import NodeView

if TYPE_CHECKING:
    from mcworkbench.reports.document import PathSummary
    from mcworkbench.runs.views import RunView, StageView

Pair = tuple[str, str]
_PATHS = ("curve", "chain", "line")


@final
@dataclass(frozen=True, slots=True)
class Between:
    """What lies between one pair of ends.

    Attributes:
        pair: names of the ends, '' where they are not known.
        paths: nodes that make a path, curves before lines.
        evaluations: nodes that evaluate one, in the run's order.
    """

    pair: Pair
    paths: tuple[NodeView, ...]
    evaluations: tuple[NodeView, ...]

    @property
    def label(self) -> str:
        """Return both ends in words, or what is evaluated where they are not known."""
        if any(self.pair):
            return " ↔ ".join(name or "?" for name in self.pair)
        names = [node.name.removeprefix("evaluate-") for node in self.evaluations]
        return ", ".join(names)


def pairs_of(run: RunView) -> list[Between]:
    """Return what the run joins, in the order of its nodes."""
    paths: dict[Pair, list[NodeView]] = {}
    evaluations: dict[Pair, list[NodeView]] = {}
    for node in run.nodes.values():
        if node.kind in _PATHS:
            pair = ends_of(node, run)
            paths.setdefault(pair, []).append(node)
        elif node.kind == "evaluate" and "path" in node.inputs:
            made = source_of(node, "path", run)
            pair = ends_of(made, run) if made is not None else ("", "")
            evaluations.setdefault(pair, []).append(node)
    return [
        Between(
            pair,
            tuple(sorted(paths.get(pair, []), key=lambda node: node.kind == "line")),
            tuple(evaluations.get(pair, [])),
        )
        for pair in {**paths, **evaluations}
    ]


def source_of(node: NodeView, role: str, run: RunView) -> NodeView | None:
    """Return the node of the run that an input names, by its name or by its stage's key."""
    name = node.inputs.get(role, "").partition("@")[0]
    if name in run.nodes:
        return run.nodes[name]
    return next((other for other in run.nodes.values() if name and other.key == name), None)


def ends_of(node: NodeView, run: RunView) -> Pair:
    """Return the ends that a path joins; what looks at another path has that one's."""
    if "path" in node.inputs:
        over = source_of(node, "path", run)
        return ends_of(over, run) if over is not None and over is not node else ("", "")
    found = [source_of(node, role, run) for role in end_roles(node.inputs)]
    first, last = (end.name if end is not None else "" for end in found)
    return first, last


def summaries_of(between: Between, run: RunView, tables: Tables) -> list[PathSummary]:
    """Return the evaluated paths of a pair with their statistics, snapshots and the line last.

    Raises:
        KeyError, ValueError: a table is none of ours.
    """
    nodes = {
        node.name: _facts(node, tables.of(node.view) if node in between.evaluations else None)
        for node in run.nodes.values()
        if node in between.evaluations or node.kind not in ("evaluate", "dataset")
    }
    return sorted(path_summaries(nodes), key=_rank)


def _rank(path: PathSummary) -> tuple[bool, bool]:
    return path.is_line, bool(snapshot_of(path.node))


def _facts(node: NodeView, table: dict[str, Any] | None) -> dict[str, Any]:
    view = node.view
    return {
        "name": node.name,
        "kind": node.kind,
        "key": node.key,
        "inputs": dict(node.inputs),
        "options": view.options,
        "table": table,
        "points": [
            {"index": point.index, "t": point.t, "total": point.total, "values": point.values}
            for point in view.points.values()
        ],
    }


@final
class Tables:
    """The evaluation tables of a run; each is read and verified once per result."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, dict[str, Any] | None]] = {}

    def of(self, view: StageView) -> dict[str, Any] | None:
        """Return the table of a stage, None where it is not done or its table is damaged."""
        if view.state is not State.done:
            return None
        kept = self._kept.get(view.key)
        if kept is None or kept[0] != view.version:
            is_whole = view.verify() is None
            table = usable_table(read_document(view.artifacts / "table.json")) if is_whole else None
            self._kept[view.key] = kept = (view.version, table)
        return kept[1]
