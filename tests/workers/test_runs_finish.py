"""Runs that end by themselves, well or badly; every process is a real one."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import run_bench
from stage_kinds import expected

from mcworkbench.runs.events import (
    CheckpointSaved,
    EpochFinished,
    StageFailed,
    StageFinished,
    StageStarted,
)
from mcworkbench.runs.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from run_bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    with run_bench.opened() as made:
        yield made


def test_a_chain_of_stages_finishes_in_one_worker(bench: Bench) -> None:
    run = bench.run(
        first={"steps": 12, "start": 3},
        second={"steps": 7, "before": "first"},
        third={"steps": 5, "before": "second"},
    )
    assert bench.finish(run) is State.done
    assert bench.count("third") == expected(5, expected(7, expected(12, 3)))
    results = [bench.stage(name).result() for name in ("first", "second", "third")]
    assert len({result["summary"]["pid"] for result in results if result}) == 1
    assert all(result and result["run"] == run for result in results)


def test_a_finished_stage_tells_its_story_and_leaves_no_checkpoints(bench: Bench) -> None:
    run = bench.run(only={"steps": 12})
    bench.finish(run)
    told = [recorded.event for recorded in bench.events("only")]
    assert told[0] == StageStarted("count")
    assert isinstance(told[-1], StageFinished)
    assert [event.step for event in told if isinstance(event, CheckpointSaved)] == [5, 10]
    assert list(bench.stage("only").checkpoints.iterdir()) == []
    (attempt,) = bench.stage("only").attempts()
    ending = attempt.read_exit()
    assert ending is not None
    assert ending.cause == "done"
    assert attempt.read_env()["threads"] == 1
    assert attempt.exit_path.stat().st_mode & 0o077 == 0


def test_what_an_earlier_run_made_is_not_made_again(bench: Bench) -> None:
    bench.finish(bench.run(shared={"steps": 6}))
    again = bench.run(shared={"steps": 6}, more={"steps": 4, "before": "shared"})
    assert bench.finish(again) is State.done
    assert len(bench.stage("shared").attempts()) == 1
    assert bench.count("more") == expected(4, expected(6))


def test_independent_stages_share_two_slots(bench: Bench) -> None:
    run = bench.run(
        slots=2, left={"steps": 20, "delay_s": 0.03}, right={"steps": 20, "delay_s": 0.03}
    )
    assert bench.finish(run) is State.done
    left, right = bench.events("left"), bench.events("right")
    assert left[0].time_s < right[-1].time_s
    assert right[0].time_s < left[-1].time_s


@pytest.mark.parametrize(
    ("trouble", "error", "words"),
    [
        ("error", "ValueError", "ill: ValueError: the dog ate the batch"),
        ("memory", "OutOfMemoryError", "train.micro_batch"),
        ("exit", "SystemExit", "ended the process (7)"),
        ("nan", "NumericalError", "the loss is not a number at step 10"),
    ],
)
def test_a_failing_stage_fails_its_run_with_one_sentence(
    bench: Bench, trouble: str, error: str, words: str
) -> None:
    run = bench.run(ill={"trouble": trouble}, after={"before": "ill"})
    assert bench.finish(run) is State.failed
    told = [recorded.event for recorded in bench.events("ill")]
    failure = told[-1]
    assert isinstance(failure, StageFailed)
    assert failure.error == error
    assert words in failure.message
    assert "Traceback" not in failure.message
    assert bench.verdict(run)[1] == failure.message
    (attempt,) = bench.stage("ill").attempts()
    assert "Traceback" in attempt.log_path.read_text()
    assert bench.stage("after").attempts() == []


def test_memory_advice_says_that_the_checkpoint_is_kept(bench: Bench) -> None:
    run = bench.run(ill={"trouble": "memory"})
    bench.finish(run)
    assert bench.verdict(run)[1].endswith("The checkpoint of step 5 is kept.")
    assert [path.name for path in bench.stage("ill").checkpoints.iterdir()] == [
        "step-00000005.a0001"
    ]


def test_a_loss_that_is_not_a_number_is_stored_as_null_and_read_as_nan(bench: Bench) -> None:
    bench.finish(bench.run(ill={"trouble": "nan"}))
    (attempt,) = bench.stage("ill").attempts()
    assert b'"train_loss":null' in attempt.events_path.read_bytes()
    values = [
        recorded.event.values["train_loss"]
        for recorded in bench.events("ill")
        if isinstance(recorded.event, EpochFinished)
    ]
    assert [math.isnan(value) for value in values] == [True]


def test_a_full_disk_fails_the_run_though_the_worker_cannot_write_a_word(bench: Bench) -> None:
    run = bench.run(ill={"trouble": "disk", "trouble_step": 7})
    assert bench.finish(run) is State.failed
    sentence = bench.verdict(run)[1]
    assert "cannot be written" in sentence
    assert "free space" in sentence
    assert [path.name for path in bench.stage("ill").checkpoints.iterdir()] == [
        "step-00000005.a0001"
    ]


def test_a_missing_device_is_a_sentence_of_the_run(bench: Bench) -> None:
    run = bench.run(device="cuda:7", only={})
    assert bench.finish(run) is State.failed
    assert bench.verdict(run)[1].startswith("device 'cuda:7': not on this machine.")


def test_the_interface_never_loads_torch() -> None:
    code = (
        "import mcworkbench.supervisor, mcworkbench.executors.local, mcworkbench.executors.slots, "
        "sys; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
