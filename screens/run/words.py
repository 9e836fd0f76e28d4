"""A run in words: what it does now, how it stands, what to press next.

Pure: no widgets, no files. Texts come from outside and are plain text, never markup.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.bars import filled_columns
from mcworkbench.reports.durations import clock
from mcworkbench.reports.stage_text import REUSED_SIGN, SIGNS, short_run
from mcworkbench.runs.state import State
from mcworkbench.screens.run.choices import active_stage
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.screens.pictures.run_picture import RunPicture, StageRow
    from mcworkbench.screens.pictures.run_row import RunRow

NOTHING_OPEN = "No run is open — 1 shows all runs, 3 starts one"
READING = "reading …"
# The style of the theme by which a state is told; the sign and the word come with it.
LOOKS = {
    State.waiting: "waiting",
    State.queued: "waiting",
    State.running: "running",
    State.stopping: "stopped",
    State.stopped: "stopped",
    State.failed: "failed",
    State.lost: "failed",
    State.done: "done",
}
_ADVICE = {
    State.waiting: "R starts it",
    State.stopped: "R goes on from the checkpoint",
    State.failed: "L opens the log · R tries again once the cause is gone · E edits the preset",
    State.lost: "R goes on from the last checkpoint · L opens the log",
}
# So that 29 of 100 stays 29 after a multiplication.
_LAST_SIGN = "last sign of life"


def sign_of(row: StageRow) -> str:
    """Return the sign of a stage: of its state, or that it was reused."""
    is_reused = row.is_reused and row.state is State.done
    return REUSED_SIGN[0] if is_reused else SIGNS[row.state][0]


def look_of(row: StageRow) -> str:
    """Return the style of a stage: of its state, or that it was reused."""
    return "reused" if row.is_reused and row.state is State.done else LOOKS[row.state]


def stage_words(row: StageRow, *, is_short: bool = False) -> str:
    """Return a stage's state in words without its message; short names no other run in full."""
    if row.state in (State.failed, State.lost):
        return str(row.state)
    if row.is_reused and row.state is State.done:
        made_by = short_run(row.made_by) if is_short else row.made_by
        return f"reused from {made_by}" if made_by else "reused"
    return clean_line(row.words)


def percent(fraction: float) -> str:
    """Return how much is done: "62 %"; all of it only where nothing is missing."""
    return f"{filled_columns(fraction, 100)} %"


def eta(seconds: float | None) -> str:
    """Return the time left: "ETA 0:12", '' where it is not known."""
    return f"ETA {clock(seconds)}" if seconds is not None and math.isfinite(seconds) else ""


def bar(fraction: float, columns: int) -> tuple[str, str]:
    """Return the done and the missing part of a bar; all of it only where all is done."""
    done = filled_columns(fraction, columns)
    return "━" * done, "─" * (columns - done)


def now_words(picture: RunPicture) -> str:
    """Return what the run does now: "curve: epoch 41 of 60", "line: starting"."""
    row = active_stage(picture)
    if row is None:
        return _stages_done(picture.row) if picture.row.state is not State.done else ""
    told = clean_line(row.words)
    if told and told != str(row.state):
        return f"{row.name}: {told}"
    begun = "starting" if row.state is State.running else str(row.state)
    return f"{row.name}: {begun}"


def _stages_done(row: RunRow) -> str:
    return f"{row.num_done} of {row.num_nodes} stages done"


def why_empty(picture: RunPicture, what: str) -> str:
    """Return why there are no numbers of something yet, in one sentence."""
    row, active = picture.row, active_stage(picture)
    if active is not None:
        return f"{what} — {active.name} {'runs' if active.state is State.running else 'stops'}"
    broken = next((s for s in picture.stages if s.state in (State.failed, State.lost)), None)
    if broken is not None:
        verb = "failed" if broken.state is State.failed else "was lost"
        return f"{what} — {broken.name} {verb}"
    # What a run that is done has not will not come.
    told = what.replace(" yet", "") if row.state is State.done else what
    return f"{told} — the run is {row.state}"


def result_words(picture: RunPicture) -> str:
    """Return the number a run is known by and the line's beside it, '' before the first."""
    row = picture.row
    line = f" · line {row.line_short}" if row.line_short else ""
    return f"{row.best}{line}" if row.best else ""


def sentence(picture: RunPicture) -> str:
    """Return why the run stands as it does, '' where it simply runs or is done."""
    row = picture.row
    told = [clean_line(text, limit=600) for text in picture.messages]
    reason = clean_line(row.reason, limit=600)
    if row.state is State.failed:
        return " · ".join(told) or reason
    if row.state is State.lost:
        sign = dict(picture.facts).get("supervisor", "")
        seen = sign[sign.index(_LAST_SIGN) :] if _LAST_SIGN in sign else ""
        return " · ".join(filter(None, [*(told or [reason]), clean_line(seen)]))
    if row.state is State.stopping and not reason:
        return "it ends with a checkpoint, so that R can go on from there"
    if row.state is State.queued:
        return reason or "waiting for a slot"
    return reason


def advice(row: RunRow) -> str:
    """Return what to press in this state, '' where nothing is called for."""
    return _ADVICE.get(row.state, "")
