"""Collect every number of a run into one plain value: the source of every report and of `show`.

`collect` reads, `summarise` computes and is pure. Reused stages count like the run's own, and
say which run made them. What is unfinished is taken from the events so far and called partial.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from mcworkbench.reports.commands import commands_to_repeat
from mcworkbench.reports.document import (
    EndSummary,
    NodeSummary,
    PathSummary,
    ProbeSummary,
    RunSummary,
    TrainingSummary,
)
from mcworkbench.reports.ensembles import budgets, ensembles
from mcworkbench.reports.expected import expectations
from mcworkbench.reports.gather import gather
from mcworkbench.reports.quantities import RECONSTRUCTION, as_float, reconstruction
from mcworkbench.reports.remarks import remarks
from mcworkbench.reports.scored import path_summaries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.runs.views import RunView

_NETWORKS = ("endpoint", "import", "swa", "soup")
_TRAINED = ("endpoint", "curve", "fge", "snapshot", "swa")
_ORDER = (
    *("dataset", "endpoint", "import", "align_code", "line", "chain", "curve", "evaluate"),
    *("pictures", "latent", "fge", "snapshot", "swa", "soup", "swag", "predict", "ensemble"),
)


def collect(run: RunView, *, is_private: bool = False) -> RunSummary:
    """Return everything a report of this run shows, as it stands now.

    Args:
        run: a view of it.
        is_private: keep paths and names of this machine: for its user's own screen only.
    """
    return summarise(gather(run, is_private=is_private))


def summarise(facts: Mapping[str, Any]) -> RunSummary:
    """Return the summary of gathered facts (see `gather`); reads nothing else."""
    run = facts["run"]
    nodes = dict(sorted(facts["nodes"].items(), key=_reading_order))
    paths = path_summaries(nodes)
    task = _task(nodes)
    ends = [_end(node, paths, task) for node in nodes.values() if node["kind"] in _NETWORKS]
    dataset = _first(nodes, "dataset")
    pooled = budgets(nodes)
    published = run.get("expect") or {}
    rows = [_node(node, run.get("id", "")) for node in nodes.values()]
    options = dataset.get("options") or {}
    trainings = [
        _training(node) for node in nodes.values() if node["kind"] in _TRAINED and node["epochs"]
    ]
    return RunSummary(
        id=run.get("id", ""),
        name=run.get("name", "") or run.get("id", ""),
        title=run.get("title", ""),
        kind=run.get("kind", ""),
        state=facts.get("state", ""),
        created=str(run.get("created", "")),
        version=str(run.get("version", "")),
        group=run.get("group") or "",
        tags=list(run.get("tags") or ()),
        notes=[str(note) for note in run.get("notes") or ()],
        task=task,
        seed=run.get("seed"),
        nodes=rows,
        ends=ends,
        paths=paths,
        trainings=trainings,
        expectations=expectations(published, paths, ends, pooled),
        ensembles=ensembles(nodes),
        budgets=pooled,
        expect_source=str(published.get("source", "")),
        remarks=remarks(options, paths, ends, rows),
        data=options,
        dataset=_data_facts(dataset.get("dataset") or {}),
        environment=dict(facts.get("environment") or {}),
        preset=facts.get("preset", ""),
        commands=commands_to_repeat(run, has_preset=bool(facts.get("preset"))),
    )


def _reading_order(item: tuple[str, Mapping[str, Any]]) -> tuple[int, list[tuple[int, str]]]:
    """Order nodes as work flows, then by name with numbers in names counted as numbers."""
    name, node = item
    place = _ORDER.index(node["kind"]) if node["kind"] in _ORDER else len(_ORDER)
    parts = re.split(r"(\d+)", name)
    return place, [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def _first(nodes: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return next((node for node in nodes.values() if node["kind"] == kind), {})


def _task(nodes: Mapping[str, Any]) -> str:
    """Return the run's task: its tables know, then its networks, then its data alone."""
    for node in nodes.values():
        if (node["table"] or {}).get("task"):
            return str(node["table"]["task"])
    for node in nodes.values():
        if (node["options"].get("model") or {}).get("range"):
            return reconstruction(node["options"])
    for node in nodes.values():
        # A training that goes on from a network has no [model] of its own.
        if any(name.endswith("_psnr") for event in node["epochs"][-1:] for name in event["values"]):
            return reconstruction(node["options"])
    recorded = [node["dataset"] or {} for node in nodes.values()]
    return str(next((r["task"] for r in recorded if "task" in r), "classification"))


