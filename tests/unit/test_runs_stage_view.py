"""A stage seen through its folder: its state from evidence, its log shown."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.errors import InvalidInputError
from mcworkbench.runs import events
from mcworkbench.runs.request import StopLevel, StopRequest, write_request
from mcworkbench.runs.stage_folder import Exit, StageFolder
from mcworkbench.runs.state import State
from mcworkbench.runs.views import StageView
from tests.unit.runs_sample import (
    OTHER,
    RUN,
    Holder,
    add_attempt,
    age,
    finish,
    key_of,
    lines,
    make_run,
    make_stage,
)

if TYPE_CHECKING:
    from pathlib import Path


def epoch(number: int, loss: float = 0.5) -> events.EpochFinished:
    return events.EpochFinished(number, 10, 10 * number, 0.1, 1.0, {"train_loss": loss})


def view_of(folder: StageFolder, **more: Any) -> StageView:
    view = StageView(folder.key, **more)
    view.refresh()
    return view


def numbers(view: StageView) -> list[int]:
    return [one.epoch for one in view.epochs]


STARTED = events.StageStarted("endpoint")


def test_a_stage_without_attempts_waits_and_one_without_folder_too() -> None:
    assert view_of(make_stage("s")).state is State.waiting
    assert view_of(StageFolder(key_of("none"))).state is State.waiting


def test_a_key_that_is_a_path_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="stage key"):
        StageView("../" * 20)


def test_a_held_lock_is_running_and_a_request_of_its_holder_is_stopping() -> None:
    folder = make_stage("s")
    run = make_run(RUN, {"s": folder})
    other = make_run(OTHER, {"s": folder})
    add_attempt(folder, STARTED)
    with Holder(folder.lock_path, RUN):
        view = view_of(folder)
        assert (view.state, view.holder) == (State.running, RUN)
        write_request(other.path, StopRequest(StopLevel.now, 1))
        view.refresh()
        assert view.state is State.running, "another run's request does not concern it"
        write_request(run.path, StopRequest(StopLevel.after, 1))
        view.refresh()
        assert view.state is State.stopping


def test_a_result_whose_artifacts_are_there_is_done_and_shows_its_numbers() -> None:
    folder = make_stage("s")
    finish(folder, OTHER, test_accuracy=0.75)
    view = view_of(folder)
    assert view.state is State.done
    assert view.summary == {"test_accuracy": 0.75}
    assert view.made_by == OTHER
    assert (view.kind, view.options, view.attempts) == ("endpoint", {"epochs": 3}, 1)
    assert view.fraction == 1
    assert view.verify() is None


def test_a_result_whose_artifact_was_cut_is_lost_with_a_reason() -> None:
    folder = make_stage("s")
    finish(folder)
    (folder.artifacts / "network.bin").write_bytes(b"1")
    view = view_of(folder)
    assert view.state is State.lost
    assert "network.bin has 1 bytes, not 8" in view.message


@pytest.mark.parametrize(
    ("last", "ending", "state", "part"),
    [
        (events.StageFailed("E", "it broke"), None, State.failed, "it broke"),
        (events.StageStopped(3, "now"), None, State.stopped, ""),
        (epoch(1), Exit("error", 1, 0, "told"), State.failed, "told"),
        (events.StageFailed("E", "it broke"), Exit("error", 1), State.failed, "it broke"),
        (epoch(1), Exit("killed", -9, 9), State.failed, "SIGKILL"),
        (epoch(1), Exit("killed", -9, 250), State.failed, "signal 250"),
        (epoch(1), Exit("error", 3), State.failed, "code 3"),
        (epoch(1), Exit("oom", -9, 9), State.failed, "memory"),
        (epoch(1), Exit("stop"), State.stopped, ""),
        (events.StageFinished(), Exit("done"), State.lost, "missing"),
        (epoch(1), None, State.lost, "without saying why"),
        (events.StageFinished(), None, State.lost, "without saying why"),
    ],
)
def test_how_the_newest_attempt_ended_decides(
    last: events.Event, ending: Exit | None, state: State, part: str
) -> None:
    folder = make_stage("s")
    add_attempt(folder, STARTED, ending=Exit("error", 1, 0, "an older story"))
    add_attempt(folder, STARTED, last, ending=ending)
    age(folder.path, 60)
    view = view_of(folder)
    assert view.state is state
    assert part in view.message
    assert bool(view.message) == (state in (State.failed, State.lost))


def test_a_process_killed_before_our_eyes_gets_five_seconds_for_its_last_word() -> None:
    now_s = [100.0]
    folder = make_stage("s")
    add_attempt(folder, STARTED)
    holder = Holder(folder.lock_path)
    view = view_of(folder, clock=lambda: now_s[0])
    assert view.state is State.running
    holder.kill()
    age(folder.path, 3600)  # its last event is old, as in a long epoch
    now_s[0] += 1000  # nobody looked for a while
    view.refresh()
    assert view.state is State.running
    now_s[0] += 4.9
    view.refresh()
    assert view.state is State.running
    now_s[0] += 0.2
    view.refresh()
    assert view.state is State.lost
    folder.attempts()[-1].write_exit(Exit("killed", -9, 9))
    view.refresh()
    assert view.state is State.failed


def test_who_looks_first_after_a_death_goes_by_the_age_of_the_files() -> None:
    folder = make_stage("s")
    add_attempt(folder, STARTED)
    assert view_of(folder).state is State.running
    age(folder.path, 6)
    assert view_of(folder).state is State.lost
    age(folder.path, -3600)  # the wall clock was set back an hour
    assert view_of(folder).state is State.lost


def test_damage_is_counted_and_everything_else_is_shown() -> None:
    folder = make_stage("s")
    attempt = add_attempt(folder, STARTED, epoch(1), epoch(2), epoch(3), ending=Exit("stop"))
    parts = attempt.events_path.read_bytes().splitlines(keepends=True)
    attempt.events_path.write_bytes(
        parts[0] + parts[1] + b"\xff damage\n" + parts[3] + parts[2][:20]
    )
    view = view_of(folder)
    assert numbers(view) == [1, 3]
    assert view.num_damaged == 2
    assert "2 damaged lines" in view.warnings[0]


def test_a_fragment_at_the_end_is_no_damage_while_the_writer_lives() -> None:
    folder = make_stage("s")
    attempt = add_attempt(folder, STARTED, epoch(1))
    with attempt.events_path.open("ab") as file:
        file.write(b'{"v":1,')
    with Holder(folder.lock_path):
        assert view_of(folder).num_damaged == 0
        add_attempt(folder, STARTED)
        assert view_of(folder).num_damaged == 1, "nobody will ever finish that line"


def test_talk_warnings_progress_and_passed_over_checkpoints_are_told() -> None:
    folder = make_stage("s")
    add_attempt(folder, STARTED, events.Noted("hello"), events.Progress("train", 1, 4, "epochs"))
    started = events.StageStarted("endpoint", 10, "step-10", ("step-20",))
    add_attempt(folder, started, events.Warned("careful"))
    view = view_of(folder)
    assert view.notes == ["hello"]
    assert view.warnings == ["checkpoint step-20 was damaged; went on from step-10", "careful"]
    assert view.progress is None, "the progress of a dead attempt is no progress"


def test_work_time_adds_up_over_attempts_and_ignores_the_wall_clock() -> None:
    folder = make_stage("s")
    for number, spacing_s in ((1, 2.0), (2, 10.0)):
        attempt = folder.new_attempt(RUN)
        attempt.events_path.write_bytes(lines([STARTED, epoch(1), epoch(2)], number, spacing_s))
    assert view_of(folder).seconds == 3 * 2.0 + 3 * 10.0


def test_a_done_stage_is_not_read_again_and_a_new_result_is(monkeypatch: Any) -> None:
    folder = make_stage("s")
    finish(folder, first=1.0)
    view = view_of(folder)
    attempt = folder.attempts()[0]
    time.sleep(0.02)
    folder.publish_result(
        attempt, product="network", summary={"second": 2.0}, artifacts=["network.bin"], seconds=1
    )
    view.refresh()
    assert view.summary == {"second": 2.0}


def test_a_stage_that_is_removed_under_a_view_does_not_break_it(tmp_path: Path) -> None:
    folder = make_stage("s")
    add_attempt(folder, STARTED, epoch(1))
    view = view_of(folder)
    folder.path.rename(tmp_path / "away")
    view.refresh()
    assert view.state is State.waiting
