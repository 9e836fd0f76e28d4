"""Runs on this machine: a detached supervisor per run, which outlives whoever started it.

Called by the interface. The right to supervise is taken here and handed to the supervisor with
its lock, so a run counts as running from the moment `start` returns, and two callers can never
start it twice.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, final

from mcworkbench.errors import InvalidInputError
from mcworkbench.executors.child import package_environment, python_command
from mcworkbench.executors.executor import AbstractExecutor, JobStatus
from mcworkbench.folders import storage_error
from mcworkbench.runs.actions import request_stop
from mcworkbench.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.runs.request import StopLevel

_UMASK = 0o077
# Supervisors started by this process, so that those that ended do not stay as zombies.
_started: list[subprocess.Popen[bytes]] = []


@final
class LocalExecutor(AbstractExecutor):
    """Carries out runs on this machine."""

    name = "local"

    def submit(self, run_id: str) -> bool:
        """Start the run; False where it is being carried out already."""
        return start(run_id)

    def poll(self, run_ids: Sequence[str]) -> dict[str, JobStatus]:
        """Return the status of each run."""
        return {
            run_id: JobStatus.RUNNING if is_running(run_id) else JobStatus.GONE
            for run_id in run_ids
        }

    def cancel(self, run_id: str, level: StopLevel) -> None:
        """Ask for the run to end."""
        request_stop(run_id, level)


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
                umask=_UMASK,
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
