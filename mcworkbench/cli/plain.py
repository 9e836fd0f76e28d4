"""The view of a run where stderr is no terminal: plain lines, few enough for a log file.

Every change of a stage's state is a line; while it works, one line per epoch or point, at most
one every two seconds. No control characters.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self, final

from mcworkbench.cli.consoles import say
from mcworkbench.reports.durations import clock, rate_text
from mcworkbench.reports.stage_text import (
    finished_parts,
    in_order,
    live_parts,
    member_text,
    state_words,
)
from mcworkbench.runs.state import ACTIVE, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.runs.views import NodeView, RunView

_INTERVAL_S = 2.0
_QUIET = (State.waiting, State.queued)
_SAD = (State.failed, State.lost)


@final
class PlainView:
    """Tells one run line by line."""

    def __init__(self, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._told: dict[str, State] = {}
        self._step: dict[str, int] = {}
        self._member: dict[str, int] = {}
        self._last_s = clock_s()
        self._notice = ""
        self._reason = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave everything as it is: there is nothing to put back."""

    def update(self, run: RunView, notice: str) -> None:
        """Tell what is new about the run."""
        if not self._told:
            title = f": {run.title}" if run.title else ""
            say(f"run {run.id} ({run.name}){title}" if run.name else f"run {run.id}{title}")
        for node in in_order(run):
            self._tell_state(node)
            # A table of pools says again what its stages have said.
            if node.kind != "ensemble" or run.kind == "ensemble":
                self._tell_members(node)
        reason = run.reason if run.state is State.queued else ""
        if reason and reason != self._reason:
            say(reason)
        self._reason = reason
        if notice and notice != self._notice and self._notice:
            say(notice)
        self._notice = notice
        if self._clock_s() - self._last_s >= _INTERVAL_S:
            for node in in_order(run):
                self._tell_progress(node)

    def finish(self, run: RunView) -> None:
        """Tell how it ended."""
        self.update(run, "")

    def _tell_state(self, node: NodeView) -> None:
        before = self._told.get(node.name)
        self._told[node.name] = node.state
        if node.state is before or node.state in _QUIET:
            return
        # Why it failed is said once, at the end.
        words = str(node.state) if node.state in _SAD else state_words(node)
        words = words.replace("done ", "done in ", 1)
        say(": ".join([node.name, ", ".join([words, *finished_parts(node)])]))
        if node.state in ACTIVE:
            self._last_s = self._clock_s()

    def _tell_members(self, node: NodeView) -> None:
        """Tell each network that joined an ensemble since the last look, and the ensemble."""
        members = node.view.members
        before = self._member.setdefault(node.name, max(members, default=0) if node.reused else -1)
        for index, event in members.items():
            if index > before and event.total > 1:
                say(f"{node.name}: {member_text(event, node.view.options)}")
                self._last_s = self._clock_s()
        self._member[node.name] = max(before, *members, -1)

    def _tell_progress(self, node: NodeView) -> None:
        progress, epochs = node.view.progress, node.view.epochs
        if node.state not in ACTIVE or progress is None or not progress.total:
            return
        if self._step.get(node.name) == progress.step:
            return
        self._step[node.name] = progress.step
        self._last_s = self._clock_s()
        if epochs:
            done = f"epoch {epochs[-1].epoch} of {epochs[-1].epochs}"
        else:
            done = f"{progress.done} of {progress.total} {progress.unit}"
        parts = [f"{done} ({100 * node.view.fraction:.0f} %)", *live_parts(node)]
        if progress.rate:
            parts.append(f"{rate_text(progress.rate)} {progress.unit}/s")
        if progress.eta_s is not None:
            parts.append(f"ETA {clock(progress.eta_s)}")
        say(f"{node.name}: {', '.join(parts)}")
