"""The list of runs as columns of text: which fit, how wide, and what stands in them.

Pure: rows and widths in, plain text out; colours are the list's. Text that does not fit ends in
"…"; what fits nowhere is left out, the least needed first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from rich.cells import cell_len

from mcworkbench.reports.bars import filled_columns
from mcworkbench.reports.durations import age_text, clock
from mcworkbench.reports.stage_text import SIGNS
from mcworkbench.runs.state import ACTIVE, State
from mcworkbench.screens.widgets.cells import fitted
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.screens.pictures.run_row import RunRow

GAP = 2
# The cursor's cell, the mark's, the sign of the state and one blank.
NUM_LEAD = 4
BAR, STATE, NAME = "progress", "state", "name"
_MIN_NAME, _MAX_NAME = 14, 44
BAR_COLUMNS = 8
_ETA_COLUMNS, _HOUR_S = 5, 3600
# Kinds where there is little room.
_SHORT_KINDS = {
    "endpoints": "ends",
    "evaluate": "eval",
    "ensemble": "ens",
    "snapshot": "snaps",
    "simplex": "simpl",
    "connect": "conn",
    "similarity": "simil",
    "autoencoder": "ae",
    "regression": "regr",
}
_MIN_KIND, _MAX_KIND = 5, 11
_UNREADABLE_SIGN = "✗"


@final
@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, its width in cells, and whether numbers line up at its right."""

    name: str
    width: int
    is_right: bool = False


def columns_for(rows: Sequence[RunRow], width: int) -> tuple[Column, ...]:
    """Return the columns that fit into `width` cells, in the order of the screen."""
    kind = max(len("kind"), *(cell_len(row.kind) for row in rows), 0)
    wanted = [Column(STATE, max(map(len, State))), Column(BAR, BAR_COLUMNS)]
    optional = [
        Column("best", 8, is_right=True),
        Column("age", 6, is_right=True),
        Column("ETA", _ETA_COLUMNS, is_right=True),
        Column("kind", min(kind, _MAX_KIND)),
        Column("kind", _MIN_KIND),
    ]
    longest = max((cell_len(row.name or row.id) for row in rows), default=0)
    name = max(_MIN_NAME, min(_MAX_NAME, longest))
    if width < NUM_LEAD + name + sum(
        GAP + c.width for c in [*wanted, *optional[:-2], optional[-1]]
    ):
        name = _MIN_NAME
    for column in optional:
        is_there = column.name in [other.name for other in wanted]
        room = width - NUM_LEAD - name - sum(GAP + other.width for other in wanted)
        if not is_there and GAP + column.width <= room:
            wanted.append(column)
    left = width - NUM_LEAD - sum(GAP + column.width for column in wanted)
    order = ("kind", STATE, BAR, "ETA", "best", "age")
    kept = sorted(wanted, key=lambda column: order.index(column.name))
    return (Column(NAME, max(1, left)), *kept)


def heads_text(columns: Sequence[Column], sort: str, *, is_reversed: bool) -> str:
    """Return the line of heads; the one that the list is sorted by has an arrow."""
    sorted_by = "age" if sort == "started" else sort
    arrow = "▴" if is_reversed else "▾"
    found: list[str] = []
    for column in columns:
        head = f"{column.name}{arrow}" if column.name == sorted_by else column.name
        found.append(fitted(head, column.width, is_right=column.is_right))
    return " " * NUM_LEAD + (" " * GAP).join(found)


def cells_of(row: RunRow, columns: Sequence[Column], now_s: float) -> list[str]:
    """Return the text of every cell, each as wide as its column; `now_s` is the wall clock."""
    texts = {
        NAME: row.name or row.id,
        "kind": row.kind,
        STATE: str(row.state),
        BAR: _bar(row),
        "ETA": _eta(row),
        "best": row.best_short or "—",
        "age": age_text(now_s - row.created),
    }
    found: list[str] = []
    for column in columns:
        text = texts[column.name]
        if column.name == "kind" and cell_len(text) > column.width:
            text = _SHORT_KINDS.get(text, text)
        found.append(fitted(text, column.width, is_right=column.is_right))
    return found


def sign_of(row: RunRow) -> str:
    """Return the sign of a run's state."""
    return _UNREADABLE_SIGN if row.problem else SIGNS[row.state][0]


def _bar(row: RunRow) -> str:
    done = filled_columns(row.fraction, BAR_COLUMNS)
    return "━" * done + "─" * (BAR_COLUMNS - done)


def _eta(row: RunRow) -> str:
    if row.eta_s is None or not math.isfinite(row.eta_s):
        return ""
    return clock(row.eta_s) if row.eta_s < _HOUR_S else age_text(row.eta_s)


def reason_of(row: RunRow) -> str:
    """Return one line on a run: why it failed or waits, what came out, what to press."""
    if row.problem:
        return f"{row.id} is unreadable: {clean_line(row.problem)} — d deletes it"
    name = clean_line(row.name or row.id, limit=40)
    reason = clean_line(row.reason, limit=400)
    told = f"{name}: {reason}" if reason else ""
    if row.state is State.failed:
        return f"{told or name + ' failed'} — L opens the log, E its preset"
    if row.state is State.lost:
        return f"{told or name + ' was lost'} — R goes on, L opens the log"
    if row.state is State.stopped:
        return f"{name}: stopped at {_stages(row)} — R goes on"
    if row.state is State.waiting:
        return f"{told} — R starts it"
    if row.state in ACTIVE or row.state is State.queued:
        return told or f"{name}: {_stages(row)}"
    line = f" (line {row.line_short})" if row.line_short else ""
    return f"{row.best}{line}" if row.best else ""


def _stages(row: RunRow) -> str:
    return f"{row.num_done} of {row.num_nodes} stages done"
