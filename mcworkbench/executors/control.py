"""Stop a run and go on with one, as a user asks: the rules that commands and screens share.

What a run is doing is looked up by the caller; whether it may be stopped or resumed, and what
that means for it, is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mcworkbench.errors import InvalidInputError, NumericalError, PresetError
from mcworkbench.executors.local import start
from mcworkbench.runs.actions import request_stop
from mcworkbench.runs.events import StageFailed
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.state import State

if TYPE_CHECKING:
    from mcworkbench.runs.views import RunView

# What happens to a run that is stopped so, as the rest of a sentence on it.
STOPPING = {
    StopLevel.after: "stops after this epoch or point",
    StopLevel.now: "stops now, with a checkpoint",
    StopLevel.kill: "is killed; work since the last checkpoint is lost",
}
ENDED = frozenset((State.done, State.failed, State.stopped, State.lost))
# What a stage raises where the same settings would fail again.
_OF_SETTINGS = (InvalidInputError.__name__, PresetError.__name__, NumericalError.__name__)


class KnownRun(Protocol):
    """A run as someone has just looked at it: a view, or a line of a list."""

    @property
    def id(self) -> str:
        """Return its id."""
        ...

    @property
    def state(self) -> State:
        """Return what it is doing."""
        ...


def stop_run(run: KnownRun, level: StopLevel, *, by: str) -> None:
    """Ask a run to stop; returns at once.

    Raises:
        InvalidInputError: it does not run.
        WorkbenchError: the request cannot be written.
    """
    if run.state in ENDED or not request_stop(run.id, level, by=by):
        raise InvalidInputError(f"run {run.id} is not running: it is {run.state}.")


def check_unfinished(run: KnownRun) -> None:
    """Accept a run that still has work to do.

    Raises:
        InvalidInputError: it is done.
    """
    if run.state is State.done:
        raise InvalidInputError(
            f"run {run.id} is done, nothing is left to resume; `mcworkbench show {run.id}` has its "
            "numbers, `mcworkbench run PRESET --fresh` computes everything again."
        )


def go_on(run_id: str) -> None:
    """Start what is left of a run.

    Raises:
        InvalidInputError: there is no such run, or it is being carried out.
        WorkbenchError: its folder cannot be written.
    """
    if not start(run_id):
        raise InvalidInputError(
            f"run {run_id} is running already; `mcworkbench watch {run_id}` follows it."
        )


def is_of_settings(run: RunView) -> bool:
    """Return whether a run failed because of its settings, so that going on cannot help."""
    failed = [node.view.events for node in run.nodes.values() if node.state is State.failed]
    endings = [
        next((r.event for r in reversed(told) if isinstance(r.event, StageFailed)), None)
        for told in failed
    ]
    return any(ending is not None and ending.error in _OF_SETTINGS for ending in endings)
