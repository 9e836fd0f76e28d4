"""`show` and `list`: a run with all its numbers, and all runs at a glance."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from rich.text import Text

from mcworkbench.cli.consoles import (
    NUM_INDENT,
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
from mcworkbench.cli.wrapping import wrapped
from mcworkbench.errors import unknown_name
from mcworkbench.reports.durations import age_text
from mcworkbench.reports.quantities import shown
from mcworkbench.reports.stage_text import headline_text
from mcworkbench.runs.headline import MAX
from mcworkbench.runs.index import changes_of
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.reports.document import RunSummary
    from mcworkbench.runs.index import RunLine
    from mcworkbench.runs.views import RunView

_KEY_DIGITS = 12
_RESULT = 4
_MIN_CHANGES = 12


def list_all(*, as_json: bool, wanted: str = "", sort: str = "started") -> int:
    """Write the runs that a filter leaves, by default all, newest first.

    Raises:
        InvalidInputError: the filter or the order is none.
    """
    from mcworkbench.runs.index import list_runs, unreadable_runs

    every = list_runs()
    runs = _chosen(every, wanted, sort)
    if as_json:
        write_json([_listed_json(run) for run in runs])
        return DONE
    if every and not runs:
        say(f"no run of {len(every)} matches.")
        return DONE
    for run_id in unreadable_runs():
        say(f"run {run_id}: its run.json cannot be read.")
    if not runs:
        say("no runs yet; `mcworkbench run quickstart` makes one.")
        return DONE
    console = out()
    heads = ["name", "id", "state", "stages", "result", "age", "changes"]
    rows = [_listed_row(run) for run in runs]
    write(_listed(heads, rows, table_width(console)), console)
    return DONE


def _chosen(lines: list[RunLine], wanted: str, sort: str) -> list[RunLine]:
    from mcworkbench.screens.pictures.rows import row_of
    from mcworkbench.screens.runs.filter import SORTS, ordered, parse_filter

    if sort not in SORTS:
        raise unknown_name("order", clean_line(sort), SORTS, where="--sort")
    rows = parse_filter(wanted).chosen([row_of(line) for line in lines], time.time())
    known = {line.id: line for line in lines}
    return [known[row.id] for row in ordered(rows, sort)]


def _listed(heads: list[str], rows: list[list[str]], width: int) -> list[Text]:
    """Return the list as one table, or where that is too wide with the results on own lines."""
    changes = len(heads) - 1
    if not any(row[changes] for row in rows) or not _has_room(rows, width, _MIN_CHANGES):
        heads, rows = heads[:changes], [row[:changes] for row in rows]
    if _has_room(rows, width, 0):
        cut = [changes] if len(heads) > changes else []
        return aligned(heads, rows, num_words=len(heads), width=width, cut=cut or [0])
    kept = [place for place in range(len(heads)) if place != _RESULT]
    chosen = [[row[place] for place in kept] for row in rows]
    short = aligned([heads[p] for p in kept], chosen, num_words=len(kept), width=width, cut=[0])
    lines = short[:1]
    for line, row in zip(short[1:], rows, strict=True):
        lines.append(line)
        if row[_RESULT]:
            lines.append(Text(f"  {row[_RESULT]}", style="dim"))
    return lines


def _has_room(rows: list[list[str]], width: int, last: int) -> bool:
    """Return whether rows fit whole; `last` columns, where not 0, are enough for the last one."""
    columns = list(zip(*rows, strict=True))
    sizes = [max(map(len, cells)) for cells in columns]
    if last:
        sizes[-1] = min(sizes[-1], last)
    return not width or sum(sizes) + NUM_INDENT * (len(sizes) - 1) <= width


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


def write_log(reference: str) -> int:
    """Write what the processes of a run wrote last, as the app's log shows it."""
    from mcworkbench.runs.index import find_run
    from mcworkbench.runs.run_log import read_log

    told = read_log(find_run(reference))
    write([*told.reasons, *([""] if told.reasons else []), *told.lines])
    return DONE


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
    tables = table_width(console)
    write([*_facts(run, summary, tables), "", *_stages(run, tables), ""], console)
    write(result_lines(summary, width, tables=tables, with_ends=True), console)
    for warning in run.warnings:
        say(f"warning: {warning}")
    return DONE


def _facts(run: RunView, summary: RunSummary, width: int) -> list[str | Text]:
    validation = str(summary.data.get("validation", "none"))
    watched = "no validation split"
    trainings = ("endpoint", "curve", "fge", "snapshot", "swa")
    if any(node.kind in trainings for node in summary.nodes):
        watched += ": the test set was watched"
    split = watched if validation == "none" else validation
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
    wide = max(map(len, facts)) + NUM_INDENT
    rows = [[name, value] for name, value in facts.items() if value]
    return _hanging(rows, wide, width)


def _hanging(rows: list[list[str]], indent: int, width: int) -> list[str | Text]:
    """Return names with their texts beside them, long texts broken at spaces; 0 is any width."""
    lines: list[str | Text] = []
    for name, text in rows:
        parts = wrapped(text, max(NUM_INDENT, width - indent)).split("\n") if width else [text]
        lines += [f"{name:<{indent}}{parts[0]}", *(" " * indent + part for part in parts[1:])]
    return lines


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
    from mcworkbench.reports.stage_text import finished_parts, in_order, state_words

    rows = [
        [node.name, node.key[:_KEY_DIGITS], ", ".join([state_words(node), *finished_parts(node)])]
        for node in in_order(run)
    ]
    heads = ["stage", "key", "state"]
    if width and any(sum(map(len, row)) + NUM_INDENT * 2 > width for row in rows):
        # The keys are in the report and in --json.
        names = max(len(row[0]) for row in rows) + NUM_INDENT
        short = _hanging([[name, state] for name, _, state in rows], names, width)
        return [heading("Stages"), *short]
    return [heading("Stages"), *aligned(heads, rows, num_words=3)]
