"""What state a stage and a run are in, derived from evidence and never stored.

Evidence is a held lock, a result whose artifacts are there, how the newest attempt's process
ended, and a stop request. Clocks take part only in one way: a process that is gone gets a few
seconds for its `exit.json` to appear. Views and the index of runs both call this file.
"""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mcworkbench.runs import events
from mcworkbench.runs.documents import integer
from mcworkbench.runs.reader import last_event
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import last_write_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.runs.codec import Unknown
    from mcworkbench.runs.stage_folder import AttemptFolder, Exit, StageFolder

GRACE_S = 5.0
LOST = "the process ended without saying why: it was killed, or the machine went down"


class State(StrEnum):
    """What a stage or a run is doing, or how it ended."""

    waiting = "waiting"
    queued = "queued"
    running = "running"
    stopping = "stopping"
    stopped = "stopped"
    failed = "failed"
    lost = "lost"
    done = "done"


ACTIVE = frozenset((State.running, State.stopping))


@dataclass(frozen=True, slots=True)
class StageEvidence:
    """What is known of one stage.

    Attributes:
        holder: the run whose process runs it now, or ''.
        message: one sentence on why it failed or was lost, or ''.
        num_attempts: how many attempts there are.
        ended_s: when the newest attempt last wrote, Unix seconds; 0 while it runs or is done.
        result: result.json where the stage is done.
        is_waning: its process is gone and its `exit.json` may still appear.
    """

    state: State
    holder: str = ""
    message: str = ""
    num_attempts: int = 0
    ended_s: float = 0.0
    result: dict[str, Any] | None = None
    is_waning: bool = False


@dataclass(frozen=True, slots=True)
class RunEvidence:
    """What is known of one run apart from its stages.

    Attributes:
        since_s: when a supervisor last took over, Unix seconds; None where none ever did.
        level: the stop that was asked for since then.
        reason: what the supervisor says it waits for, or ''.
    """

    id: str
    is_supervised: bool
    since_s: float | None
    level: StopLevel
    reason: str


def stage_evidence(folder: StageFolder, *, is_in_grace: bool | None = None) -> StageEvidence:
    """Return what the folder of a stage proves.

    Args:
        folder: the stage.
        is_in_grace: whether its process vanished a moment ago, where the caller has watched it;
            without it the age of the newest file decides.
    """
    # The lock is looked at first: whatever its holder published, it did so before letting go.
    is_locked = folder.is_locked()
    result = folder.result()
    problem = folder.artifact_problem(result) if result is not None else None
    if result is not None and problem is None:
        # Only the newest attempt may publish, so its number is their count.
        return StageEvidence(State.done, num_attempts=integer(result.get("attempt")), result=result)
    attempts = folder.attempts()
    num_attempts = len(attempts)
    if is_locked:
        holder = folder.holder()
        state = State.stopping if _is_asked_to_stop(holder) else State.running
        return StageEvidence(state, holder=holder, num_attempts=num_attempts)
    if not attempts:
        return StageEvidence(State.waiting)
    if problem is not None:
        message = f"its product is damaged: {problem}; run it again"
        ended_s = last_write_s(attempts[-1])
        return StageEvidence(State.lost, "", message, num_attempts, ended_s)
    return _ended(attempts[-1], num_attempts, is_in_grace=is_in_grace)


def _ended(newest: AttemptFolder, num_attempts: int, *, is_in_grace: bool | None) -> StageEvidence:
    ended_s = last_write_s(newest)
    exited = newest.read_exit()
    recorded = last_event(newest.events_path)
    ending = recorded.event if recorded is not None else None
    state, message = _verdict(exited, ending)
    if exited is None and state is State.lost:
        if is_in_grace is None:
            is_in_grace = 0 <= time.time() - ended_s < GRACE_S
        if is_in_grace:
            holder = newest.made_by()
            state = State.stopping if _is_asked_to_stop(holder) else State.running
            return StageEvidence(state, holder, "", num_attempts, is_waning=True)
    return StageEvidence(state, "", message, num_attempts, ended_s)


