"""What the feed does when the disk does not answer, or something in it goes wrong for good."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.folders import runs_root
from mcworkbench.runs.state import State
from mcworkbench.screens import feed as feed_module
from mcworkbench.screens.feed import Feed
from mcworkbench.screens.messages import (
    FeedFailed,
    MachineChanged,
    RunChanged,
    RunsChanged,
    RunVanished,
)
from mcworkbench.screens.pictures import build
from mcworkbench.screens.pictures.load import MachineLook
from mcworkbench.screens.wanted import Failure, Wanted
from tests.screens.recorded import cut, hold, recorded_home
from tests.screens.test_feed import Heard
from tests.unit.runs_sample import OTHER, RUN, broken_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def feed(heard: Heard, clock: list[float]) -> Iterator[Feed]:
    feed = Feed(heard.append, clock_s=lambda: clock[0])
    yield feed
    feed.stop()


def test_while_the_disk_does_not_answer_list_and_run_stay_and_one_sentence_says_why(
    home: Path, feed: Feed, heard: Heard
) -> None:
    ids = recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.3)
    with hold("quickstart", "curve"):
        feed.watch("opened", ids["quickstart"])
        feed.tick()
        rows, picture = heard.of(RunsChanged)[-1].rows, heard.of(RunChanged)[-1].picture
        with broken_path(runs_root()):
            for _ in range(5):
                feed.tick()
        assert heard.of(RunVanished) == []
        assert heard.of(RunsChanged)[-1].rows == rows
        assert heard.of(RunChanged)[-1].picture is picture
        (failed,) = heard.of(FeedFailed)
        assert failed.text.startswith("cannot look at the runs: too many levels")
        assert failed.text.endswith("; the list may be old.")
        replay.play(20)
        feed.tick()
        assert heard.of(RunChanged)[-1].picture.version > picture.version


def test_a_stage_that_cannot_be_looked_at_does_not_change_the_picture(
    home: Path, feed: Feed, heard: Heard
) -> None:
    ids = recorded_home(home, "quickstart")
    feed.watch("opened", ids["quickstart"])
    feed.tick()
    with broken_path(runs_root().parent / "stages"):
        feed.tick()
    (changed,) = heard.of(RunChanged)
    assert changed.picture.row.state is State.done


def test_before_the_first_answer_nothing_is_said_of_the_list(
    home: Path, feed: Feed, heard: Heard
) -> None:
    recorded_home(home, "quickstart")
    with broken_path(runs_root()):
        feed.tick()
        assert heard.of(RunsChanged) == []
        assert len(heard.of(FeedFailed)) == 1
    feed.tick()
    assert [row.name for row in heard.of(RunsChanged)[-1].rows] == ["quickstart"]


def test_a_run_that_nobody_has_seen_yet_may_come_later(
    home: Path, feed: Feed, heard: Heard
) -> None:
    ids = recorded_home(home, "quickstart")
    with broken_path(runs_root()):
        feed.watch("preview", ids["quickstart"])
        feed.tick()
        feed.tick()
        (missing,) = heard.of(RunVanished)
        assert missing.is_passing
        assert "cannot look" in missing.reason
    feed.tick()
    assert [changed.picture.row.name for changed in heard.of(RunChanged)] == ["quickstart"]


def test_the_same_fault_is_told_again_only_after_it_was_over_for_a_while(
    home: Path, feed: Feed, heard: Heard, clock: list[float]
) -> None:
    recorded_home(home, "quickstart")
    feed.tick()
    for gap_s, num_told in ((1, 1), (30, 1), (59, 1), (61, 2)):
        clock[0] += gap_s
        with broken_path(runs_root()):
            feed.tick()
        assert len(heard.of(FeedFailed)) == num_told
        feed.tick()


def test_what_goes_wrong_every_time_is_told_once_and_the_rest_goes_on(
    home: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(_: MachineLook) -> Any:
        raise ZeroDivisionError("no \x1b[31m time")

    monkeypatch.setattr(MachineLook, "picture", odd)
    feed = Feed(heard.append)
    try:
        feed.start()
        heard.wait_for(lambda: heard.of(FeedFailed))
        recorded_home(home, "quickstart")
        heard.wait_for(lambda: heard.of(RunsChanged)[-1].rows)
        time.sleep(1.5)
    finally:
        feed.stop()
    (failed,) = heard.of(FeedFailed)
    assert "the machine" in failed.text
    assert "ZeroDivisionError" in failed.text
    assert "\x1b" not in failed.text


def test_a_list_that_cannot_be_made_leaves_machine_and_pictures_alive(
    home: Path, feed: Feed, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = recorded_home(home, "quickstart")
    feed.tick()
    heard.clear()

    def odd(_: object) -> Any:
        raise ValueError("odd rows")

    monkeypatch.setattr(feed_module.RunWatch, "looks", odd)
    feed.watch("opened", ids["quickstart"])
    for _ in range(3):
        feed.tick()
    assert len(heard.of(RunChanged)) == 1
    assert heard.of(MachineChanged)
    assert ["odd rows" in failed.text for failed in heard.of(FeedFailed)] == [True]


def test_a_run_that_failed_once_is_followed_again_after_a_while(
    home: Path, feed: Feed, heard: Heard, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.3)
    with hold("quickstart", "curve"):
        with monkeypatch.context() as patch:
            patch.setattr(feed_module.Gallery, "refreshed", _fail)
            feed.tick()
        feed.tick()
        assert not feed._gallery.has(ids["quickstart"])
        clock[0] += 11
        feed.tick()
        feed.tick()
        before = heard.of(RunsChanged)[-1].rows[0]
        replay.play(50)
        feed.tick()
        assert heard.of(RunsChanged)[-1].rows[0].fraction > before.fraction


def _fail(*_: object) -> Any:
    raise ValueError("a moment of weakness")


def test_a_picture_that_failed_once_comes_later(
    home: Path, feed: Feed, heard: Heard, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = recorded_home(home, "quickstart")
    feed.watch("preview", ids["quickstart"])
    with monkeypatch.context() as patch:
        patch.setattr(build, "facts_of", _fail)
        for _ in range(3):
            feed.tick()
            clock[0] += 11
    (vanished,) = heard.of(RunVanished)
    assert not vanished.is_passing
    feed.tick()
    assert [changed.picture.row.id for changed in heard.of(RunChanged)] == [ids["quickstart"]]


class Slow(str):
    """An id at which every look into a dict gives other threads their turn."""

    __slots__ = ()

    def __hash__(self) -> int:
        time.sleep(0)
        return super().__hash__()


def test_asking_from_other_threads_never_disturbs_the_answers() -> None:
    wanted = Wanted()
    problems: list[BaseException] = []
    ends_s = time.monotonic() + 1.0

    def repeat(do: Callable[[str], object]) -> None:
        try:
            for run_id in itertools.cycle((Slow(RUN), Slow(OTHER))):
                if time.monotonic() > ends_s:
                    return
                do(run_id)
        except BaseException as error:  # noqa: BLE001 - it is what this test is about
            problems.append(error)

    def look(run_id: str) -> None:
        wanted.ids()
        if wanted.answer(run_id) is None:
            wanted.is_news(run_id, Failure("odd", is_passing=False))

    def ask(run_id: str) -> None:
        wanted.watch(run_id, run_id)
        wanted.watch(run_id, "")

    threads = [threading.Thread(target=repeat, args=(do,)) for do in (look, ask, look, ask)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
