"""Make runs of counting stages, and watch them from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import psutil
import stage_kinds

from mcworkbench.executors import local
from mcworkbench.runs.actions import create_run, create_stage
from mcworkbench.runs.reader import Tail
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.state import State, run_evidence, run_state, stage_evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from mcworkbench.runs.codec import Recorded


class Bench:
    """Makes runs of counting stages and watches them from outside."""

    def __init__(self) -> None:
        self.runs: list[str] = []

    def run(
        self, *, slots: int = 1, threads: int = 1, device: str = "cpu", **nodes: dict[str, Any]
    ) -> str:
        """Make a run; each node is options of a count, with 'before' naming another node."""
        described: dict[str, Any] = {}
        for name, given in nodes.items():
            options = dict(given)
            before = options.pop("before", None)
            key = stage_kinds.key_of(options.pop("key", name))
            inputs = {"before": stage_kinds.key_of(before)} if before else {}
            document = {
                "format": 1,
                "key": key,
                "kind": "count",
                "version": 1,
                "options": stage_kinds.options_document(**options),
                "inputs": inputs,
            }
            create_stage(key, document)
            roles = {"before": before} if before else {}
            described[name] = {
                "key": key,
                "kind": "count",
                "label": name,
                "inputs": roles,
                "reused": False,
            }
        document = {
            "name": "counting",
            "kind": "endpoints",
            "title": "counting",
            "group": "",
            "tags": [],
            "seed": 1,
            "device": device,
            "threads": threads,
            "slots": slots,
            "nodes": described,
            "expect": {},
            "command": [],
            "fresh": False,
            "notes": [],
        }
        run_id = create_run(document, "").id
        self.runs.append(run_id)
        return run_id

    def start(self, run_id: str) -> bool:
        """Start the run's supervisor with workers that know how to count."""
        return local.start(run_id, command=stage_kinds.SUPERVISOR)

    def finish(self, run_id: str, within_s: float = 15.0) -> State:
        """Start the run, wait until its supervisor is gone, and return the run's state."""
        assert self.start(run_id)
        return self.settle(run_id, within_s)

    def settle(self, run_id: str, within_s: float = 15.0) -> State:
        until(lambda: not local.is_running(run_id), within_s)
        return self.state(run_id)

    def state(self, run_id: str) -> State:
        return self.verdict(run_id)[0]

    def verdict(self, run_id: str) -> tuple[State, str]:
        folder = RunFolder(run_id)
        document = folder.document()
        assert document is not None
        stages = [stage_evidence(StageFolder(node.key)) for node in document.nodes.values()]
        return run_state(stages, run_evidence(folder))

    def stage(self, name: str) -> StageFolder:
        return StageFolder(stage_kinds.key_of(name))

    def events(self, name: str, attempt: int = -1) -> list[Recorded]:
        attempts = self.stage(name).attempts()
        return Tail(attempts[attempt].events_path).poll() if attempts else []

    def count(self, name: str) -> int:
        """Return the number that a finished stage published."""
        return json.loads((self.stage(name).artifacts / "count.json").read_text())

    def steps(self, name: str) -> int:
        """Return how many steps the newest attempt has reported."""
        events = [recorded.event for recorded in self.events(name)]
        return max((getattr(event, "step", 0) for event in events), default=0)

    def supervisor(self, run_id: str) -> psutil.Process:
        """Return the process that supervises a run."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if run_id in process.cmdline() and "--run" not in process.cmdline():
                    return process
        raise AssertionError(f"nobody supervises {run_id}")

    def worker(self, run_id: str) -> psutil.Process:
        """Return the only worker of a run."""
        (worker,) = self.supervisor(run_id).children()
        return worker

    def clean_up(self) -> None:
        """Kill what still runs, and wait until it is gone."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if set(process.cmdline()) & set(self.runs):
                    os.kill(process.pid, signal.SIGKILL)
        for run_id in self.runs:
            self._wait_gone(run_id)

    def _wait_gone(self, run_id: str) -> None:
        # A supervisor lets go of its lock just before it is a zombie that can be reaped.
        until(lambda: not local.is_running(run_id) and not local._started, 5)


def until(condition: Callable[[], object], within_s: float) -> float:
    """Wait until the condition holds and return how long that took, in seconds."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < within_s, "this did not happen in time"
        time.sleep(0.005)
    return time.monotonic() - began_s


@contextlib.contextmanager
def opened() -> Generator[Bench]:
    """Yield a maker of runs; whatever still runs at the end is killed."""
    made = Bench()
    try:
        yield made
    finally:
        made.clean_up()