def _data_facts(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a reader asks about a data set: sizes of its splits, shape, scaling, digest."""
    counts = recorded.get("counts") or {}
    facts = {f"{split} examples": count for split, count in counts.items() if count}
    facts |= {
        word: recorded[name]
        for name, word in (
            ("task", "task"),
            ("input_shape", "input shape"),
            ("num_outputs", "outputs"),
            ("mean", "subtracted mean"),
            ("std", "divided by"),
            ("content", "content digest"),
        )
        if recorded.get(name) not in (None, [], "")
    }
    return facts


def _node(node: Mapping[str, Any], run_id: str) -> NodeSummary:
    made_by = node["made_by"]
    return NodeSummary(
        name=node["name"],
        label=node["label"] or node["name"],
        kind=node["kind"],
        key=node["key"],
        state=node["state"],
        made_by="" if made_by == run_id else made_by,
        seconds=as_float(node["seconds"]),
        message=node["message"],
        warnings=list(node["warnings"]),
        options=dict(node["options"]),
    )


def _end(node: Mapping[str, Any], paths: Sequence[PathSummary], task: str) -> EndSummary:
    options, epochs = node["options"], node["epochs"]
    # A network taken in or borrowed was judged by a loss of its own, which is no column of ours.
    is_other = task.startswith(RECONSTRUCTION) and reconstruction(options) != task
    # While it trains only watched splits count: means over an epoch are of a changing network.
    watched = {} if not epochs else epochs[-1]["values"]
    values = node["summary"] or {
        name: value for name, value in watched.items() if not name.startswith("train_")
    }
    return EndSummary(
        node=node["name"],
        label=node["label"] or node["name"],
        kind=node["kind"],
        seeds=_seeds(options),
        epochs=epochs[-1]["epoch"] if epochs else 0,
        values={
            name: as_float(value)
            for name, value in values.items()
            if not (is_other and name.endswith(("_nll", "_loss")))
        },
        on_path=_value_on_path(node["name"], paths),
    )


def _seeds(options: Mapping[str, Any]) -> dict[str, int]:
    seeds = {
        name: options.get(f"{name}_seed", options.get("seed"))
        for name in ("init", "order", "augment")
    }
    return {name: seed for name, seed in seeds.items() if seed is not None}


def _value_on_path(name: str, paths: Sequence[PathSummary]) -> float:
    """Return the network's test error, or loss without one, where a path begins or ends with it."""
    for path in paths:
        errors = path.statistics.get("test_error") or path.statistics.get("test_nll", {})
        for place, statistic in zip(path.pair, ("start", "end"), strict=True):
            if place == name and statistic in errors:
                return errors[statistic]
    return math.nan


def _training(node: Mapping[str, Any]) -> TrainingSummary:
    events = node["epochs"]
    columns = list(dict.fromkeys(name for event in events for name in event["values"]))
    return TrainingSummary(
        node=node["name"],
        label=node["label"] or node["name"],
        kind=node["kind"],
        epochs=[event["epoch"] for event in events],
        lr=[as_float(event["lr"]) for event in events],
        seconds=[as_float(event["seconds"]) for event in events],
        values={
            name: [as_float(event["values"].get(name)) for event in events] for name in columns
        },
        probes=[
            ProbeSummary(
                probe["epoch"],
                [as_float(t) for t in probe["ts"]],
                {name: [as_float(v) for v in values] for name, values in probe["values"].items()},
            )
            for probe in node["probes"]
        ],
    )
