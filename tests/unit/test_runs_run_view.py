"""A run seen through its folder: its state folded from its stages and its supervisor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs import events
from mcworkbench.runs.request import StopLevel, StopRequest, write_request
from mcworkbench.runs.stage_folder import Exit
from mcworkbench.runs.state import State
from mcworkbench.runs.views import RunView
from tests.unit.runs_sample import (
    OTHER,
    RUN,
    Holder,
    add_attempt,
    age,
    finish,
    make_run,
    make_stage,
)

if TYPE_CHECKING:
    from mcworkbench.runs.run_folder import RunFolder

STARTED = events.StageStarted("endpoint")


def supervised_once(run: RunFolder) -> None:
    run.lock_path.write_text(run.id)


def test_a_run_that_nobody_started_waits() -> None:
    make_run(RUN, {"a": make_stage("a")})
    view = RunView(RUN)
    assert (view.state, view.reason) == (State.waiting, "never started")
    assert view.nodes["a"].state is State.waiting
    assert view.nodes["a"].reason == "not started"
    assert (view.fraction, view.eta_s, view.headline) == (0.0, None, None)


def test_a_run_is_done_when_every_node_is_even_if_it_never_ran_itself() -> None:
    one, two = make_stage("one"), make_stage("two")
    make_run(RUN, {"one": one, "two": two})
    finish(one, OTHER)
    assert RunView(RUN).state is State.waiting
    finish(two, OTHER)
    view = RunView(RUN)
    assert (view.state, view.fraction) == (State.done, 1.0)
    assert view.nodes["two"].made_by == OTHER


def test_a_supervisor_alone_runs_until_it_says_what_it_waits_for() -> None:
    run = make_run(RUN, {"a": make_stage("a")})
    with Holder(run.lock_path):
        view = RunView(RUN)
        assert (view.state, view.reason) == (State.running, "starting")
        assert view.nodes["a"].state is State.queued
        run.say_waiting("waiting for a free slot on cpu\x1b[2J")
        view.refresh()
        assert view.state is State.queued
        assert view.reason == "waiting for a free slot on cpu<1b>[2J"
        run.say_waiting("")
        view.refresh()
        assert view.reason == "starting"


def test_a_run_with_a_stage_of_its_own_at_work_is_running_until_it_is_asked_to_stop() -> None:
    one, two = make_stage("one"), make_stage("two")
    run = make_run(RUN, {"one": one, "two": two})
    add_attempt(one, STARTED)
    with Holder(run.lock_path), Holder(one.lock_path):
        view = RunView(RUN)
        assert view.state is State.running
        assert [node.state for node in view.nodes.values()] == [State.running, State.queued]
        write_request(run.path, StopRequest(StopLevel.now, 1))
        view.refresh()
        assert view.state is State.stopping
        assert [node.state for node in view.nodes.values()] == [State.stopping, State.waiting]


def test_a_stage_that_another_run_executes_is_waited_for_and_its_events_are_shown() -> None:
    stage = make_stage("shared")
    run, _ = make_run(RUN, {"a": stage}), make_run(OTHER, {"a": stage})
    add_attempt(stage, STARTED, events.EpochFinished(1, 2, 1, 0.1, 1.0, {}), run=OTHER)
    with Holder(run.lock_path), Holder(stage.lock_path, OTHER):
        view = RunView(RUN)
        assert (view.state, view.reason) == (State.queued, f"waiting for {OTHER}")
        node = view.nodes["a"]
        assert (node.state, node.reason) == (State.queued, f"waiting for {OTHER}")
        assert node.made_by == OTHER
        assert len(node.view.epochs) == 1
        assert RunView(OTHER).nodes["a"].state is State.running


def test_a_node_says_which_inputs_it_waits_for() -> None:
    one, two = make_stage("one"), make_stage("two")
    nodes = {
        "end": {"key": one.key, "inputs": {}},
        "curve": {"key": two.key, "inputs": {"first": "end", "dataset": "0" * 64}},
    }
    make_run(RUN, {}, nodes=nodes)
    assert RunView(RUN).nodes["curve"].reason == "waiting for end"


def test_a_failed_node_fails_the_run_with_its_sentence() -> None:
    one, two = make_stage("one"), make_stage("two")
    run = make_run(RUN, {"one": one, "two": two})
    supervised_once(run)
    add_attempt(one, STARTED, ending=Exit("error", 1, 0, "the loss became NaN"))
    view = RunView(RUN)
    assert (view.state, view.reason) == (State.failed, "the loss became NaN")
    assert view.messages == {"one": "the loss became NaN"}


def test_a_failure_of_before_a_resume_is_tried_again_and_one_of_now_stands() -> None:
    stage = make_stage("s")
    run = make_run(RUN, {"s": stage})
    add_attempt(stage, STARTED, ending=Exit("error", 1, 0, "broke"))
    age(stage.path, 60)
    with Holder(run.lock_path):
        view = RunView(RUN)
        assert view.nodes["s"].state is State.queued
        add_attempt(stage, STARTED, ending=Exit("error", 1, 0, "broke again"))
        age(stage.path, -1)
        view.refresh()
        assert view.nodes["s"].state is State.failed


def test_a_stopped_node_stops_the_run() -> None:
    stage = make_stage("s")
    supervised_once(make_run(RUN, {"s": stage}))
    add_attempt(stage, STARTED, ending=Exit("stop"))
    assert RunView(RUN).state is State.stopped


def test_a_request_obeyed_between_two_stages_is_stopped_and_none_is_lost() -> None:
    one, two = make_stage("one"), make_stage("two")
    run = make_run(RUN, {"one": one, "two": two})
    supervised_once(run)
    finish(one)
    view = RunView(RUN)
    assert view.state is State.lost
    assert "resume" in view.reason
    write_request(run.path, StopRequest(StopLevel.after, 1))
    view.refresh()
    assert view.state is State.stopped
    run.clear_request()
    view.refresh()
    assert view.state is State.lost


def test_a_run_whose_machine_died_while_stopping_is_lost_not_stopped() -> None:
    stage = make_stage("s")
    run = make_run(RUN, {"s": stage})
    supervised_once(run)
    add_attempt(stage, STARTED)
    age(stage.path, 60)
    write_request(run.path, StopRequest(StopLevel.now, 1))
    assert RunView(RUN).state is State.lost


def test_a_stage_that_outlives_its_supervisor_is_about_to_stop() -> None:
    stage = make_stage("s")
    run = make_run(RUN, {"s": stage})
    add_attempt(stage, STARTED)
    supervisor = Holder(run.lock_path)
    with Holder(stage.lock_path):
        view = RunView(RUN)
        assert view.state is State.running
        supervisor.kill()
        view.refresh()
        assert view.state is State.stopping
        assert "supervisor is gone" in view.reason


def test_two_nodes_of_one_stage_share_a_view() -> None:
    stage = make_stage("s")
    make_run(RUN, {"a": stage, "b": stage})
    finish(stage)
    view = RunView(RUN)
    assert view.nodes["a"].view is view.nodes["b"].view
    assert view.seconds == view.nodes["a"].view.seconds


def test_reused_nodes_are_told_and_take_no_part_in_progress() -> None:
    old, new = make_stage("old"), make_stage("new")
    finish(old, OTHER)
    nodes = {
        "old": {"key": old.key, "kind": "endpoint", "inputs": {}, "reused": True},
        "new": {"key": new.key, "kind": "endpoint", "inputs": {}},
    }
    run = make_run(RUN, {}, nodes=nodes)
    add_attempt(new, STARTED, events.Progress("train", 1, 4, "epochs", 1, 0.5, 6.0))
    with Holder(run.lock_path), Holder(new.lock_path):
        view = RunView(RUN)
        assert view.nodes["old"].reused
        assert view.nodes["old"].made_by == OTHER
        assert view.fraction == 0.25
        assert view.eta_s == 6.0


def test_the_time_left_counts_work_that_has_not_begun() -> None:
    one, two = make_stage("one"), make_stage("two")
    run = make_run(RUN, {"one": one, "two": two})
    add_attempt(one, STARTED, events.Progress("train", 1, 2, "epochs", 1, 0.5, 10.0))
    with Holder(run.lock_path), Holder(one.lock_path):
        view = RunView(RUN)
        # Half of the first took 2 s, so the whole second takes 4 s, and the first says 10 s.
        assert view.nodes["one"].view.seconds == 2.0
        assert view.eta_s == 14.0


def test_the_headline_is_the_barrier_of_the_last_node_that_has_one() -> None:
    stages = {name: make_stage(name) for name in ("end", "evaluate-line", "evaluate-curve")}
    make_run(RUN, stages)
    finish(stages["end"], test_accuracy=0.9)
    assert str(RunView(RUN).headline) == "end test accuracy 0.9"
    finish(stages["evaluate-line"], train_barrier=2.0, test_barrier=3.0)
    finish(stages["evaluate-curve"], length=7.0, train_barrier=0.25, test_barrier=0.5)
    found = RunView(RUN).headline
    assert found is not None
    assert (found.node, found.name, found.value) == ("evaluate-curve", "test_barrier", 0.5)


def test_before_any_result_the_headline_is_the_latest_epoch() -> None:
    stage = make_stage("s")
    make_run(RUN, {"s": stage})
    add_attempt(stage, events.EpochFinished(1, 2, 1, 0.1, 1.0, {"test_accuracy": 0.5}))
    assert str(RunView(RUN).headline) == "s test accuracy 0.5"


def test_a_missing_run_and_a_damaged_one_are_told_apart() -> None:
    with pytest.raises(WorkbenchError, match="there is no such run"):
        RunView(RUN)
    run = make_run(RUN, {"a": make_stage("a")})
    run.document_path.write_text("{")
    with pytest.raises(WorkbenchError, match="cannot be read"):
        RunView(RUN)


def test_a_run_of_a_newer_version_is_shown_with_a_warning() -> None:
    run = make_run(RUN, {"a": make_stage("a")})
    document = json.loads(run.document_path.read_text())
    run.document_path.write_text(json.dumps({**document, "format": 2, "colour": "blue"}))
    assert "newer version" in RunView(RUN).warnings[0]
