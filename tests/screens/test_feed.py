"""The feed tells what changed on disk, once, and nothing stops it."""

from __future__ import annotations

import json
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from mcworkbench.runs import events
from mcworkbench.runs.index import list_runs
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.state import State
from mcworkbench.screens import feed as feed_module
from mcworkbench.screens.feed import Feed
from mcworkbench.screens.messages import MachineChanged, RunChanged, RunsChanged, RunVanished
from mcworkbench.screens.pictures import build
from tests.screens.recorded import cut, hold, recorded_home
from tests.unit.runs_sample import OTHER, RUN, add_attempt, make_run, make_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from textual.message import Message

    from mcworkbench.runs.views import RunView

M = TypeVar("M")
LIMIT_S = 20.0


class Heard(list["Message"]):
    """The messages so far."""

    def of(self, kind: type[M]) -> list[M]:
        return [message for message in self if isinstance(message, kind)]

    def wait_for(self, predicate: Callable[[], object]) -> float:
        began_s = time.monotonic()
        while not predicate():
            assert time.monotonic() - began_s < LIMIT_S, "never came true"
            time.sleep(0.005)
        return time.monotonic() - began_s


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def feed(heard: Heard) -> Iterator[Feed]:
    feed = Feed(heard.append)
    yield feed
    feed.stop()


def test_one_look_tells_the_runs_newest_first_as_the_index_lists_them(
    home: Path, feed: Feed, heard: Heard
) -> None:
    recorded_home(home)
    feed.tick()
    rows = heard.of(RunsChanged)[-1].rows
    assert [row.id for row in rows] == [line.id for line in list_runs()]
    assert {row.name: str(row.state) for row in rows}["was-killed"] == "lost"


def test_an_empty_home_is_told_once(feed: Feed, heard: Heard) -> None:
    feed.tick()
    feed.tick()
    assert [message.rows for message in heard.of(RunsChanged)] == [()]


def test_nothing_is_told_twice(home: Path, feed: Feed, heard: Heard) -> None:
    ids = recorded_home(home, "quickstart", "was-killed")
    feed.watch("opened", ids["quickstart"])
    feed.watch("preview", ids["was-killed"])
    feed.tick()
    told = [message for message in heard if not isinstance(message, MachineChanged)]
    feed.tick()
    feed.tick()
    assert [message for message in heard if not isinstance(message, MachineChanged)] == told
    assert {message.picture.row.name for message in heard.of(RunChanged)} == {
        "quickstart", "was-killed",
    }  # fmt: skip


def test_watching_again_tells_the_picture_again(home: Path, feed: Feed, heard: Heard) -> None:
    ids = recorded_home(home, "quickstart")
    feed.watch("opened", ids["quickstart"])
    feed.tick()
    feed.watch("opened", "")
    feed.tick()
    assert len(heard.of(RunChanged)) == 1
    feed.watch("opened", ids["quickstart"])
    feed.tick()
    first, second = (message.picture for message in heard.of(RunChanged))
    assert first is second


def test_a_training_stage_is_followed_event_by_event(home: Path, feed: Feed, heard: Heard) -> None:
    ids = recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.3)
    with hold("quickstart", "curve"):
        feed.watch("opened", ids["quickstart"])
        feed.tick()
        before = heard.of(RunChanged)[-1].picture
        assert before.row.state is State.running
        replay.play(20)
        feed.tick()
        after = heard.of(RunChanged)[-1].picture
        assert after.version > before.version
        told = [event["data"] for event in replay.events if event["type"] == "Progress"]
        stage = next(stage for stage in after.stages if stage.name == "curve")
        assert stage.fraction == told[-1]["done"] / told[-1]["total"]
        assert stage.eta_s == told[-1]["eta_s"]


def test_active_runs_in_the_list_move_within_their_stages(
    home: Path, feed: Feed, heard: Heard
) -> None:
    recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.2)
    with hold("quickstart", "curve"):
        feed.tick()
        feed.tick()
        before = heard.of(RunsChanged)[-1].rows[0]
        replay.play(50)
        feed.tick()
        after = heard.of(RunsChanged)[-1].rows[0]
    assert after.fraction > before.fraction
    assert after.eta_s is not None
    assert after.eta_s > 0


def test_a_deleted_run_vanishes_with_a_reason_once(home: Path, feed: Feed, heard: Heard) -> None:
    ids = recorded_home(home, "quickstart")
    feed.watch("opened", ids["quickstart"])
    feed.tick()
    shutil.rmtree(RunFolder(ids["quickstart"]).path)
    feed.tick()
    feed.tick()
    (vanished,) = heard.of(RunVanished)
    assert vanished.run_id == ids["quickstart"]
    assert vanished.reason == "run quickstart was deleted."
    assert heard.of(RunsChanged)[-1].rows == ()


def test_a_damaged_folder_is_a_row_with_its_problem_and_comes_last(
    home: Path, feed: Feed, heard: Heard
) -> None:
    recorded_home(home, "quickstart")
    folder = make_run("20260101-120000-curve-aaaaaa", {"endpoint-1": make_stage("one")})
    folder.document_path.write_text("{ no json")
    feed.tick()
    rows = heard.of(RunsChanged)[-1].rows
    assert [(row.id, bool(row.problem)) for row in rows][-1] == (folder.id, True)
    assert [row.name for row in rows] == ["quickstart", ""]
    feed.watch("opened", folder.id)
    feed.tick()
    assert "cannot be read" in heard.of(RunVanished)[0].reason


