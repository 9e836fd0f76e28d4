"""The resolved options of every stage as tables. Pure; called by `reports.page`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.reports.quantities import MISSING
from mcworkbench.reports.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.document import NodeSummary, RunSummary


def settings_tables(summary: RunSummary) -> list[Table]:
    """Return the resolved options of every stage, those equal across nodes of a kind joined."""
    tables: list[Table] = []
    for kind in dict.fromkeys(node.kind for node in summary.nodes):
        nodes = [node for node in summary.nodes if node.kind == kind and node.options]
        rows = [
            [name, _option([_flat(node).get(name) for node in nodes])]
            for name in dict.fromkeys(key for node in nodes for key in _flat(node))
        ]
        if rows:
            names = ", ".join(node.name for node in nodes)
            tables.append(Table(f"{kind}: {names}", ["option", "value"], rows, 2, []))
    return tables


def _flat(node: NodeSummary) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in node.options.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{inner}": _value(item) for inner, item in value.items()})
        else:
            flat[name] = _value(value)
    return flat


def _value(value: object) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value) or MISSING
    return str(value) or MISSING


def _option(values: Sequence[str | None]) -> str:
    texts = [value if value is not None else MISSING for value in values]
    return texts[0] if len(set(texts)) == 1 else " · ".join(texts)
