"""The attempts of a stage merged: every point once, the newest where two differ."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from mcworkbench.runs import events
from mcworkbench.runs.state import State
from mcworkbench.runs.views import StageView
from tests.unit.runs_sample import RUN, add_attempt, age, lines, make_stage

if TYPE_CHECKING:
    import pytest

    from mcworkbench.runs.stage_folder import StageFolder

STARTED = events.StageStarted("endpoint")


def epoch(number: int, loss: float = 0.5) -> events.EpochFinished:
    return events.EpochFinished(number, 10, 10 * number, 0.1, 1.0, {"train_loss": loss})


def point(index: int, nll: float = 0.5) -> events.PathPointEvaluated:
    return events.PathPointEvaluated(index, 5, index / 4, index + 1, {"test_nll": nll})


def view_of(folder: StageFolder) -> StageView:
    view = StageView(folder.key)
    view.refresh()
    return view


def numbers(view: StageView) -> list[int]:
    return [one.epoch for one in view.epochs]


def test_epochs_that_a_resumed_attempt_computes_again_appear_once() -> None:
    folder = make_stage("s")
    add_attempt(folder, STARTED, *map(epoch, range(1, 6)))
    add_attempt(
        folder, events.StageStarted("endpoint", 30, "step-30"), epoch(4), epoch(5), epoch(6)
    )
    view = view_of(folder)
    assert numbers(view) == [1, 2, 3, 4, 5, 6]
    assert view.warnings == []
    found = [one.event.epoch for one in view.events if isinstance(one.event, events.EpochFinished)]
    assert found == [1, 2, 3, 4, 5, 6]


def test_epochs_beyond_the_resume_are_gone_until_they_are_computed_again() -> None:
    folder = make_stage("s")
    add_attempt(folder, STARTED, *map(epoch, range(1, 6)))
    add_attempt(folder, events.StageStarted("endpoint", 30))
    view = view_of(folder)
    assert numbers(view) == [1, 2, 3], "epoch 3 ended at step 30 and nobody computes it again"


def test_a_start_from_nothing_keeps_nothing_of_older_attempts() -> None:
    folder = make_stage("s")
    first = events.ProbeEvaluated(0, 0, (0.0, 1.0), {"train_loss": (1.0, 1.0)})
    add_attempt(folder, STARTED, first, epoch(1), epoch(2))
    add_attempt(folder, STARTED, epoch(1))
    view = view_of(folder)
    assert numbers(view) == [1]
    assert view.probes == []


def test_a_resume_that_gives_other_numbers_is_called_not_exact_and_the_newer_are_shown() -> None:
    folder = make_stage("s")
    add_attempt(folder, STARTED, epoch(1), epoch(2, 0.5), epoch(3, math.nan))
    add_attempt(folder, events.StageStarted("endpoint", 10), epoch(2, 0.25), epoch(3, 0.1))
    view = view_of(folder)
    assert [one.values["train_loss"] for one in view.epochs] == [0.5, 0.25, 0.1]
    assert len(view.warnings) == 1
    assert "the resume at step 10 was not exact" in view.warnings[0]


def test_an_exact_resume_with_nan_other_seconds_or_another_metric_is_exact() -> None:
    folder = make_stage("s")
    old = events.EpochFinished(1, 10, 10, 0.1, 5.0, {"train_loss": math.nan, "extra": 1.0})
    new = events.EpochFinished(1, 10, 10, 0.1, 9.0, {"train_loss": math.nan, "other": 2.0})
    add_attempt(folder, STARTED, old)
    add_attempt(folder, STARTED, new)
    assert view_of(folder).warnings == []


def test_points_of_a_path_merge_by_index_whatever_their_step_counts() -> None:
    folder = make_stage("s", "evaluate")
    add_attempt(folder, STARTED, *(point(index) for index in (0, 1, 2, 3)))
    add_attempt(folder, events.StageStarted("evaluate", 3), point(3), point(4))
    view = view_of(folder)
    assert list(view.points) == [0, 1, 2, 3, 4]
    assert view.fraction == 1.0


def test_a_view_that_followed_from_the_start_equals_one_that_came_late() -> None:
    folder = make_stage("s")
    early = view_of(folder)
    script: list[list[events.Event]] = [
        [STARTED, *map(epoch, range(1, 5))],
        [events.StageStarted("endpoint", 20), epoch(3, 0.1), events.Noted("x"), epoch(4)],
        [events.StageStarted("endpoint", 30), epoch(4, 0.2), events.StageFailed("E", "end")],
    ]
    for told in script:
        attempt = folder.new_attempt(RUN)
        early.refresh()
        content = lines(told, attempt.number)
        for cut in range(0, len(content), 37):
            attempt.events_path.write_bytes(content[:cut])
            early.refresh()
        attempt.events_path.write_bytes(content)
    early.refresh()
    age(folder.path, 60)
    early.refresh()
    late = view_of(folder)
    assert early.events == late.events
    assert early.epochs == late.epochs
    assert early.warnings == late.warnings
    assert (early.state, early.message) == (late.state, late.message) == (State.failed, "end")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 8)), min_size=1, max_size=5))
def test_the_merge_equals_a_slow_one_that_replays_history(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[int, int]]
) -> None:
    """Each attempt resumes at an epoch that was reached and computes some more."""
    os.environ["MCWORKBENCH_HOME"] = str(tmp_path_factory.mktemp("home"))
    folder = make_stage("s")
    kept: dict[int, float] = {}
    for number, (num_epochs, back) in enumerate(history, start=1):
        resumed = max(0, len(kept) - back)
        made = {resumed + i: number + i / 10 for i in range(1, num_epochs + 1)}
        started = events.StageStarted("endpoint", 10 * resumed)
        add_attempt(folder, started, *(epoch(one, loss) for one, loss in made.items()))
        kept = {one: loss for one, loss in kept.items() if one <= resumed} | made
    view = view_of(folder)
    assert {one.epoch: one.values["train_loss"] for one in view.epochs} == kept
