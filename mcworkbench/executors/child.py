"""One worker process and the lines exchanged with it.

Used by the supervisor. The worker reads one JSON job per line from its standard input and
answers one JSON line each on what is its standard output at birth; what it prints goes to the
log of the stage at work. Its input closing means that nobody watches it any more.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import mcworkbench

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CHUNK_BYTES = 1 << 16
_VMSTAT = Path("/proc/vmstat")


@final
@dataclass(frozen=True, slots=True)
class Death:
    """How a process ended without saying so.

    Attributes:
        code: its exit code, None where a signal ended it.
        signal: the signal's number, None where it exited.
        cause: "oom" where the kernel was short of memory, else "killed".
    """

    code: int | None
    signal: int | None
    cause: str

    def __str__(self) -> str:
        """Return the end of the sentence "the stage …"."""
        if self.cause == "oom":
            return "was ended by the system because memory ran out"
        if self.signal is not None:
            return f"was killed by signal {self.signal}"
        return f"ended without a word (exit code {self.code})"


@final
class Child:
    """A running worker in a session of its own, so that a signal can reach its whole family."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: int) -> None:
        self._oom_kills = _num_oom_kills()
        self._pending = b""
        self._process = subprocess.Popen(
            [*command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=dict(environment),
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.answers = self._process.stdout
        os.set_blocking(self.answers.fileno(), False)

    @property
    def pid(self) -> int:
        """The worker's process id, which is also its group and session."""
        return self._process.pid

    def send(self, job: Mapping[str, Any]) -> None:
        """Hand over a job; a worker that is gone is noticed by `death`."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.flush()

    def receive(self) -> list[dict[str, Any]]:
        """Return the answers that have arrived; never waits."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.answers.fileno(), _CHUNK_BYTES):
                self._pending += chunk
        *lines, self._pending = self._pending.split(b"\n")
        return [json.loads(line) for line in lines if line]

    def death(self) -> Death | None:
        """Return how the worker ended, None while it lives."""
        code = self._process.poll()
        if code is None:
            return None
        if code >= 0:
            return Death(code, None, "killed")
        out_of_memory = code == -signal.SIGKILL and _num_oom_kills() > self._oom_kills
        return Death(None, -code, "oom" if out_of_memory else "killed")

    def end(self, signal_number: int) -> None:
        """Send a signal to the worker and everything it started."""
        # Once it is reaped its number may belong to somebody else.
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal_number)

    def close(self, patience_s: float) -> None:
        """Let the worker go, and kill it where it does not within `patience_s` seconds."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.end(signal.SIGKILL)
            self._process.wait()
        self.answers.close()


def python_command(module: str) -> list[str]:
    """Return the command that runs a module of this package with this interpreter."""
    return [sys.executable, "-m", module]


def package_environment() -> dict[str, str]:
    """Return our environment, in which children find this package wherever they start."""
    environment = dict(os.environ)
    home = str(Path(mcworkbench.__file__).resolve().parents[1])
    known = environment.get("PYTHONPATH", "")
    if home not in known.split(os.pathsep):
        environment["PYTHONPATH"] = os.pathsep.join(part for part in (known, home) if part)
    return environment


def worker_environment(threads: int) -> dict[str, str]:
    """Return the environment of a worker that may use so many processor threads."""
    return {
        **package_environment(),
        # Measured 10 to 170 times faster beside any other busy process than spinning.
        "OMP_WAIT_POLICY": "PASSIVE",
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        # Deterministic work space; CUDA reads it once, before any stage can ask.
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    }


def wait_readable(children: Sequence[Child], timeout_s: float) -> None:
    """Wait until a child says something or ends, at most `timeout_s` seconds."""
    files = [child.answers for child in children]
    if files:
        select.select(files, [], [], timeout_s)
    else:
        time.sleep(timeout_s)


def _num_oom_kills() -> int:
    """Return how often the kernel ended a process for memory since it started; 0 if unknown."""
    with contextlib.suppress(OSError):
        for line in _VMSTAT.read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0
