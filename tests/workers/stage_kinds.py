"""Small stages for tests of the processes, and the commands that run them.

Children import this file by its folder, because a catalogue cannot be changed from outside.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcworkbench import catalogue
from mcworkbench.config.options.base import Options
from mcworkbench.errors import NumericalError
from mcworkbench.folders import data_root
from mcworkbench.runs.events import EpochFinished, Progress
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.workspace import Stopped

if TYPE_CHECKING:
    from collections.abc import Generator

    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace

HERE = str(Path(__file__).parent)
_START = f"import sys; sys.path.insert(0, {HERE!r}); import stage_kinds; stage_kinds."
WORKER = [sys.executable, "-c", _START + "work()"]
SUPERVISOR = [sys.executable, "-c", _START + "supervise()"]
MODULUS = 2**61 - 1
EPOCH_STEPS = 10


class CountOptions(Options):
    """How far to count, how fast, and what goes wrong on the way."""

    steps: int = 20
    start: int = 1
    delay_s: float = 0.0
    checkpoint_every: int = 5
    trouble: str = ""
    trouble_step: int = 10
    waits_at_trouble: bool = False
    batch_size: int = 8
    micro_batch: int = 0


def count(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Turn a number over, once a step, and publish the last one."""
    options = workspace.options
    assert isinstance(options, CountOptions)
    number, step = options.start, 0
    if workspace.has_input("before"):
        number = json.loads((workspace.input("before") / "count.json").read_text())
    checkpoint = workspace.latest_checkpoint()
    if checkpoint is not None:
        number, step = int(checkpoint.state["number"]), checkpoint.step
    while step < options.steps:
        step += 1
        number = turn(number, step)
        yield Progress("count", step, options.steps, "steps", step)
        yield from make_trouble(workspace, options, step)
        time.sleep(options.delay_s)
        level = StopLevel.none if options.trouble == "deaf" else workspace.stop_level()
        is_epoch_end = step % EPOCH_STEPS == 0
        stops = level >= StopLevel.now or (level is StopLevel.after and is_epoch_end)
        if stops or step % options.checkpoint_every == 0:
            yield workspace.save_checkpoint(step, 0, {}, {"number": number})
        if stops:
            raise Stopped(step)
    yield workspace.save_artifact("count.json", json.dumps(number).encode(), "network")
    return {"pid": os.getpid(), "steps": step}


def make_trouble(
    workspace: Workspace, options: CountOptions, step: int
) -> Generator[Event, None, None]:
    if step != options.trouble_step:
        return
    while options.waits_at_trouble and not (gate().exists() or workspace.stop_level()):
        time.sleep(0.005)
    match options.trouble:
        case "error":
            raise ValueError("the dog ate the batch")
        case "nan":
            nan = float("nan")
            yield EpochFinished(1, 1, step, 0.1, 0.0, {"train_loss": nan})
            raise NumericalError("count: the loss is not a number at step 10; lower the lr.")
        case "memory":
            raise MemoryError
        case "exit":
            sys.exit(7)
        case "disk":
            # Every file may hold this much and no more, as on a disk that is full.
            resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case _:
            pass


def gate() -> Path:
    """Return the file that lets stages which wait go on."""
    return data_root() / "gate"


def turn(number: int, step: int) -> int:
    return (number * 48271 + step) % MODULUS


def expected(steps: int, start: int = 1) -> int:
    """Return where counting ends: the sum of an arithmetic-geometric series, term by term."""
    total = start * pow(48271, steps, MODULUS)
    for step in range(1, steps + 1):
        total += step * pow(48271, steps - step, MODULUS)
    return total % MODULUS


def key_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def work() -> None:
    from mcworkbench.worker import main

    kind = catalogue.StageKind(
        "stage_kinds:CountOptions", "stage_kinds:count", ("before?",), "network"
    )
    catalogue.STAGES["count"] = kind
    main()


def supervise() -> None:
    from mcworkbench.supervisor import main

    sys.exit(main(worker_command=WORKER))


def options_document(**options: Any) -> dict[str, Any]:
    return CountOptions(**options).model_dump(mode="json")
