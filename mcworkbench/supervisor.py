"""The detached parent of a run's workers: `python -m mcworkbench.supervisor RUN_ID`.

It decides which stage runs when and on which device slot, passes stop requests on where a
worker does not obey, and says what happened to a worker that no longer can. It never loads
torch and never writes an event. A second supervisor of the same run leaves at once.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, final

from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.executors.child import (
    Child,
    python_command,
    wait_readable,
    worker_environment,
)
from mcworkbench.executors.ending import bury, record_failure
from mcworkbench.executors.schedule import Schedule, Task
from mcworkbench.executors.slots import Slot, SlotPool
from mcworkbench.folders import PRIVATE_UMASK
from mcworkbench.runs.locks import Lock
from mcworkbench.runs.request import StopLevel, stop_grace_s
from mcworkbench.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.executors.child import Death

EXIT_DONE, EXIT_FAILED, EXIT_STOPPED = 0, 1, 3
_TERMINATION_S = 5.0
_CLOSE_S = 10.0
_TICK_S = 0.1
_SLOT_POLL_S = 0.5
_LOG = logging.getLogger("mcworkbench.supervisor")


@final
class _Worker:
    """A child on its slot, and the stage it was last given."""

    def __init__(self, child: Child, slot: Slot) -> None:
        self.child = child
        self.slot = slot
        self.task: Task | None = None
        self.attempt: int | None = None


@final
class Supervisor:
    """One run, from here to its end; `lock` is the run's supervisor lock."""

    def __init__(
        self, run_id: str, lock: Lock, *, worker_command: Sequence[str] = (), grace_s: float = 0.0
    ) -> None:
        """Read the run.

        Args:
            run_id: a run whose folder exists.
            lock: the right to supervise it, given back when it ends.
            worker_command: what to start as a worker; empty is the workbench's own.
            grace_s: how long a worker may take to obey "stop now"; 0 is the default.

        Raises:
            InvalidInputError: run.json is absent or damaged.
        """
        document = RunFolder(run_id).document()
        if document is None:
            raise InvalidInputError(f"run {run_id}: run.json is absent or damaged.")
        self._folder = RunFolder(run_id)
        self._lock = lock
        self._document = document
        self._schedule = Schedule(document)
        self._command = list(worker_command) or python_command("mcworkbench.worker")
        self._grace_s = grace_s or stop_grace_s()
        self._workers: list[_Worker] = []
        self._next_try_s = 0.0
        self._busy = ""
        self._now_since_s: float | None = None
        self._is_terminated = False
        self._reason = ""

    def run(self) -> int:
        """Carry the run out and return the exit code: done 0, failed 1, stopped 3."""
        signal.signal(signal.SIGTERM, self._on_terminate)
        with self._lock:
            try:
                self._loop(self._find_slots())
            except WorkbenchError as error:
                self._fail_first(str(error))
            finally:
                for worker in list(self._workers):
                    self._dismiss(worker)
                self._say("")
        if self._schedule.failure:
            _LOG.error("%s", self._schedule.failure)
            return EXIT_FAILED
        return EXIT_DONE if self._schedule.is_done() else EXIT_STOPPED

    def _find_slots(self) -> SlotPool:
        run = self._document
        return SlotPool(run.device, run.slots, run.threads, run.id)

    def _loop(self, pool: SlotPool) -> None:
        self._schedule.skip_finished()
        while True:
            level = self._level()
            self._enforce(level)
            for worker in list(self._workers):
                self._listen(worker, level)
            if level is StopLevel.none and not self._schedule.failure:
                self._dispatch(pool)
            is_busy = any(worker.task for worker in self._workers)
            ends = level is not StopLevel.none or self._schedule.failure
            if not is_busy and (ends or self._schedule.is_done()):
                return
            wait_readable([worker.child for worker in self._workers], _TICK_S)

    def _on_terminate(self, _number: int, _frame: Any) -> None:
        self._is_terminated = True

    def _level(self) -> StopLevel:
        level = self._folder.request().level
        return max(level, StopLevel.now) if self._is_terminated else level

    def _enforce(self, level: StopLevel) -> None:
        """End workers that were told to stop now and did not, or that shall not be asked."""
        if level is StopLevel.kill:
            self._signal(signal.SIGKILL)
        if level < StopLevel.now:
            return
        now_s = time.monotonic()
        if self._now_since_s is None:
            self._now_since_s = now_s
        late_s = now_s - self._now_since_s - self._grace_s
        if late_s > min(_TERMINATION_S, self._grace_s):
            self._signal(signal.SIGKILL)
        elif late_s > 0 or self._is_terminated:
            self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        for worker in self._workers:
            if worker.task:
                worker.child.end(number)

    def _listen(self, worker: _Worker, level: StopLevel) -> None:
        # Death is looked at first: whatever a worker said, it said before.
        death = worker.child.death()
        for answer in worker.child.receive():
            self._take(worker, answer)
        if death is None:
            return
        if worker.task:
            self._mourn(worker, worker.task, death, level)
        self._dismiss(worker)

    def _mourn(self, worker: _Worker, task: Task, death: Death, level: StopLevel) -> None:
        worker.task, task.is_running = None, False
        if task.folder.is_finished():
            task.is_done = True
            return
        is_asked = level >= StopLevel.now
        sentence = bury(
            task.folder,
            task.name,
            self._folder.id,
            death,
            attempt_number=worker.attempt,
            is_asked=is_asked,
        )
        _LOG.warning("%s", sentence)
        if not is_asked:
            self._schedule.fail(sentence)

    def _take(self, worker: _Worker, answer: dict[str, Any]) -> None:
        task = worker.task
        if task is None or answer.get("key") != task.folder.key:
            return
        if "attempt" in answer:
            worker.attempt = int(answer["attempt"])
            return
        outcome, message = str(answer.get("outcome")), str(answer.get("message", ""))
        _LOG.info("%s: %s %s", task.name, outcome, message)
        task.is_running = False
        task.is_done = outcome == "done"
        if outcome == "busy":
            self._schedule.wait_for_other(task)
        if outcome == "failed":
            record_failure(task.folder, self._folder.id, worker.attempt, message)
            self._schedule.fail(message)
        worker.task = worker.attempt = None

    def _dispatch(self, pool: SlotPool) -> None:
        self._schedule.look_at_others()
        if self._schedule.failure:
            return
        ready = self._schedule.ready()
        for task in ready:
            worker = self._idle_worker() or self._hire(pool)
            if worker is None:
                break
            worker.task, worker.attempt, task.is_running = task, None, True
            worker.child.send({"key": task.folder.key, "node": task.name})
            _LOG.info("%s: given to worker %d", task.name, worker.child.pid)
        is_busy = any(worker.task for worker in self._workers)
        if ready and not is_busy:
            self._say(self._busy)
        elif not is_busy:
            # Whoever makes the stage we wait for may need our slot.
            for worker in list(self._workers):
                self._dismiss(worker)
            self._say(self._schedule.waiting_sentence())
        else:
            self._say("")

    def _idle_worker(self) -> _Worker | None:
        return next((worker for worker in self._workers if worker.task is None), None)

    def _hire(self, pool: SlotPool) -> _Worker | None:
        if len(self._workers) >= pool.num_slots or time.monotonic() < self._next_try_s:
            return None
        slot = pool.take()
        if slot is None:
            self._next_try_s = time.monotonic() + _SLOT_POLL_S
            self._busy = pool.busy_sentence()
            return None
        threads = str(pool.threads)
        settings = ["--run", self._folder.id, "--device", slot.device, "--threads", threads]
        environment = {**worker_environment(pool.threads), **slot.environment}
        child = Child([*self._command, *settings], environment, sys.stderr.fileno())
        worker = _Worker(child, slot)
        self._workers.append(worker)
        return worker

    def _dismiss(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.child.close(_CLOSE_S)
        worker.slot.release()

    def _say(self, reason: str) -> None:
        if reason != self._reason:
            self._reason = reason
            self._folder.say_waiting(reason)

    def _fail_first(self, message: str) -> None:
        """Leave evidence where nothing could be started, e.g. on a missing device."""
        self._schedule.fail(message)
        task = self._schedule.first_open()
        if task is not None:
            record_failure(task.folder, self._folder.id, None, message)


def main(arguments: Sequence[str] | None = None, *, worker_command: Sequence[str] = ()) -> int:
    """Supervise one run and return the exit code."""
    parser = argparse.ArgumentParser(prog="mcworkbench.supervisor", description=__doc__)
    parser.add_argument("run_id")
    parser.add_argument("--lock", type=int, help="descriptor of the lock, where it was passed on")
    parsed = parser.parse_args(arguments)
    os.umask(PRIVATE_UMASK)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    folder = RunFolder(parsed.run_id)
    if parsed.lock is not None:
        os.set_inheritable(parsed.lock, False)  # noqa: FBT003 - positional in the standard library
        lock = Lock(parsed.lock)
    else:
        lock = folder.take_lock() if folder.exists() else None
        if lock is None:
            word = "already running" if folder.exists() else "there is no such run"
            _LOG.error("run %s: %s", parsed.run_id, word)
            return EXIT_FAILED
        folder.clear_request()
    try:
        return Supervisor(parsed.run_id, lock, worker_command=worker_command).run()
    except WorkbenchError as error:
        _LOG.error("%s", error)
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
