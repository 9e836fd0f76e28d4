"""Runs that are killed, stopped and resumed, and runs that meet each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import run_bench
from run_bench import until
from stage_kinds import expected, gate

from mcworkbench.executors import local
from mcworkbench.runs.actions import request_stop
from mcworkbench.runs.events import StageStarted, StageStopped, Warned
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from run_bench import Bench

SLOW = {"steps": 40, "delay_s": 0.02}
ENDLESS = {"steps": 100_000, "delay_s": 0.02}


@pytest.fixture
def bench() -> Iterator[Bench]:
    with run_bench.opened() as made:
        yield made


def started(bench: Bench, name: str, attempt: int = -1) -> StageStarted:
    event = bench.events(name, attempt)[0].event
    assert isinstance(event, StageStarted)
    return event


def stopped_step(bench: Bench, name: str) -> int:
    event = bench.events(name)[-1].event
    assert isinstance(event, StageStopped), event
    return event.step


def test_a_killed_worker_fails_the_run_within_a_second_and_resume_ends_the_same(
    bench: Bench,
) -> None:
    run = bench.run(slow=SLOW, after={"before": "slow"})
    bench.start(run)
    until(lambda: bench.steps("slow") > 12, 10)
    os.kill(bench.worker(run).pid, signal.SIGKILL)
    until(lambda: bench.state(run) is State.failed, 1)
    assert (
        bench.verdict(run)[1]
        == f"slow was killed by signal 9; `mcworkbench resume {run}` continues from step 10."
    )
    assert bench.settle(run) is State.failed
    assert bench.finish(run) is State.done
    assert started(bench, "slow").step == 10
    assert started(bench, "slow").resumed_from == "step-00000010.a0001"
    assert bench.count("after") == expected(20, expected(40))


def test_a_damaged_checkpoint_is_passed_over_and_named(bench: Bench) -> None:
    run = bench.run(slow=SLOW)
    bench.start(run)
    until(lambda: bench.steps("slow") > 12, 10)
    os.kill(bench.worker(run).pid, signal.SIGKILL)
    bench.settle(run)
    state = bench.stage("slow").checkpoints / "step-00000010.a0001" / "state.json"
    state.write_bytes(state.read_bytes().replace(b"1", b"2"))
    assert bench.finish(run) is State.done
    assert started(bench, "slow").step == 5
    assert started(bench, "slow").skipped_checkpoints == ("step-00000010.a0001",)
    assert bench.count("slow") == expected(40)


def test_a_worker_without_its_supervisor_stops_with_a_checkpoint(bench: Bench) -> None:
    run = bench.run(slow=ENDLESS)
    bench.start(run)
    until(lambda: bench.steps("slow") > 2, 10)
    os.kill(bench.supervisor(run).pid, signal.SIGKILL)
    until(lambda: not bench.stage("slow").is_locked(), 5)
    assert bench.state(run) is State.stopped
    step = stopped_step(bench, "slow")
    (attempt,) = bench.stage("slow").attempts()
    ending = attempt.read_exit()
    assert ending is not None
    assert ending.cause == "stop"
    assert "its supervisor is gone" in ending.message
    assert (bench.stage("slow").checkpoints / f"step-{step:08}.a0001").is_dir()


def test_a_run_without_any_process_is_lost_and_can_be_resumed(bench: Bench) -> None:
    run = bench.run(slow=SLOW)
    bench.start(run)
    until(lambda: bench.steps("slow") > 12, 10)
    supervisor, worker = bench.supervisor(run), bench.worker(run)
    os.kill(supervisor.pid, signal.SIGKILL)
    os.kill(worker.pid, signal.SIGKILL)
    until(lambda: not bench.stage("slow").is_locked() and not local.is_running(run), 1)
    (attempt,) = bench.stage("slow").attempts()
    for path in (attempt.events_path, attempt.path):
        os.utime(path, (0, 0))
    assert bench.state(run) is State.lost
    assert bench.finish(run) is State.done
    assert bench.count("slow") == expected(40)


def test_a_second_supervisor_of_a_run_leaves_at_once(bench: Bench) -> None:
    run = bench.run(slow=ENDLESS)
    assert bench.start(run)
    assert not bench.start(run)
    command = [sys.executable, "-m", "mcworkbench.supervisor", run]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "already running" in second.stderr
    assert local.is_running(run)


def test_two_runs_that_need_the_same_stage_make_it_once(bench: Bench) -> None:
    shared = {"waits_at_trouble": True}
    first = bench.run(slots=2, shared=shared)
    second = bench.run(slots=2, shared=shared, more={"steps": 4, "before": "shared"})
    bench.start(first)
    until(lambda: bench.steps("shared") > 2, 10)
    bench.start(second)
    until(lambda: bench.verdict(second) == (State.queued, waiting_for(first)), 10)
    gate().touch()
    assert bench.settle(second) is State.done
    assert bench.settle(first) is State.done
    assert len(bench.stage("shared").attempts()) == 1
    assert bench.count("more") == expected(4, expected(20))


def waiting_for(run: str) -> str:
    return f"waiting for {run}, which makes shared"


def test_a_shared_stage_that_fails_fails_both_runs_alike(bench: Bench) -> None:
    ill = {"trouble": "error", "waits_at_trouble": True}
    first, second = bench.run(slots=2, shared=ill), bench.run(slots=2, shared=ill)
    bench.start(first)
    until(lambda: bench.steps("shared") > 2, 10)
    bench.start(second)
    until(lambda: bench.verdict(second) == (State.queued, waiting_for(first)), 10)
    gate().touch()
    assert bench.settle(first) is State.failed
    assert bench.settle(second) is State.failed
    assert bench.verdict(second) == bench.verdict(first)
    assert len(bench.stage("shared").attempts()) == 1


def test_a_shared_stage_that_is_stopped_is_taken_over(bench: Bench) -> None:
    shared = {"waits_at_trouble": True}
    first, second = bench.run(slots=2, shared=shared), bench.run(slots=2, shared=shared)
    bench.start(first)
    until(lambda: bench.steps("shared") > 2, 10)
    bench.start(second)
    until(lambda: bench.verdict(second) == (State.queued, waiting_for(first)), 10)
    request_stop(first, StopLevel.now)
    assert bench.settle(second) is State.done
    assert started(bench, "shared").step == 10
    assert bench.count("shared") == expected(20)
    assert not local.is_running(first)


def test_stop_after_waits_for_the_end_of_the_epoch_and_starts_nothing_more(bench: Bench) -> None:
    run = bench.run(slow=SLOW, after={"before": "slow"})
    bench.start(run)
    until(lambda: bench.steps("slow") > 2, 10)
    request_stop(run, StopLevel.after)
    assert bench.settle(run) is State.stopped
    assert stopped_step(bench, "slow") % 10 == 0
    assert bench.stage("after").attempts() == []


def test_stop_now_leaves_a_checkpoint_and_does_not_stop_the_resumed_run(bench: Bench) -> None:
    run = bench.run(slow=SLOW)
    bench.start(run)
    until(lambda: bench.steps("slow") > 2, 10)
    request_stop(run, StopLevel.now)
    assert bench.settle(run) is State.stopped
    step = stopped_step(bench, "slow")
    assert bench.finish(run) is State.done
    assert started(bench, "slow").step == step
    assert bench.count("slow") == expected(40)


def test_a_resumed_stage_keeps_its_threads_and_names_what_is_not_the_same(bench: Bench) -> None:
    run = bench.run(slow=SLOW)
    bench.start(run)
    until(lambda: bench.steps("slow") > 2, 10)
    request_stop(run, StopLevel.now)
    bench.settle(run)
    (attempt,) = bench.stage("slow").attempts()
    attempt.write_env({**attempt.read_env(), "threads": 3, "python": "3.0.1"})
    assert bench.finish(run) is State.done
    assert bench.stage("slow").attempts()[-1].read_env()["threads"] == 3
    (warned,) = [e.event for e in bench.events("slow") if isinstance(e.event, Warned)]
    assert warned.text.startswith("this resume is not exact: python 3.0.1 before, 3.")


def test_kill_ends_the_worker_at_once_without_a_checkpoint(bench: Bench) -> None:
    run = bench.run(slow={**ENDLESS, "checkpoint_every": 10**6, "trouble": "deaf"})
    bench.start(run)
    until(lambda: bench.steps("slow") > 2, 10)
    request_stop(run, StopLevel.kill)
    until(lambda: not local.is_running(run), 2)
    assert bench.state(run) is State.stopped
    assert list(bench.stage("slow").checkpoints.iterdir()) == []


def test_a_worker_that_does_not_obey_is_ended_after_the_grace(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCWORKBENCH_STOP_GRACE_S", "0.3")
    run = bench.run(slow={**ENDLESS, "trouble": "deaf"})
    bench.start(run)
    until(lambda: bench.steps("slow") > 2, 10)
    request_stop(run, StopLevel.now)
    assert until(lambda: not local.is_running(run), 3) > 0.3
    assert bench.state(run) is State.stopped


def test_a_frozen_worker_is_ended_after_the_grace(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCWORKBENCH_STOP_GRACE_S", "0.3")
    run = bench.run(slow=ENDLESS)
    bench.start(run)
    until(lambda: bench.steps("slow") > 2, 10)
    os.kill(bench.worker(run).pid, signal.SIGSTOP)
    request_stop(run, StopLevel.now)
    until(lambda: not local.is_running(run), 3)
    assert not bench.stage("slow").is_locked()


def test_a_terminated_supervisor_stops_its_worker_with_a_checkpoint(bench: Bench) -> None:
    run = bench.run(slow=ENDLESS)
    bench.start(run)
    until(lambda: bench.steps("slow") > 2, 10)
    os.kill(bench.supervisor(run).pid, signal.SIGTERM)
    assert bench.settle(run, 5) is State.stopped
    assert stopped_step(bench, "slow") > 0


def test_a_run_waits_for_the_cores_of_another_and_says_so(bench: Bench) -> None:
    first, second = bench.run(threads=0, one=SLOW), bench.run(slots=2, two={"steps": 3})
    bench.start(first)
    until(lambda: bench.steps("one") > 0, 10)
    bench.start(second)
    until(lambda: RunFolder(second).waiting_reason(), 5)
    assert bench.verdict(second) == (
        State.queued,
        f"waiting for a free slot on cpu (used by {first})",
    )
    assert bench.stage("two").attempts() == []
    assert bench.settle(second) is State.done
    assert bench.events("two")[0].time_s > bench.events("one")[-1].time_s
    assert RunFolder(second).waiting_reason() == ""


def test_a_queued_run_can_be_stopped(bench: Bench) -> None:
    first, second = bench.run(threads=0, one=ENDLESS), bench.run(two={"steps": 3})
    bench.start(first)
    until(lambda: bench.steps("one") > 0, 10)
    bench.start(second)
    request_stop(second, StopLevel.after)
    assert bench.settle(second, 3) is State.stopped
    assert local.is_running(first)
