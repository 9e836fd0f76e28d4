"""Runs on this machine: a detached supervisor per run, which outlives whoever started it.

Called by the interface to start a run and to ask whether one is carried out; what became of it
is in its folder, and `runs.actions.request_stop` asks it to end. The right to supervise is taken
here and handed to the supervisor with its lock, so a run counts as running from the moment
`start` returns, and two callers can never start it twice.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from mcworkbench.errors import InvalidInputError
from mcworkbench.executors.child import package_environment, python_command
from mcworkbench.folders import PRIVATE_UMASK, storage_error
from mcworkbench.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

# Supervisors started by this process, so that those that ended do not stay as zombies.
_started: list[subprocess.Popen[bytes]] = []


def start(run_id: str, *, command: Sequence[str] = ()) -> bool:
    """Start the run's supervisor, which resumes whatever is unfinished.

    Args:
        run_id: a run whose folder exists.
        command: the supervisor to start; empty is the workbench's own.

    Returns:
        Whether it was started; False where the run is being carried out already.

    Raises:
        InvalidInputError: there is no such run.
        WorkbenchError: its folder cannot be written.
    """
    _reap()
    folder = RunFolder(run_id)
    if not folder.exists():
        raise InvalidInputError(f"no run is called '{run_id}'; `mcworkbench list` shows them.")
    lock = folder.take_lock()
    if lock is None:
        return False
    with lock:
        # Nobody else may supervise now, so an old wish to stop cannot be meant for us.
        folder.clear_request()
        try:
            log = os.open(folder.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise storage_error(folder.log_path, error) from error
        try:
            process = subprocess.Popen(
                [
                    *(command or python_command("mcworkbench.supervisor")),
                    run_id,
                    "--lock",
                    str(lock.descriptor),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=package_environment(),
                start_new_session=True,
                pass_fds=(lock.descriptor,),
                umask=PRIVATE_UMASK,
            )
        finally:
            os.close(log)
    _started.append(process)
    return True


def is_running(run_id: str) -> bool:
    """Return whether a live supervisor has the run."""
    _reap()
    return RunFolder(run_id).is_supervised()


def _reap() -> None:
    _started[:] = [process for process in _started if process.poll() is None]