def _verdict(exited: Exit | None, ending: events.Event | Unknown | None) -> tuple[State, str]:
    told = ending.message if isinstance(ending, events.StageFailed) else ""
    if exited is not None and exited.cause in ("error", "killed", "oom"):
        return State.failed, exited.message or told or _exit_sentence(exited)
    if exited is not None and exited.cause == "stop":
        return State.stopped, ""
    if exited is not None:
        return State.lost, "the process ended, but its product is missing; run it again"
    if isinstance(ending, events.StageFailed):
        return State.failed, told
    if isinstance(ending, events.StageStopped):
        return State.stopped, ""
    return State.lost, LOST


def _exit_sentence(exited: Exit) -> str:
    if exited.cause == "oom":
        return "the machine ran out of memory; use a smaller batch or fewer slots"
    if exited.signal:
        try:
            name = signal.Signals(exited.signal).name
        except ValueError:
            name = f"signal {exited.signal}"
        return f"the process was killed by {name}"
    return f"the process ended with code {exited.code} and no message; see its log"


def _is_asked_to_stop(run_id: str) -> bool:
    return bool(run_id) and RunFolder(run_id).request().level > StopLevel.none


def run_evidence(folder: RunFolder) -> RunEvidence:
    """Return what the folder of a run proves."""
    is_supervised = folder.is_supervised()
    return RunEvidence(
        folder.id,
        is_supervised,
        folder.supervised_since_s(),
        folder.request().level,
        folder.waiting_reason() if is_supervised else "",
    )


def node_state(stage: StageEvidence, run: RunEvidence) -> State:
    """Return a stage's state as one run that names it sees it.

    A stage that another run executes is waited for; one that ended before this run's
    supervisor took over will be tried again.
    """
    unstarted = State.queued if run.is_supervised and not run.level else State.waiting
    if stage.state in ACTIVE:
        return stage.state if stage.holder in (run.id, "") else unstarted
    if not run.is_supervised or run.level or stage.state is State.done:
        return stage.state
    is_old = stage.ended_s < (run.since_s or 0.0)
    return stage.state if stage.state is State.failed and not is_old else State.queued


def run_state(stages: Sequence[StageEvidence], run: RunEvidence) -> tuple[State, str]:
    """Return a run's state and one sentence on it, '' where there is nothing to say."""
    nodes = [(node_state(stage, run), stage) for stage in stages]
    states = [state for state, _ in nodes]
    if nodes and all(state is State.done for state in states):
        return State.done, ""
    if run.is_supervised:
        return _supervised(nodes, run)
    if run.since_s is None:
        return State.waiting, "never started"
    if any(state in ACTIVE for state in states):
        return State.stopping, "its supervisor is gone; the stage ends with a checkpoint"
    for wanted in (State.failed, State.lost, State.stopped):
        if wanted in states:
            return wanted, nodes[states.index(wanted)][1].message
    if run.level:
        return State.stopped, ""
    return State.lost, "its supervisor ended before its work did; resume the run"


def _supervised(
    nodes: Sequence[tuple[State, StageEvidence]], run: RunEvidence
) -> tuple[State, str]:
    states = [state for state, _ in nodes]
    if run.level:
        return State.stopping, ""
    if any(state in ACTIVE for state in states):
        return State.running, ""
    holders = [stage.holder for _, stage in nodes if stage.holder not in ("", run.id)]
    if run.reason:
        return State.queued, run.reason
    if holders:
        return State.queued, f"waiting for {holders[0]}"
    # Nothing is waited for: its process starts, or goes from one stage to the next.
    return State.running, "starting"


def wait_reason(stage: StageEvidence, run: RunEvidence, blocked_by: Sequence[str]) -> str:
    """Return why a node of a run does not run yet, '' where it does or has.

    Args:
        stage: the node's stage.
        run: the run.
        blocked_by: names of the node's inputs that are not done.
    """
    if node_state(stage, run) not in (State.waiting, State.queued):
        return ""
    if stage.state in ACTIVE:
        return f"waiting for {stage.holder}"
    if blocked_by:
        return f"waiting for {', '.join(blocked_by)}"
    if not run.is_supervised:
        return "not started" if run.since_s is None else "not resumed"
    return run.reason or "waiting for a slot"
