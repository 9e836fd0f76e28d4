"""What a written report holds, in reading order: the context of both templates.

Pure; called by `markdown` and `html`. Cells and sentences are plain text, escaped by whoever
renders them.
"""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from mcworkbench.reports.ensemble_tables import budgets_table, member_tables, method_words
from mcworkbench.reports.quantities import quantity, shown
from mcworkbench.reports.reconstructions import reconstruction_table
from mcworkbench.reports.redact import has_gaps
from mcworkbench.reports.segments import segment_tables
from mcworkbench.reports.settings import settings_tables
from mcworkbench.reports.table import (
    Table,
    barrier_tables,
    ends_table,
    expectations_table,
    nodes_table,
    pairs_table,
    paths_table,
    statistics_tables,
)
from mcworkbench.reports.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.reports.document import PathSummary, RunSummary

# What may name a file of the user's own, in a preset or a command.
_HAS_FILE = re.compile(r"\b(?:file|imagefolder|images|celeba|arrays):(?!‹)")
_ENSEMBLE_COLUMNS = ("test_error", "test_rmse", "test_nll")
_HEADLINE_COLUMNS = ("test_error", "test_nll", "train_nll")


@final
@dataclass(frozen=True, slots=True)
class Image:
    """A figure as a template sees it: `source` is a relative path or a data address."""

    source: str
    title: str
    caption: str
    width: int


def page(summary: RunSummary, images: Sequence[Image]) -> dict[str, Any]:
    """Return the context of the report templates."""
    results = [
        budgets_table(summary),
        *member_tables(summary),
        reconstruction_table(summary),
        *statistics_tables(summary),
        *barrier_tables(summary),
        *segment_tables(summary),
    ]
    details = [paths_table(summary), ends_table(summary), expectations_table(summary)]
    return {
        "title": summary.heading,
        "facts": _facts(summary),
        "headline": headline(summary),
        "remarks": summary.remarks,
        "notes": summary.notes,
        "results": _filled(results),
        "details": _filled(details),
        "images": list(images),
        "settings": settings_tables(summary),
        "stages": _filled([nodes_table(summary)]),
        "environment": _filled(
            [
                pairs_table("Data", _shown_values(summary.dataset)),
                pairs_table("Environment", summary.environment.items()),
            ]
        ),
        "preset": summary.preset.strip("\n"),
        "commands": summary.commands,
        "gaps": _gaps(summary),
        "version": summary.version,
    }


def headline(summary: RunSummary) -> list[str]:
    """Return one sentence per pair of ends, the highest value along each path; and of ensembles."""
    sentences = _ensemble_sentences(summary)
    for paths in summary.pairs().values():
        column = next((c for c in _HEADLINE_COLUMNS if any(c in p.columns for p in paths)), None)
        if column is None:
            continue
        peaks = [_peak(path, column, summary.task) for path in paths]
        where = f" from {paths[0].pair_label}" if paths[0].pair_label else ""
        word = "So far, the" if any(path.partial for path in paths) else "The"
        name = quantity(column, task=summary.task).label
        sentences.append(f"{word} highest {name}{where}: {'; '.join(p for p in peaks if p)}.")
        sentences += filter(None, [verdict(paths, summary.task)])
    return sentences


def _ensemble_sentences(summary: RunSummary) -> list[str]:
    """Return one sentence per budget: what every method's ensemble scores."""
    sentences: list[str] = []
    for size in sorted({record.budget for record in summary.budgets}):
        records = [record for record in summary.budgets if record.budget == size]
        column = next((c for c in _ENSEMBLE_COLUMNS if c in records[0].mean), None)
        if column is None:
            continue
        name = quantity(column, task=summary.task).label
        parts = [
            f"{method_words(one.method)} {shown(column, one.mean.get(column), task=summary.task)}"
            for one in records
        ]
        runs = "one run" if size == 1 else f"{size} runs pooled"
        sentences.append(f"Ensemble {name}, {runs}: {'; '.join(parts)}.")
    return sentences


def moment(created: str) -> str:
    """Return a Unix time or an ISO date as text, in UTC."""
    try:
        when = datetime.datetime.fromtimestamp(float(created), tz=datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return created
    return when.strftime("%Y-%m-%d %H:%M UTC")


def _peak(path: PathSummary, column: str, task: str) -> str:
    values = [value for value in path.columns.get(column, []) if math.isfinite(value)]
    if not values:
        return ""
    highest = max(values)
    t = path.ts[path.columns[column].index(highest)]
    return f"{path.method} {shown(column, highest, task=task)} (t = {t:.3g})"


def _facts(summary: RunSummary) -> list[tuple[str, str]]:
    facts: Mapping[str, str] = {
        "run": summary.name,
        "id": summary.id if summary.id != summary.name else "",
        "kind": summary.kind,
        "state": summary.state,
        "created": moment(summary.created),
        "seed": "" if summary.seed is None else str(summary.seed),
        "data": str(summary.data.get("name", "")),
        "validation": str(summary.data.get("validation", "")),
        "split seed": _split_seed(summary.data),
        "group": summary.group,
        "tags": ", ".join(summary.tags),
        "mcworkbench": summary.version,
    }
    return [(name, value) for name, value in facts.items() if value]


def _shown_values(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, ", ".join(map(_number, value)) if isinstance(value, list) else str(value))
        for name, value in values.items()
    ]


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _gaps(summary: RunSummary) -> str:
    """Return what must be known before the commands work, '' where they do as they stand."""
    texts = [summary.preset, *summary.commands]
    sentences: list[str] = []
    if any(map(has_gaps, texts)):
        sentences.append(
            "Paths and names of the machine were taken out (‹path …›, ‹name›); put them back into "
            "the preset and the commands first."
        )
    if any(map(_HAS_FILE.search, texts)):
        sentences.append("Relative paths in them are taken from the current folder.")
    return " ".join(sentences)


def _split_seed(data: Mapping[str, Any]) -> str:
    is_drawn = str(data.get("validation", "none")).startswith("random")
    return str(data.get("split_seed", "")) if is_drawn else ""


def _filled(tables: Sequence[Table]) -> list[Table]:
    return [table for table in tables if table.rows]
