"""Pool stored members into ensembles: the running ensemble of all, and every method by budget.

Reads predictions that other stages stored; no network is built and no torch loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mcworkbench.config.options.ensemble import EnsembleOptions
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import canonical_json, finite_or_null
from mcworkbench.runs.ensemble_scores import (
    correlations,
    disagreements,
    reliability,
    scores,
    without_each,
)
from mcworkbench.runs.events import MemberCaptured, Progress
from mcworkbench.runs.members import named
from mcworkbench.runs.pools import budgets, check_same_examples, open_input

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from typing import Any

    from mcworkbench.runs.ensemble_scores import Array
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.pools import PoolInput
    from mcworkbench.runs.workspace import Workspace

ENSEMBLE_FILE = "ensemble.json"
# A matrix of more networks is no longer looked at, and its events would not fit the log.
MAX_COMPARED = 200


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish ensemble.json; returns the scores of every method at every budget."""
    options = workspace.options
    assert isinstance(options, EnsembleOptions)
    if not options.methods:
        raise InvalidInputError("[ensemble]: there is no member; name networks in use or path.")
    inputs = [
        open_input(
            f"members-{place}",
            method,
            options.labels[place - 1] if place <= len(options.labels) else f"members-{place}",
            workspace.input(f"members-{place}"),
        )
        for place, method in enumerate(options.methods, 1)
    ]
    check_same_examples(inputs)
    rows: list[dict[str, Any]] = []
    for method in dict.fromkeys(options.methods):
        yield from _running([one for one in inputs if one.method == method], rows, inputs)
    table = {
        "format": 1,
        "averages": inputs[0].members.averages,
        "split": inputs[0].members.split,
        "num_examples": len(inputs[0].targets),
        "rows": rows,
        "budgets": budgets(inputs, options.max_pools),
        "methods": {
            method: _compared([one for one in inputs if one.method == method])
            for method in dict.fromkeys(options.methods)
        },
    }
    content = canonical_json(finite_or_null(table))
    yield workspace.save_artifact(ENSEMBLE_FILE, content, "table")
    return _headline(table)


def _running(
    inputs: Sequence[PoolInput], rows: list[dict[str, Any]], everything: Sequence[PoolInput]
) -> Iterator[Event]:
    """Tell each member of one method and the ensemble of those so far, in order."""
    total = sum(len(one.rows) for one in everything)
    added: Array | None = None
    count = 0
    for one in inputs:
        for row, outputs in zip(one.rows, one.outputs(), strict=True):
            wide = outputs.astype(np.float64)
            added = wide if added is None else added + wide
            count += 1
            found = scores(one.members.averages, added / count, one.targets)
            ensemble = named(one.members.split, found)
            name = one.label if len(one.rows) == 1 else f"{one.label}/{row.name}"
            index = len(rows) + 1
            rows.append(
                {
                    "index": index,
                    "name": name,
                    "method": one.method,
                    "role": one.role,
                    "row": row.index,
                    "size": count,
                    "values": row.values,
                    "ensemble": ensemble,
                }
            )
            yield MemberCaptured(
                index, total, name, row.epoch, index, row.values, ensemble, row.distances, row.t
            )
            yield Progress("pooling", index, total, "members", index)


def _compared(inputs: Sequence[PoolInput]) -> dict[str, Any]:
    """Return how alike the members of one method are, and what each is worth to the whole."""
    outputs = [array for one in inputs for array in one.outputs()]
    members, targets = inputs[0].members, inputs[0].targets
    if len(outputs) > MAX_COMPARED:
        return {}
    left = without_each(members.averages, outputs, targets)
    mean = np.add.reduce([array.astype(np.float64) for array in outputs]) / len(outputs)
    is_sure = members.averages == "probabilities"
    return {
        "disagreement": disagreements(members.averages, outputs),
        "correlation": correlations(outputs),
        "without": [named(members.split, values) for values in left],
        "reliability": reliability(mean, targets) if is_sure else {},
    }


def _headline(table: dict[str, Any]) -> dict[str, float]:
    """Return "<method>_<budget>b_<split>_<metric>" means, and the best ensemble's scores."""
    found: dict[str, float] = {}
    for record in table["budgets"]:
        head = f"{record['method']}_{record['budget']}b"
        for name, value in record["mean"].items():
            if name.endswith(("error", "nll", "ece", "rmse")):
                found[f"{head}_{name}"] = value
    first = table["budgets"][0]["method"]
    whole = [record for record in table["budgets"] if record["method"] == first][-1]
    return {
        **{f"ensemble_{name}": value for name, value in whole["first"].items()},
        **found,
        "num_members": float(sum(row["method"] == first for row in table["rows"])),
    }
