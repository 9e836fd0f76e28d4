"""The order and the times of a run's log."""

from __future__ import annotations

import os
import time

from mcworkbench.runs import events
from mcworkbench.runs.codec import Envelope, encode
from mcworkbench.runs.stage_folder import Exit, StageFolder
from mcworkbench.runs.views import RunView
from mcworkbench.screens.pictures.build import picture_of
from mcworkbench.screens.pictures.log import MergedLog
from tests.unit.runs_sample import RUN, add_attempt, make_run, make_stage

NOON = 1.7e9


def write(folder: StageFolder, *told: tuple[float, str]) -> None:
    """Add an attempt that notes texts at Unix seconds after NOON."""
    attempt = folder.new_attempt(RUN)
    lines = [
        encode(events.Noted(text), Envelope(attempt.number, place, NOON + at, float(place)))
        for place, (at, text) in enumerate(told, 1)
    ]
    attempt.events_path.write_bytes(b"".join(lines))


def told() -> list[tuple[str, str]]:
    return [
        (line.node, line.text)
        for line in MergedLog().lines(RunView(RUN))
        if line.level == "info" and line.node
    ]


def test_a_clock_that_was_set_back_does_not_turn_the_lines_of_a_stage_around() -> None:
    one, other = make_stage("one"), make_stage("other")
    write(one, (10, "a"), (20, "b"), (5, "c"), (6, "d"))
    write(other, (12, "x"), (30, "y"))
    make_run(RUN, {"one": one, "other": other})
    assert told() == [
        ("one", "a"), ("other", "x"), ("one", "b"), ("one", "c"), ("one", "d"), ("other", "y"),
    ]  # fmt: skip


def test_a_later_attempt_comes_after_an_earlier_one_whatever_their_clocks_say() -> None:
    stage = make_stage("one")
    write(stage, (100, "first"), (101, "second"))
    write(stage, (50, "third"))
    make_run(RUN, {"one": stage})
    assert [text for _, text in told()] == ["first", "second", "third"]


def test_stages_are_merged_by_time() -> None:
    one, other = make_stage("one"), make_stage("other")
    write(one, (1, "a"), (3, "c"), (5, "e"))
    write(other, (2, "b"), (4, "d"))
    make_run(RUN, {"other": other, "one": one})
    assert [text for _, text in told()] == list("abcde")


def test_an_end_that_no_event_tells_of_stands_where_the_stage_wrote_last() -> None:
    stage = make_stage("one")
    attempt = add_attempt(stage, ending=Exit("error", 1, message="no memory"))
    for path in (attempt.events_path, attempt.exit_path, attempt.path):
        os.utime(path, (NOON, NOON))
    make_run(RUN, {"one": stage})
    last = picture_of(RunView(RUN)).log[-1]
    assert last.text == "failed: no memory"
    assert last.time == time.strftime("%H:%M:%S", time.localtime(NOON))


def test_with_events_before_it_such_an_end_still_has_a_time_of_its_own() -> None:
    stage = make_stage("one")
    attempt = add_attempt(
        stage, events.StageStarted("endpoint"), ending=Exit("error", 1, message="no memory")
    )
    for path in (attempt.events_path, attempt.exit_path, attempt.path):
        os.utime(path, (NOON + 3600, NOON + 3600))
    make_run(RUN, {"one": stage})
    last = picture_of(RunView(RUN)).log[-1]
    assert last.text == "failed: no memory"
    assert last.time == time.strftime("%H:%M:%S", time.localtime(NOON + 3600))
