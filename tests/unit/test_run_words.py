"""A run in words: what it does now, how it stands, what to press next."""

from __future__ import annotations

import math

import pytest

from mcworkbench.runs.state import State
from mcworkbench.screens.run.words import (
    advice,
    bar,
    context,
    eta,
    now_words,
    percent,
    sentence,
    stage_words,
    why_empty,
)
from tests.unit.run_samples import make_picture, make_row, make_stage


def test_words_of_the_stage_itself_come_first() -> None:
    stages = (make_stage("curve", "curve", State.running, words="epoch 41 of 60"),)
    assert now_words(make_picture(stages=stages)) == "curve: epoch 41 of 60"


def test_an_empty_chart_says_what_runs_meanwhile_or_what_broke() -> None:
    running = (make_stage("endpoint-1", "endpoint", State.running),)
    failed = (make_stage("endpoint-1", "endpoint", State.failed),)
    assert why_empty(make_picture(stages=running), "no curve") == "no curve — endpoint-1 runs"
    assert why_empty(make_picture(stages=failed), "no curve") == "no curve — endpoint-1 failed"
    waiting = make_picture(stages=(), row=make_row(State.queued))
    assert why_empty(waiting, "no curve") == "no curve — the run is queued"


def test_a_lost_run_says_when_it_was_last_alive() -> None:
    facts = (("supervisor", "gone; last sign of life 2025-11-20 10:44:00, 3 h ago"),)
    row = make_row(State.lost, reason="its supervisor ended before its work did")
    told = sentence(make_picture(row=row, facts=facts))
    assert told == (
        "its supervisor ended before its work did · last sign of life 2025-11-20 10:44:00, 3 h ago"
    )
    assert "R" in advice(row)
    assert "L" in advice(row)


def test_a_failed_run_shows_every_message() -> None:
    picture = make_picture(row=make_row(State.failed), messages=("a: one", "b: two"))
    assert sentence(picture) == "a: one · b: two"


@pytest.mark.parametrize("state", [State.running, State.done])
def test_a_run_without_trouble_needs_no_sentence(state: State) -> None:
    picture = make_picture(row=make_row(state))
    assert sentence(picture) == ""
    assert advice(picture.row) == ""


def test_a_small_header_has_name_sign_progress_and_time_left() -> None:
    row = make_row(State.running, name="half-way", fraction=0.62)
    assert context(make_picture(row=row)) == "half-way ● 62 % ETA 0:12"
    assert context(make_picture(row=make_row(State.failed))) == "sample ✗ failed"


@pytest.mark.parametrize(
    ("fraction", "told", "full"),
    [
        (0.0, "0 %", 0),
        (0.999, "99 %", 9),
        (1.0, "100 %", 10),
        (0.29, "29 %", 2),
        (math.nan, "0 %", 0),
    ],
)
def test_all_of_a_bar_is_full_only_where_all_is_done(fraction: float, told: str, full: int) -> None:
    assert percent(fraction) == told
    done, missing = bar(fraction, 10)
    assert (len(done), len(missing)) == (full, 10 - full)


@pytest.mark.parametrize("seconds", [None, math.inf, math.nan])
def test_a_time_left_that_is_not_known_is_not_told(seconds: float | None) -> None:
    assert eta(seconds) == ""


def test_a_reused_stage_names_the_run_that_made_it() -> None:
    stage = make_stage("curve", "curve", is_reused=True, made_by="20251120-1-curve-abcdef")
    assert stage_words(stage) == "reused from 20251120-1-curve-abcdef"
    assert stage_words(stage, is_short=True) == "reused from …abcdef"
