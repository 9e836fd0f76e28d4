"""The child process that computes: `python -m mcworkbench.worker --run RUN_ID`.

Started by the supervisor; the only importer of stages. It reads one job per line, runs that
stage under the stage's lock, and answers in one line. Torch is loaded by stages that need it
and not before. It stops with a checkpoint when its supervisor is gone.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import queue
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, final

from mcworkbench import catalogue
from mcworkbench.config.user_class import permit
from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import PRIVATE_UMASK
from mcworkbench.runs.request import StopLevel, stop_grace_s
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.stages.attempt import Attempt
from mcworkbench.stages.folder_workspace import sweep
from mcworkbench.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CHUNK_BYTES = 1 << 16


@final
class Line:
    """The two pipes to the supervisor, and what it and the user want.

    Attributes:
        reason: why to stop, in a few words.
    """

    def __init__(self, run: RunFolder) -> None:
        """Take over standard input and output; from now on output is ordinary again."""
        self.reason = "on request"
        self._run = run
        self._jobs: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._is_cut = False
        # Private copies: a process started by a stage must not read jobs or write answers.
        self._input, self._output = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        threading.Thread(target=self._read, daemon=True).start()

    def level(self) -> StopLevel:
        """Return how soon to stop."""
        wanted = self._run.request().level
        return max(wanted, StopLevel.now) if self._is_cut else wanted

    def jobs(self) -> Iterator[dict[str, Any]]:
        """Yield jobs as they come, until there will be no more."""
        while (job := self._jobs.get()) is not None:
            yield job
            if self._is_cut:
                return

    def say(self, answer: dict[str, Any]) -> None:
        """Answer the supervisor; one that is gone needs no answer."""
        try:
            os.write(self._output, json.dumps(answer).encode() + b"\n")
        except BrokenPipeError:
            self.cut("its supervisor is gone")

    def cut(self, reason: str) -> None:
        """Take no more jobs, and let the stage at work stop with a checkpoint."""
        self.reason = self.reason if self._is_cut else reason
        self._is_cut = True
        self._jobs.put(None)

    def _read(self) -> None:
        pending = b""
        while chunk := os.read(self._input, _CHUNK_BYTES):
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                self._jobs.put(json.loads(line))
        self.cut("its supervisor is gone")
        # A stage that hangs would hold its lock for ever, with nobody left to end it.
        time.sleep(stop_grace_s())
        os._exit(1)


@final
class Worker:
    """Runs the stages of one run, one after the other."""

    def __init__(self, run: RunFolder, line: Line, *, device: str, threads: int) -> None:
        self._run = run
        self._line = line
        self._device = device
        self._threads = threads

    def work(self) -> None:
        """Take jobs until there are no more."""
        for job in self._line.jobs():
            key = str(job["key"])
            try:
                answer = self._perform(key, str(job["node"]))
            except WorkbenchError as error:
                answer = {"outcome": "failed", "message": clean(str(error))}
            self._line.say({"key": key, **answer})
            # Cycles left by a finished stage would keep its tensors on the device.
            gc.collect()

    def _perform(self, key: str, node: str) -> dict[str, Any]:
        folder = StageFolder(key)
        lock = folder.take_lock(self._run.id)
        if lock is None:
            return {"outcome": "busy"}
        with lock:
            if folder.is_finished():
                return {"outcome": "done"}
            _check_version(folder, node)
            folder.make()
            sweep(folder)
            made = folder.new_attempt(self._run.id)
            self._line.say({"key": key, "attempt": made.number})
            attempt = Attempt(
                folder,
                made,
                node,
                stopper=self._line,
                device=self._device,
                threads=self._threads,
            )
            return attempt.run()


def _check_version(folder: StageFolder, node: str) -> None:
    """Pass where today's code makes what the stage's key promises, as far as it can be told."""
    document = folder.document()
    kind = catalogue.STAGES.get(str(document.get("kind")))
    if kind is not None and document.get("version", kind.version) != kind.version:
        raise WorkbenchError(
            f"{node}: another version of the workbench began this stage, and its numbers differ; "
            "run its preset again."
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Work for one run until the supervisor lets go."""
    parser = argparse.ArgumentParser(prog="mcworkbench.worker", description=__doc__)
    parser.add_argument("--run", required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parsed = parser.parse_args(arguments)
    os.umask(PRIVATE_UMASK)
    run = RunFolder(parsed.run)
    line = Line(run)
    document = run.document()
    if document is not None and document.trusted:
        permit()

    def on_signal(_number: int, _frame: Any) -> None:
        line.cut("the system asked it to end")

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    Worker(run, line, device=parsed.device, threads=parsed.threads).work()


if __name__ == "__main__":
    main()
    sys.exit(0)
