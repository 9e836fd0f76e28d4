"""What a stage measured between epochs is kept by step, bounded, and follows resumes."""

from __future__ import annotations

import math
import sys
import tracemalloc
from itertools import pairwise

from mcworkbench.runs import events
from mcworkbench.runs.codec import Recorded
from mcworkbench.runs.fold import StageFold
from mcworkbench.runs.trace import MAX_COLUMNS, MAX_POINTS, Trace


def loss_at(step: int) -> float:
    return 2.5 / (1 + step)


def rate_at(step: int) -> float:
    return 0.1 * math.cos(step / 1e6)


def progress(step: int) -> events.Progress:
    values = {"train_nll": loss_at(step), "lr": rate_at(step)}
    return events.Progress("training", step, 10**6, "steps", step, 1.0, 1.0, values)


def folded(*told: tuple[int, events.Event]) -> StageFold:
    fold = StageFold()
    for number, (attempt, event) in enumerate(told, 1):
        fold.apply(Recorded(attempt, number, float(number), float(number), event), attempt)
    return fold


def test_a_million_points_stay_within_bounds_and_keep_their_values() -> None:
    trace = Trace()
    for step in range(10**6):
        trace.add(step, {"train_nll": loss_at(step), "lr": rate_at(step)})
    steps = trace.steps
    assert MAX_POINTS // 2 <= len(trace) == len(steps) <= MAX_POINTS
    assert steps[0] == 0
    assert steps[-1] == 10**6 - 1
    assert trace.column("train_nll") == [loss_at(step) for step in steps]
    assert trace.column("lr") == [rate_at(step) for step in steps]
    # Evenly spread: all gaps but that to the newest are the same power of two.
    gaps = {later - earlier for earlier, later in pairwise(steps[:-1])}
    assert len(gaps) == 1
    assert math.log2(gaps.pop()).is_integer()


def test_the_stride_is_how_many_were_told_for_each_that_is_kept() -> None:
    trace = Trace(max_points=16)
    for step in range(1000):
        trace.add(step, {"lr": 0.1})
        steps = trace.steps
        # The last two may be closer: the newest is always there.
        gaps = {later - earlier for earlier, later in pairwise(steps[:-1])}
        assert gaps <= {trace.stride}
    assert trace.stride >= 1000 // 16
    trace.resume(0)
    assert trace.stride == 1


def test_memory_does_not_grow_with_the_number_of_points() -> None:
    trace = Trace()
    for step in range(20_000):
        trace.add(step, {"train_nll": loss_at(step)})
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for step in range(20_000, 120_000):
        trace.add(step, {"train_nll": loss_at(step)})
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4 * MAX_POINTS * 16


def test_few_points_are_all_there_and_the_newest_at_once() -> None:
    trace = Trace()
    for step in (3, 7, 20):
        trace.add(step, {"lr": step / 10})
        assert trace.steps[-1] == step
    assert trace.steps == [3, 7, 20]
    assert trace.column("lr") == [0.3, 0.7, 2.0]
    assert trace.names == ("lr",)


def test_a_value_that_came_late_or_is_missing_is_not_a_number() -> None:
    trace = Trace()
    trace.add(1, {"lr": 0.1})
    trace.add(2, {"lr": 0.1, "train_nll": 2.0})
    trace.add(3, {"train_nll": 1.0})
    assert trace.names == ("lr", "train_nll")
    assert math.isnan(trace.column("train_nll")[0])
    assert trace.column("train_nll")[1:] == [2.0, 1.0]
    assert math.isnan(trace.column("lr")[2])
    assert all(map(math.isnan, trace.column("nothing")))
    assert len(trace.column("nothing")) == 3


def test_progress_without_numbers_leaves_no_point() -> None:
    fold = folded((1, events.Progress("scoring", 1, 2, "points", 1)))
    assert len(fold.trace) == 0


def test_points_beyond_the_step_of_a_resume_are_dropped() -> None:
    told = [(1, progress(step)) for step in range(10, 60, 10)]
    fold = folded(*told, (2, events.StageStarted("curve", 30, "step-30")))
    assert fold.trace.steps == [10, 20, 30]
    fold = folded(*told, (2, events.StageStarted("curve", 30, "step-30")), (2, progress(40)))
    assert fold.trace.steps == [10, 20, 30, 40]
    assert fold.trace.column("lr") == [rate_at(step) for step in (10, 20, 30, 40)]


def test_an_attempt_that_begins_anew_begins_the_trace_anew() -> None:
    told = [(1, progress(step)) for step in range(10, 60, 10)]
    fold = folded(*told, (2, events.StageStarted("curve")), (2, progress(10)))
    assert fold.trace.steps == [10]


def test_resuming_a_thinned_trace_keeps_its_steps_in_order() -> None:
    trace = Trace(max_points=8)
    for step in range(100):
        trace.add(step, {"lr": float(step)})
    trace.resume(50)
    for step in range(51, 140):
        trace.add(step, {"lr": float(step)})
    steps = trace.steps
    assert steps == sorted(set(steps))
    assert steps[-1] == 139
    assert any(step <= 50 for step in steps)
    assert trace.column("lr") == [float(step) for step in steps]
    assert len(trace) <= 8


def test_a_step_told_twice_holds_the_newer_value() -> None:
    trace = Trace()
    for step, value in ((1, 1.0), (2, 2.0), (2, 2.5), (3, 3.0), (2, 9.0)):
        trace.add(step, {"lr": value})
    assert trace.steps == [1, 2]
    assert trace.column("lr") == [1.0, 9.0]


def test_a_hostile_file_with_many_names_stays_small() -> None:
    trace = Trace(max_points=8)
    for step in range(200):
        trace.add(step, {f"name-{step}-{number}": 1.0 for number in range(50)})
    assert len(trace.names) <= MAX_COLUMNS
    assert sys.getsizeof(trace.steps) < 1000
