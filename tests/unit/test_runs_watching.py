"""The watched list of runs says what a fresh listing says, at a small part of its cost."""

from __future__ import annotations

import json
import random
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from mcworkbench.folders import publish_json, runs_root
from mcworkbench.runs import events, stage_watch, watching
from mcworkbench.runs.index import list_runs, unreadable_runs
from mcworkbench.runs.request import StopLevel, StopRequest, write_request
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import Exit, StageFolder
from mcworkbench.runs.state import State
from mcworkbench.runs.watching import UNREADABLE, RunWatch
from tests.unit.runs_sample import OTHER, RUN, add_attempt, age, finish, make_run, make_stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.runs.locks import Lock

TURNS = 30


def run_id(number: int) -> str:
    letters = "abcdefghjk"
    return f"20260101-1200{number:02d}-curve-{letters[number % 10] * 6}"


class World:
    """A home that changes at random, as users, workers and damage change one."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.stages = [make_stage(f"stage-{number}") for number in range(6)]
        self.number = 0
        self.held: list[Lock] = []
        for _ in range(4):
            self.add_run()

    def change(self) -> None:
        steps: list[Callable[[], None]] = [
            self.add_run, self.remove_run, self.damage_run, self.finish, self.fail, self.supervise,
            self.work, self.let_go, self.let_go, self.ask, self.lose_artifact, self.forget_result,
        ]  # fmt: skip
        self.random.choice(steps)()

    def stage(self) -> StageFolder:
        return self.random.choice(self.stages)

    def run(self) -> RunFolder | None:
        ids = sorted(path.name for path in runs_root().iterdir())
        return RunFolder(self.random.choice(ids)) if ids else None

    def add_run(self) -> None:
        self.number += 1
        first, last, curve = self.random.sample(self.stages, 3)
        chosen = {"endpoint-1": first, "endpoint-2": last, "curve": curve}
        make_run(run_id(self.number), chosen, created=1.7e9 + self.number)

    def remove_run(self) -> None:
        if (run := self.run()) is not None:
            shutil.rmtree(run.path)

    def damage_run(self) -> None:
        if (run := self.run()) is not None:
            publish_json(run.document_path, {"id": "none"})

    def finish(self) -> None:
        finish(self.stage(), test_error_max=self.random.random())

    def fail(self) -> None:
        ending = self.random.choice(
            [Exit("error", 1), Exit("stop"), Exit("killed", signal=9), None]
        )
        attempt = add_attempt(self.stage(), events.StageStarted("endpoint"), ending=ending)
        age(attempt.path, 60)

    def supervise(self) -> None:
        if (run := self.run()) is not None and (lock := run.take_lock()) is not None:
            self.held.append(lock)

    def work(self) -> None:
        run = self.run()
        if run is not None and (lock := self.stage().take_lock(run.id)) is not None:
            self.held.append(lock)

    def let_go(self) -> None:
        if self.held:
            self.held.pop(self.random.randrange(len(self.held))).release()

    def ask(self) -> None:
        if (run := self.run()) is not None:
            write_request(run.path, StopRequest(StopLevel.now, 1, "test", time.time()))

    def lose_artifact(self) -> None:
        for path in self.stage().artifacts.iterdir():
            path.unlink()

    def forget_result(self) -> None:
        self.stage().result_path.unlink(missing_ok=True)


def assert_same(watch: RunWatch) -> None:
    assert watch.lines == list_runs()
    assert list(watch.problems) == unreadable_runs()


@pytest.mark.parametrize("seed", range(5))
def test_it_says_what_a_fresh_listing_says_after_arbitrary_changes(seed: int) -> None:
    world, watch = World(seed), RunWatch()
    for _ in range(60):
        world.change()
        watch.refresh()
        assert_same(watch)
    for lock in world.held:
        lock.release()


@pytest.mark.parametrize("seed", range(5))
def test_where_times_are_all_it_has_it_still_catches_up_within_thirty_looks(seed: int) -> None:
    # Seen from later, no file is young enough to be looked at again for that alone.
    world, watch = World(seed), RunWatch(wall_s=lambda: time.time() + 100)
    watch.refresh()
    for _ in range(30):
        # File times move in steps of some milliseconds.
        time.sleep(0.01)
        world.change()
        for _ in range(TURNS):
            watch.refresh()
        assert_same(watch)
    for lock in world.held:
        lock.release()


def settled(*ids: str, shared: StageFolder | None = None) -> RunWatch:
    """Make finished runs whose files are old, and a watch that has seen them."""
    for number, one in enumerate(ids):
        stage = shared or finish_new(f"{one}-{number}")
        make_run(one, {"curve": stage}, created=1.7e9 + number)
    age(runs_root().parent, 600)
    watch = RunWatch()
    watch.refresh()
    return watch


def finish_new(name: str) -> StageFolder:
    stage = make_stage(name)
    finish(stage, test_error_max=0.1)
    return stage


def test_nothing_is_read_again_where_nothing_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = settled(*map(run_id, range(20)))

    def complain(*_: object) -> None:
        pytest.fail("looked at a settled run")

    for module, name in (
        (watching, "run_evidence"), (watching, "line_of"), (stage_watch, "stage_evidence"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, complain)
    for _ in range(2 * TURNS):
        assert not watch.refresh()
    assert len(watch.lines) == 20


def test_a_new_run_is_there_after_one_look_and_a_deleted_one_gone() -> None:
    watch = settled(RUN)
    stage = finish_new("new")
    make_run(OTHER, {"curve": stage}, created=1.8e9)
    assert watch.refresh()
    assert [line.id for line in watch.lines] == [OTHER, RUN]
    shutil.rmtree(RunFolder(RUN).path)
    assert watch.refresh()
    assert [line.id for line in watch.lines] == [OTHER]
    assert not watch.refresh()


def test_a_supervisor_is_seen_at_once_and_so_is_its_end() -> None:
    stage = make_stage("unfinished")
    watch = settled(RUN, shared=stage)
    assert [line.state for line in watch.lines] == [State.waiting]
    lock = RunFolder(RUN).take_lock()
    assert lock is not None
    with lock:
        assert watch.refresh()
        assert [(line.state, line.is_supervised) for line in watch.lines] == [(State.running, True)]
    assert watch.refresh()
    assert [line.state for line in watch.lines] == [State.lost]


def test_a_stage_that_a_running_run_finishes_is_news_of_every_run_that_names_it() -> None:
    stage = make_stage("shared")
    watch = settled(RUN, OTHER, shared=stage)
    lock = RunFolder(RUN).take_lock()
    assert lock is not None
    with lock:
        watch.refresh()
        finish(stage, test_error_max=0.2)
        watch.refresh()
        assert {line.id: line.num_done for line in watch.lines} == {RUN: 1, OTHER: 1}


def test_a_stage_that_nobody_watched_finishes_is_noticed_within_thirty_looks() -> None:
    stage = make_stage("shared")
    watch = settled(OTHER, shared=stage)
    finish(stage, test_error_max=0.2)
    looks = 1
    while not watch.refresh():
        looks += 1
        assert looks <= TURNS
    assert [line.num_done for line in watch.lines] == [1]


def test_the_first_look_gives_the_newest_runs_first_and_in_parts() -> None:
    for number in range(80):
        make_run(run_id(number), {"curve": finish_new("same")}, created=1.7e9 + number)
    watch = RunWatch()
    parts = watch.looks()
    assert next(parts)
    first = [line.id for line in watch.lines]
    assert 0 < len(first) < 80
    assert first == sorted(map(run_id, range(80)), reverse=True)[: len(first)]
    list(parts)
    assert watch.lines == list_runs()


def test_a_folder_that_cannot_be_read_has_a_problem_until_it_is_mended() -> None:
    watch = settled(RUN)
    folder = RunFolder(RUN)
    document = json.loads(folder.document_path.read_text())
    publish_json(folder.document_path, {})
    assert watch.refresh()
    assert (watch.lines, watch.problems) == ([], {RUN: UNREADABLE})
    publish_json(folder.document_path, document)
    assert watch.refresh()
    assert [line.id for line in watch.lines] == [RUN]
    assert watch.problems == {}


def test_one_run_that_cannot_be_derived_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = watching.line_of

    def odd(document: object, *rest: object) -> object:
        if getattr(document, "id", "") == RUN:
            raise ValueError("an odd number")
        return original(document, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(watching, "line_of", odd)
    watch = settled(RUN, OTHER)
    assert [line.id for line in watch.lines] == [OTHER]
    assert "an odd number" in watch.problems[RUN]


def test_without_a_home_there_are_no_runs() -> None:
    watch = RunWatch()
    assert not watch.refresh()
    assert (watch.lines, watch.problems) == ([], {})


def test_a_look_at_settled_runs_costs_a_small_part_of_a_listing() -> None:
    shared = [finish_new(f"stage-{number}") for number in range(7)]
    stages = {f"node-{number}": stage for number, stage in enumerate(shared)}
    for number in range(300):
        letters = "".join(random.choices("abcdefghjk", k=6))
        make_run(f"20260101-{number:06d}-curve-{letters}", stages)
    age(runs_root().parent, 600)
    watch = RunWatch()
    watch.refresh()
    began_s = time.process_time()
    for _ in range(TURNS):
        watch.refresh()
    watched_s = (time.process_time() - began_s) / TURNS
    began_s = time.process_time()
    list_runs()
    listed_s = time.process_time() - began_s
    assert watched_s < 0.25 * listed_s
