"""A run in words: what it does now, how it stands, what to press next."""

from __future__ import annotations

import pytest

from mcworkbench.runs.state import State
from mcworkbench.screens.run.words import (
    advice,
    now_words,
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


def test_a_reused_stage_names_the_run_that_made_it() -> None:
    stage = make_stage("curve", "curve", is_reused=True, made_by="20251120-1-curve-abcdef")
    assert stage_words(stage) == "reused from 20251120-1-curve-abcdef"
    assert stage_words(stage, is_short=True) == "reused from …abcdef"
