"""One line of text per stage of a run: sign, name, state, and how far it is.

Used by the live view and by `show`. A line is built from its most wanted parts and ends where
the terminal does; names come from outside and are shown as text, never as markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from mcworkbench.reports.bars import filled_columns
from mcworkbench.reports.durations import clock, rate_text
from mcworkbench.reports.stage_text import (
    REUSED_SIGN,
    SIGNS,
    finished_parts,
    live_parts,
    short_run,
    state_words,
)
from mcworkbench.runs.state import ACTIVE, State

if TYPE_CHECKING:
    from mcworkbench.runs.views import NodeView, RunView

_STYLES = {
    State.waiting: "dim",
    State.queued: "dim",
    State.running: "cyan",
    State.stopping: "yellow",
    State.stopped: "yellow",
    State.failed: "red",
    State.lost: "red",
    State.done: "green",
}
_MAX_NAME = 22
_MIN_BAR, _MAX_BAR, _BAR_SHARE = 8, 24, 6
NUM_GAP = 2


def name_width(run: RunView) -> int:
    """Return the columns of the longest name of a stage, within reason."""
    return min(_MAX_NAME, max((len(name) for name in run.nodes), default=1))


def stage_line(node: NodeView, *, width: int, names: int, has_unicode: bool = True) -> Text:
    """Return a stage as one line of at most `width` columns.

    Args:
        node: a refreshed node.
        width: columns.
        names: columns for its name, see `name_width`.
        has_unicode: whether the terminal shows more than ASCII.
    """
    state = node.state
    is_reused = node.reused and state is State.done
    signs = REUSED_SIGN if is_reused else SIGNS[state]
    style = "blue" if is_reused else _STYLES[state]
    name = node.name if len(node.name) <= names else node.name[: names - 1] + "…"
    line = Text().append(signs[0 if has_unicode else 1], style=style)
    line.append(f" {name:<{names}} ", style="dim" if style == "dim" else "")
    if state in ACTIVE:
        _append_progress(line, node, width, has_unicode=has_unicode)
        return line
    words, parts = state_words(node), finished_parts(node)
    if is_reused and parts and line.cell_len + len(words) + NUM_GAP + len(parts[0]) > width:
        # The number matters more than the whole id of the run that made it.
        words = f"reused from {short_run(node.made_by)}"
    line.append(words, style=style)
    for part in parts:
        _append_fitting(line, f"  {part}", width)
    line.truncate(width, overflow="ellipsis")
    return line


def _append_progress(line: Text, node: NodeView, width: int, *, has_unicode: bool) -> None:
    line.append(f"{node.state:<8} ", style=_STYLES[node.state])
    columns = min(_MAX_BAR, max(_MIN_BAR, width // _BAR_SHARE))
    line.append_text(bar(node.view.fraction, columns, has_unicode=has_unicode))
    line.append(f" {100 * node.view.fraction:3.0f} %")
    progress = node.view.progress
    if progress is not None and progress.eta_s is not None:
        _append_fitting(line, f"  ETA {clock(progress.eta_s)}", width)
    parts = live_parts(node)
    for part in parts[:1]:
        _append_fitting(line, f"  {part.removeprefix('train ')}", width)
    if progress is not None and progress.rate:
        _append_fitting(line, f"  {rate_text(progress.rate)} {progress.unit}/s", width)
    for part in parts[1:]:
        _append_fitting(line, f"  {part.removeprefix('train ')}", width)
    line.truncate(width)


def bar(fraction: float, columns: int, *, has_unicode: bool) -> Text:
    """Return a progress bar of `columns` columns."""
    filled = filled_columns(fraction, columns)
    full, empty = ("━", "─") if has_unicode else ("#", "-")
    return Text(full * filled, style="cyan") + Text(empty * (columns - filled), style="dim")


def _append_fitting(line: Text, part: str, width: int) -> None:
    """Append a part where it fits whole; later, shorter parts may still."""
    if line.cell_len + len(part) <= width:
        line.append(part)
