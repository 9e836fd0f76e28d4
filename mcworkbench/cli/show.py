"""`show` and `list`: a run with all its numbers, and all runs at a glance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mcworkbench.cli.consoles import (
    NUM_INDENT,
    age_text,
    aligned,
    heading,
    out,
    say,
    table_width,
    width_of,
    write,
    write_json,
)
from mcworkbench.cli.exits import DONE
from mcworkbench.reports.quantities import quantity, shown
from mcworkbench.runs.index import MAX, changes_of

if TYPE_CHECKING:
    from rich.text import Text

    from mcworkbench.reports.document import RunSummary
    from mcworkbench.runs.index import RunLine
    from mcworkbench.runs.run_view import Headline
    from mcworkbench.runs.views import RunView

_KEY_DIGITS = 12
# Changes, result and name may be cut in a narrow terminal; the id must stay whole to be typed.
_CUT = (6, 4, 0)
_MIN_CHANGES = 12


def list_all(*, as_json: bool) -> int:
    """Write every run, newest first."""
    from mcworkbench.runs.index import list_runs, unreadable_runs

    runs = list_runs()
    if as_json:
        write_json([_listed_json(run) for run in runs])
        return DONE
    for run_id in unreadable_runs():
        say(f"run {run_id}: its run.json cannot be read.")
    if not runs:
        say("no runs yet; `mcworkbench run quickstart` makes one.")
        return DONE
    console = out()
    heads = ["name", "id", "state", "stages", "result", "age", "changes"]
    rows = [_listed_row(run) for run in runs]
    width, last = table_width(console), len(heads) - 1
    if not _has_room(rows, width) or not any(row[last] for row in rows):
        heads, rows = heads[:last], [row[:last] for row in rows]
    cut = [place for place in _CUT if place < len(heads)]
    write(aligned(heads, rows, num_words=len(heads), width=width, cut=cut), console)
    return DONE


def _has_room(rows: list[list[str]], width: int) -> bool:
    """Return whether the changes fit in part beside what is always shown."""
    columns = list(zip(*rows, strict=True))[:-1]
    needed = sum(max(map(len, cells)) + NUM_INDENT for cells in columns)
    return not width or needed + _MIN_CHANGES <= width


def _listed_row(run: RunLine) -> list[str]:
    return [
        run.name,
        run.id,
        str(run.state),
        f"{run.num_done}/{run.num_nodes}",
        _result(run),
        age_text(run.age_s),
        " ".join(run.changes),
    ]


def _result(run: RunLine) -> str:
    """Return the run's number and, last, so that it is cut first, the line's beside it."""
    if run.headline is None:
        return ""
    told = headline_text(run.headline)
    line = run.line
    if line is None or line.name != run.headline.name or line == run.headline:
        return told
    return f"{told} (line {shown(line.name.removesuffix(MAX), line.value)})"


def headline_text(head: Headline) -> str:
    """Return the number of a run in words: "curve max test error 2.22 %"."""
    node = head.node.removeprefix("evaluate-")
    if head.name.endswith(MAX):
        column = head.name.removesuffix(MAX)
        # Only where values are predicted is there a loss but no error.
        task = "classification" if column.endswith("_error") else "regression"
        word = quantity(column, task=task).label
        return f"{node} max {word} {shown(column, head.value, task=task)}"
    return f"{node} {head.name.replace('_', ' ')} {shown(head.name, head.value)}"


def _listed_json(run: RunLine) -> dict[str, Any]:
    head = run.headline
    number = head.value if head is not None and math.isfinite(head.value) else None
    return {
        "id": run.id,
        "name": run.name,
        "kind": run.kind,
        "title": run.title,
        "state": str(run.state),
        "reason": run.reason,
        "progress": run.num_done / run.num_nodes if run.num_nodes else 0.0,
        "stages_done": run.num_done,
        "stages": run.num_nodes,
        "headline": {"node": head.node, "name": head.name, "value": number} if head else None,
        "changes": list(run.changes),
        "created": run.created,
        "age_s": run.age_s,
        "group": run.group,
        "tags": list(run.tags),
    }


def show(reference: str, *, as_json: bool) -> int:
    """Write the state, the stages and every number of a run."""
    from mcworkbench.reports import document
    from mcworkbench.reports.summary import collect
    from mcworkbench.runs.index import find_run
    from mcworkbench.runs.views import RunView

    run = RunView(find_run(reference))
    summary = collect(run, is_private=True)
    if as_json:
        write_json(document.as_json(summary))
        return DONE
    from mcworkbench.cli.results import result_lines

    console = out()
    width = width_of(console)
    write([*_facts(run, summary), "", *_stages(run, table_width(console)), ""], console)
    write(result_lines(summary, width, with_ends=True), console)
    for warning in run.warnings:
        say(f"warning: {warning}")
    return DONE


def _facts(run: RunView, summary: RunSummary) -> list[str | Text]:
    validation = str(summary.data.get("validation", "none"))
    split = "no validation split: the test set was watched" if validation == "none" else validation
    state = f"{run.state}: {run.reason}" if run.reason else str(run.state)
    facts = {
        "run": run.id,
        "name": run.name,
        "title": run.title,
        "kind": run.kind,
        "state": state,
        "made": f"{age_text(run.age_s)} ago, {age_text(run.seconds)} of work of its own",
        "changes": " ".join(changes_of(run.document.command)),
        "seed": str(summary.seed),
        "seeds": "; ".join(_seeds(summary)),
        "data": str(summary.data.get("name", "")),
        "split": split if summary.data else "",
        "examples": _counts(run),
        "group": run.group,
        "tags": ", ".join(run.tags),
        "folder": str(run.folder.path),
    }
    wide = max(map(len, facts))
    return [f"{name:<{wide}}  {value}" for name, value in facts.items() if value]


def _counts(run: RunView) -> str:
    """Return how many examples each split of the data has, '' where that is not known yet."""
    from mcworkbench.folders import read_json

    for node in run.nodes.values():
        made = read_json(node.view.artifacts / "dataset.json") if node.kind == "dataset" else None
        if isinstance(made, dict) and isinstance(made.get("counts"), dict):
            counts: dict[str, Any] = made["counts"]
            return ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    return ""


def _seeds(summary: RunSummary) -> list[str]:
    found: list[str] = []
    for end in summary.ends:
        values = set(end.seeds.values())
        if len(values) == 1:
            found.append(f"{end.node} {values.pop()}")
        elif values:
            each = ", ".join(f"{name} {seed}" for name, seed in end.seeds.items())
            found.append(f"{end.node} ({each})")
    return found


def _stages(run: RunView, width: int) -> list[str | Text]:
    from mcworkbench.cli.stage_lines import finished_parts, in_order, state_words

    rows = [
        [node.name, node.key[:_KEY_DIGITS], ", ".join([state_words(node), *finished_parts(node)])]
        for node in in_order(run)
    ]
    console_rows = aligned(["stage", "key", "state"], rows, num_words=3, width=width)
    return [heading("Stages"), *console_rows]
