"""Leave evidence for a worker that could not: why its attempt ended.

Called by the supervisor. Nothing here raises for a full disk, because the supervisor has other
workers to look after; the sentence then is in its log alone.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.checkpoints import list_checkpoints, newest_valid
from mcworkbench.runs.stage_folder import AttemptFolder, Exit

if TYPE_CHECKING:
    from mcworkbench.executors.child import Death
    from mcworkbench.runs.stage_folder import StageFolder

_NUM_TRIES = 5
_PAUSE_S = 0.5


def bury(
    folder: StageFolder,
    name: str,
    run_id: str,
    death: Death,
    *,
    attempt_number: int | None,
    is_asked: bool,
) -> str:
    """Write how the attempt of a dead worker ended, and return the sentence for the user.

    Args:
        folder: the stage it ran.
        name: what the user calls the stage.
        run_id: the run it ran for.
        death: how the process ended.
        attempt_number: the attempt, None where the worker died before it named one.
        is_asked: the user wanted the run to end, so this is a stop and no failure.
    """
    sentence = f"{name} {death}; `mcworkbench resume {run_id}` {_outlook(folder)}."
    cause = "stop" if is_asked else "oom" if death.cause == "oom" else "killed"
    _write(
        folder,
        run_id,
        attempt_number,
        Exit(cause, death.code or 0, death.signal or 0, sentence),
    )
    return sentence


def record_failure(
    folder: StageFolder, run_id: str, attempt_number: int | None, message: str
) -> None:
    """Write that an attempt failed, where its worker could not write it."""
    _write(folder, run_id, attempt_number, Exit("error", 1, 0, message))


def _outlook(folder: StageFolder) -> str:
    newest, _ = newest_valid(folder.checkpoints)
    steps = [one.step for one in list_checkpoints(folder.checkpoints) if one.path == newest]
    return f"continues from step {steps[0]}" if steps else "starts it again"


def _write(folder: StageFolder, run_id: str, number: int | None, ending: Exit) -> None:
    for attempt in range(_NUM_TRIES):
        if attempt:
            time.sleep(_PAUSE_S)
        with contextlib.suppress(WorkbenchError):
            found = _find(folder, run_id, number)
            if found is not None and found.read_exit() is None:
                found.write_exit(ending)
            return


def _find(folder: StageFolder, run_id: str, number: int | None) -> AttemptFolder | None:
    """Return the attempt to close; None where another run's worker has the stage by now."""
    if number is not None:
        return next((one for one in folder.attempts() if one.number == number), None)
    with contextlib.ExitStack() as stack:
        lock = folder.take_lock(run_id)
        if lock is None:
            return None
        stack.enter_context(lock)
        attempts = folder.attempts()
        # Under the lock an open attempt can only be that of a dead process.
        if attempts and attempts[-1].read_exit() is None:
            return attempts[-1]
        folder.make()
        return folder.new_attempt(run_id)
