"""The final word on a run: a compact table that fits 80 columns, and the loss along the paths.

Pure: built from the collected summary of a run. Units are those of `reports.quantities`.
"""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from mcworkbench.cli.consoles import aligned, heading, split_table
from mcworkbench.cli.live_plot import styled
from mcworkbench.reports.braille import View, draw, starts_log
from mcworkbench.reports.ensemble_tables import budgets_table, member_tables
from mcworkbench.reports.plot import Plot, Role, Series
from mcworkbench.reports.quantities import MISSING, image_columns, number, quantity, to_shown
from mcworkbench.reports.table import STATISTICS, expectations_table
from mcworkbench.reports.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.document import EndSummary, PathSummary, RunSummary

_PATH_COLUMNS = (
    "train_nll",
    "train_loss",
    "train_error",
    "train_rmse",
    "validation_nll",
    "validation_error",
    "test_nll",
    "test_error",
    "test_rmse",
)
_END_COLUMNS = (
    "train_loss",
    "train_nll",
    "train_error",
    "train_rmse",
    "test_nll",
    "test_error",
    "test_rmse",
)
_BARRIER = "above_chord"
_MAX_PLOT_WIDTH, _PLOT_HEIGHT, _MIN_PLOT_WIDTH = 100, 15, 30
_MAX_NAME = 16


def result_lines(
    summary: RunSummary, width: int, *, tables: int | None = None, with_ends: bool = False
) -> list[str | Text]:
    """Return the numbers of a run as lines: its paths, and where asked for its networks.

    Networks are shown too where there are no paths.

    Args:
        summary: the run.
        width: columns for plots and sentences.
        tables: columns for tables, 0 for any number; absent: as `width`.
        with_ends: show the networks beside paths too.
    """
    tables = width if tables is None else tables
    lines: list[str | Text] = []
    for table in [*member_tables(summary), budgets_table(summary)]:
        if table.rows:
            lines += [heading(table.title), *split_table(table.columns, table.rows, width=tables)]
            lines += [Text(note, style="dim") for note in _wrapped(table.notes, width)] + [""]
    for paths in summary.pairs().values():
        lines += [*_path_table(paths, summary), ""]
        if width >= _MIN_PLOT_WIDTH:
            lines += [*_plot(paths, summary, min(width, _MAX_PLOT_WIDTH)), ""]
        told = verdict(paths, summary.task)
        lines += [*textwrap.wrap(told, width), ""] if told else []
    if summary.ends and (with_ends or not summary.paths):
        lines += [*_end_table(summary.ends, summary.task, tables), ""]
    lines += _beside_published(summary, tables)
    lines += [Text(line, style="dim") for line in _wrapped(summary.remarks, width)]
    return lines


def _wrapped(sentences: Sequence[str], width: int) -> list[str]:
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(sentence, width, break_long_words=False, break_on_hyphens=False)
    ]


def _path_table(paths: list[PathSummary], summary: RunSummary) -> list[Text]:
    """Return one block per quantity, one row per path, every statistic and the barrier."""
    heads = ["", *STATISTICS, "barrier"]
    rows: list[list[str]] = []
    titles: dict[int, str] = {}
    for column in (*_PATH_COLUMNS, *image_columns(summary.task)):
        having = [path for path in paths if column in path.statistics]
        if having:
            titles[len(rows)] = quantity(column, task=summary.task).axis
        rows += [_path_row(column, path, summary.task) for path in having]
    titles[len(rows)] = "length ‖Δw‖, and as a multiple of the line's"
    rows += [_length_row(path, paths) for path in paths]
    table = aligned(heads, rows, num_words=1)
    lines: list[Text] = [heading(paths[0].pair_label)] if paths[0].pair_label else []
    lines.append(table[0])
    for place, line in enumerate(table[1:]):
        if place in titles:
            lines.append(heading(titles[place]))
        lines.append(line)
    return lines


def _path_row(column: str, path: PathSummary, task: str) -> list[str]:
    values = path.statistics[column]
    cells = [_shown(column, values.get(statistic), task) for statistic in STATISTICS]
    barrier = path.barriers.get(column, {}).get(_BARRIER)
    return [f"  {_name(path)}", *cells, _shown(column, barrier, task)]


def _length_row(path: PathSummary, paths: list[PathSummary]) -> list[str]:
    straight = next((other.length for other in paths if other.is_line), math.nan)
    is_known = path.length > 0 and straight > 0
    ratio = f"{path.length / straight:.3f}" if is_known else MISSING
    return [f"  {_name(path)}", number(path.length), ratio, *[""] * (len(STATISTICS) - 1)]


def _name(path: PathSummary) -> str:
    fitting = (name for name in (path.method, path.short) if len(name) <= _MAX_NAME)
    name = next(fitting, f"{path.short[: _MAX_NAME - 1]}…")
    if path.partial:
        return f"{name} ({len(path.ts)} of {path.num_points})"
    return name


def _shown(column: str, value: float | None, task: str) -> str:
    """Return a value without its unit, which stands in the block's title."""
    if value is None or not math.isfinite(value):
        return MISSING
    scaled = to_shown(column, [value], task=task)[0]
    return f"{scaled:.2f}" if quantity(column, task=task).is_fraction else number(scaled)


def _end_table(ends: list[EndSummary], task: str, width: int) -> list[Text]:
    known = (*_END_COLUMNS, *image_columns(task))
    columns = [name for name in known if any(name in end.values for end in ends)]
    if "train_loss" in columns and "train_nll" in columns:
        columns.remove("train_nll")
    heads = ["network", "seed", "epochs", *(quantity(name, task=task).axis for name in columns)]
    rows = [
        [
            end.node,
            ", ".join(sorted({str(seed) for seed in end.seeds.values()})) or MISSING,
            str(end.epochs) if end.epochs else MISSING,
            *(_shown(name, end.values.get(name), task) for name in columns),
        ]
        for end in ends
    ]
    return split_table(heads, rows, width=width)


def _plot(paths: list[PathSummary], summary: RunSummary, width: int) -> list[Text]:
    # The loss that is shown while a curve forms, here and in the app.
    column = "train_nll"
    series = [
        Series(
            _name(path),
            path.ts,
            path.columns[column],
            Role.straight if path.is_line else Role.train,
        )
        # The curve first, in the colour and dots it had while it was trained.
        for path in sorted(paths, key=lambda path: path.is_line)
        if len(path.columns.get(column, ())) > 1
    ]
    if not series:
        return []
    title = f"{quantity(column, task=summary.task).axis}, along the path:"
    plot = Plot("along", title, "t", column, tuple(series), x_range=(0.0, 1.0), task=summary.task)
    return styled(draw(plot, width, _PLOT_HEIGHT, View(is_log=starts_log(plot), title=title)))


def _beside_published(summary: RunSummary, width: int) -> list[str | Text]:
    table = expectations_table(summary)
    if not table.rows:
        return []
    lines = split_table(table.columns, table.rows, width=width)
    return [heading(table.title), *lines, *table.notes, ""]