def test_what_goes_wrong_in_one_run_is_told_and_the_others_go_on(
    home: Path, feed: Feed, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = recorded_home(home, "quickstart", "was-killed")
    original = build.facts_of

    def odd(run: RunView, wall_s: float) -> Any:
        if run.name == "quickstart":
            raise ZeroDivisionError("odd \x1b[31m files")
        return original(run, wall_s)

    monkeypatch.setattr(build, "facts_of", odd)
    feed.watch("opened", ids["quickstart"])
    feed.watch("preview", ids["was-killed"])
    feed.tick()
    feed.tick()
    (vanished,) = heard.of(RunVanished)
    assert "ZeroDivisionError" in vanished.reason
    assert "\x1b" not in vanished.reason
    assert [message.picture.row.name for message in heard.of(RunChanged)] == ["was-killed"]


def test_the_thread_finds_new_runs_within_a_second_and_pictures_in_less(
    home: Path, feed: Feed, heard: Heard
) -> None:
    feed.start()
    heard.wait_for(lambda: heard.of(RunsChanged))
    ids = recorded_home(home, "quickstart")
    took_s = heard.wait_for(lambda: heard.of(RunsChanged)[-1].rows)
    assert took_s < 1.5
    heard.wait_for(lambda: [row.state for row in heard.of(RunsChanged)[-1].rows] == [State.done])
    feed.watch("opened", ids["quickstart"])
    took_s = heard.wait_for(lambda: heard.of(RunChanged))
    assert took_s < 0.5


def test_a_poke_is_a_look_at_once(home: Path, heard: Heard) -> None:
    # A clock that stands still: nothing ever falls due by itself.
    feed = Feed(heard.append, clock_s=lambda: 0.0)
    try:
        feed.start()
        heard.wait_for(lambda: heard.of(MachineChanged))
        recorded_home(home, "quickstart")
        time.sleep(0.6)
        assert heard.of(RunsChanged)[-1].rows == ()
        feed.poke()
        heard.wait_for(lambda: heard.of(RunsChanged)[-1].rows)
    finally:
        feed.stop()


def test_it_ends_within_half_a_second_even_where_the_disk_hangs(
    home: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, release = threading.Event(), threading.Event()

    def hang(self: object) -> Any:
        hanging.set()
        release.wait(LIMIT_S)
        return iter(())

    monkeypatch.setattr(feed_module.RunWatch, "looks", hang)
    feed = Feed(heard.append)
    feed.start()
    assert hanging.wait(LIMIT_S)
    began_s = time.monotonic()
    feed.stop()
    assert time.monotonic() - began_s < 0.8
    release.set()


def write_long(run_id: str, num_epochs: int) -> None:
    stage = make_stage(f"long-{run_id}")
    told: list[events.Event] = [events.StageStarted("endpoint")]
    for epoch in range(1, num_epochs + 1):
        values = {"train_nll": 1 / epoch, "test_nll": 2 / epoch, "test_error": 0.5 / epoch}
        told.append(events.EpochFinished(epoch, num_epochs, 100 * epoch, 0.1, 1.0, values))
    add_attempt(stage, *told)
    make_run(run_id, {"endpoint-1": stage})


def test_reading_what_nobody_wants_any_more_is_given_up(heard: Heard) -> None:
    write_long(RUN, 40_000)
    write_long(OTHER, 3)
    feed = Feed(heard.append)
    try:
        feed.start()
        heard.wait_for(lambda: len(heard.of(RunsChanged)[-1:]) and heard.of(MachineChanged))
        feed.watch("preview", RUN)
        time.sleep(0.1)
        feed.watch("preview", OTHER)
        heard.wait_for(lambda: heard.of(RunChanged))
        assert [message.picture.row.id for message in heard.of(RunChanged)] == [OTHER]
        assert not feed._gallery.has(RUN)
    finally:
        feed.stop()


def test_a_listener_that_is_gone_ends_the_feed() -> None:
    def gone(_: Message) -> None:
        raise RuntimeError("Event loop is closed")

    feed = Feed(gone)
    feed.start()
    began_s = time.monotonic()
    while any(thread.name == "feed" for thread in threading.enumerate()):
        assert time.monotonic() - began_s < LIMIT_S
        time.sleep(0.01)


def test_the_machine_is_told_with_its_last_minute(feed: Feed, heard: Heard) -> None:
    for _ in range(70):
        feed.tick()
    machine = heard.of(MachineChanged)[-1].machine
    assert machine.device in ("cpu", "gpu0")
    assert 0 <= machine.load <= 1
    assert 0 < machine.used_bytes < machine.total_bytes
    assert len(machine.history) <= 60
    assert machine.history[-1] == machine.load


def test_rows_are_plain_values_that_json_can_hold(home: Path, feed: Feed, heard: Heard) -> None:
    recorded_home(home)
    feed.tick()
    for row in heard.of(RunsChanged)[-1].rows:
        values = [getattr(row, name) for name in type(row).__slots__]
        assert json.dumps(values, allow_nan=False)
