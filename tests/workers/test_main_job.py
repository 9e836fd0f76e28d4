"""The main job with real processes: killed anywhere, resumed, it ends with the same bits.

Each kill waits for a random number of events, then a few milliseconds, and takes the worker, the
supervisor or both with SIGKILL.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from mcworkbench.config.loading import load_experiment
from mcworkbench.executors import local
from mcworkbench.folders import stages_root
from mcworkbench.plans.launch import create_run
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.views import RunView

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CADENCE = ["train.checkpoint_every=7", "curve.checkpoint_every=11", "train.log_every=3"]
PATIENCE_S = 90.0
TICK_S = 0.002
SEED = 20181030


def launch(overrides: list[str]) -> str:
    experiment, file = load_experiment("quickstart", [*CADENCE, *overrides])
    return create_run(experiment, file).run_id


def processes(run_id: str) -> list[psutil.Process]:
    """Return supervisor and worker of a run: both name it on their command line."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            if run_id in line and any("mcworkbench" in word for word in line):
                found.append(process)
    return found


def num_events() -> int:
    """Return how many bytes of events all stages have told, a cheap clock of their work."""
    files = stages_root().glob("*/attempts/*/events.jsonl")
    return sum(file.stat().st_size for file in files)


def wait(condition: object, *, until_s: float) -> None:
    assert time.monotonic() < until_s, f"still waiting: {condition}"
    time.sleep(TICK_S)


def finish(run_id: str) -> None:
    """Resume a run until it is done."""
    until_s = time.monotonic() + PATIENCE_S
    assert local.start(run_id)
    while local.is_running(run_id):
        wait("the run to end", until_s=until_s)
    view = RunView(run_id)
    view.refresh()
    assert str(view.state) == "done", [node.view.message for node in view.nodes.values()]


def kill_once(run_id: str, chance: random.Random) -> bool:
    """Start the run, kill it at a random moment; return whether it was still at work then."""
    until_s = time.monotonic() + PATIENCE_S
    target = num_events() + chance.randrange(200, 9000)
    assert local.start(run_id)
    while num_events() < target and local.is_running(run_id):
        wait("events", until_s=until_s)
    time.sleep(chance.uniform(0, 0.004))
    family = processes(run_id)
    whom = chance.choice(("worker", "supervisor", "both"))
    for process in family:
        is_worker = "mcworkbench.worker" in process.cmdline()
        if whom == "both" or is_worker == (whom == "worker"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
    while local.is_running(run_id) or any(p.is_running() for p in family):
        for process in family:
            with contextlib.suppress(psutil.Error):
                # Ours to reap where the supervisor was our child; a zombie never goes away.
                if process.status() == psutil.STATUS_ZOMBIE:
                    process.wait(timeout=1)
        wait("the family to be gone", until_s=until_s)
    return bool(family)


def products(run_id: str) -> dict[str, bytes]:
    """Return every artifact of a run's stages by node and name."""
    document = RunFolder(run_id).document()
    assert document is not None
    return {
        f"{name}/{path.name}": path.read_bytes()
        for name, node in document.nodes.items()
        for path in sorted(StageFolder(node.key).artifacts.iterdir())
        if path.name != "dataset.json"
    }


@pytest.fixture
def tidy() -> Iterator[list[str]]:
    """Give a list for run ids, and end whatever of them is left."""
    runs: list[str] = []
    yield runs
    for run_id in runs:
        for process in processes(run_id):
            with contextlib.suppress(psutil.Error):
                process.kill()


def check_kills(
    num_kills: int, overrides: list[str], home: Path, patch: pytest.MonkeyPatch, runs: list[str]
) -> None:
    whole = launch(overrides)
    runs.append(whole)
    finish(whole)
    expected = products(whole)
    assert {"curve/nodes.safetensors", "evaluate-curve/table.json"} <= set(expected)
    patch.setenv("MCWORKBENCH_HOME", str(home.with_name("second-home")))
    killed = launch(overrides)
    runs.append(killed)
    chance = random.Random(SEED)
    num_hit = sum(kill_once(killed, chance) for _ in range(num_kills))
    assert num_hit >= num_kills - 1, "the kills came too late to mean anything"
    finish(killed)
    assert products(killed) == expected


def test_a_run_killed_three_times_ends_with_the_bits_of_one_that_was_not(
    home: Path, monkeypatch: pytest.MonkeyPatch, tidy: list[str]
) -> None:
    small = ["train.epochs=8", "curve.epochs=16", "evaluate.points=5"]
    check_kills(3, small, home, monkeypatch, tidy)


@pytest.mark.slow
def test_quickstart_killed_ten_times_ends_with_the_bits_of_one_that_was_not(
    home: Path, monkeypatch: pytest.MonkeyPatch, tidy: list[str]
) -> None:
    check_kills(10, [], home, monkeypatch, tidy)


def test_more_bends_train_only_the_curve_again(tidy: list[str]) -> None:
    small = ["train.epochs=2", "curve.epochs=2", "evaluate.points=3"]
    first = launch(small)
    tidy.append(first)
    finish(first)
    experiment, file = load_experiment("quickstart", [*CADENCE, *small, "curve.bends=2"])
    plan = create_run(experiment, file).plan
    to_run = {name for name, node in plan.nodes.items() if not node.is_reused}
    assert to_run == {"curve", "evaluate-curve"}
