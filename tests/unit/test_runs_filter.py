"""The filter and the orders of the list of runs."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcworkbench.errors import InvalidInputError
from mcworkbench.runs.state import State
from mcworkbench.screens.pictures.run_row import RunRow
from mcworkbench.screens.runs.filter import SORTS, ordered, parse_filter

NOW_S = 1_000_000.0
PLAIN = RunRow(
    id="20260101-120000-curve-aaaaaa",
    name="plain",
    kind="curve",
    title="",
    state=State.done,
    reason="",
    fraction=1.0,
    eta_s=None,
    best="",
    best_short="",
    best_value=None,
    line_value=None,
    line_short="",
    created=NOW_S - 60,
    num_done=1,
    num_nodes=1,
)
VGG = replace(
    PLAIN, id="20260101-120000-curve-bbbbbb", name="VGG16-bends", title="A long road",
    tags=("paper", "fig2"), changes=("train.lr=0.1",), best_value=0.04, created=NOW_S - 7200,
)  # fmt: skip
RUNNING = replace(
    PLAIN, id="20260101-120000-fge-cccccc", name="cycles", kind="fge", state=State.running,
    fraction=0.5, eta_s=90.0, best_value=0.2, group="sweep", created=NOW_S - 10,
)  # fmt: skip
FAILED = replace(PLAIN, id="20260101-120000-curve-dddddd", name="boom", state=State.failed)
BROKEN = replace(PLAIN, id="20260101-120000-curve-eeeeee", name="", problem="damaged")
ROWS = (PLAIN, VGG, RUNNING, FAILED)


def names(text: str) -> list[str]:
    return [row.name for row in parse_filter(text).chosen(ROWS, NOW_S)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["plain", "VGG16-bends", "cycles", "boom"]),
        ("vgg", ["VGG16-bends"]),
        ("ROAD", ["VGG16-bends"]),
        ("fig2", ["VGG16-bends"]),
        ("lr=0.1", ["VGG16-bends"]),
        ("cccccc", ["cycles"]),
        ("sweep", ["cycles"]),
        ("failed", ["boom"]),
        ("fge", ["cycles"]),
        ("b -vgg", ["boom"]),
        ("name:b not:name:vgg", ["boom"]),
        ("name:vgg*", ["VGG16-bends"]),
        ("name:vgg", ["VGG16-bends"]),
        ("name:*bend", []),
        ("name:?oom", ["boom"]),
        ("boom|vgg", ["VGG16-bends", "boom"]),
        ("boom | kind:fge", ["cycles", "boom"]),
        ("state:running|failed", ["cycles", "boom"]),
        ("state:run", ["cycles"]),
        ("-state:running|failed", ["plain", "VGG16-bends"]),
        ("kind:curve tag:paper", ["VGG16-bends"]),
        ("set:train.lr", ["VGG16-bends"]),
        ("name=boom", ["boom"]),
    ],
)
def test_terms_choose_the_runs_that_they_describe(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("best<0.05", ["VGG16-bends"]),
        ("best<5%", ["VGG16-bends"]),
        ("best>=20%", ["cycles"]),
        ("best>0.2", []),
        ("-best<0.05", ["plain", "cycles", "boom"]),
        ("age<2h", ["plain", "cycles", "boom"]),
        ("age>=2h", ["VGG16-bends"]),
        ("age<1m", ["cycles"]),
        ("age>0.0001d", ["plain", "VGG16-bends", "cycles", "boom"]),
        ("progress>50", ["plain", "VGG16-bends", "boom"]),
        ("progress<=50%", ["cycles"]),
        ("eta<2m", ["cycles"]),
        ("eta>2m", []),
        ("best<5%|boom", ["VGG16-bends", "boom"]),
    ],
)
def test_comparisons_take_percent_and_units_and_pass_over_runs_without_a_number(
    text: str, expected: list[str]
) -> None:
    assert names(text) == expected


def test_an_unreadable_run_has_neither_state_nor_numbers_but_an_id() -> None:
    rows = (BROKEN,)
    for text in ("state:done", "done", "progress>=0", "age>0s"):
        assert parse_filter(text).chosen(rows, NOW_S) == []
    assert parse_filter("eeeeee").chosen(rows, NOW_S) == [BROKEN]


@pytest.mark.parametrize("text", ["state:", "name:", "best<", "-", "|", "not:", "age>= ", "a|"])
def test_a_term_that_is_only_begun_excludes_no_run_that_fits_the_rest(text: str) -> None:
    expected = [row.name for row in ROWS if text != "a|" or "a" in f"{row.name}{row.id}{row.title}"]
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sate:done", "Did you mean 'state'"),
        ("state:runing|done", "Did you mean 'running'"),
        ("best<abc", "best<5%"),
        ("age<3", "age<2h"),
        ("age<3x", "age<2h"),
        ("progress>half", "progress>50"),
        ("best:0.05", "best<0.05"),
        ("bets<5", "Did you mean 'best'"),
    ],
)
def test_what_cannot_be_used_gives_one_sentence_with_a_way_out(text: str, told: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_filter(text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(st.sampled_from("abst:<>=|-*?[]%. 01\x1b\u202e") | st.characters(), max_size=30))
def test_any_text_is_a_filter_or_one_sentence(text: str) -> None:
    rows = (*ROWS, BROKEN)
    told = ""
    try:
        assert set(parse_filter(text).chosen(rows, NOW_S)) <= set(rows)
    except InvalidInputError as error:
        told = str(error)
    assert not {"\x1b", "\u202e", "\n"} & set(told)


def test_a_thousand_runs_are_filtered_and_ordered_within_a_keystroke() -> None:
    rows = [replace(VGG, id=f"{place:06}", name=f"run-{place}") for place in range(1000)]
    began_s = time.process_time()
    for sort in SORTS:
        ordered(parse_filter("run-1* best<5% -tag:old state:done").chosen(rows, NOW_S), sort)
    assert (time.process_time() - began_s) / len(SORTS) < 0.05


def test_runs_are_listed_newest_first_and_the_unreadable_last() -> None:
    assert ordered([BROKEN, VGG, RUNNING], "started") == [RUNNING, VGG, BROKEN]
    assert ordered([BROKEN, VGG, RUNNING], "started", is_reversed=True) == [VGG, RUNNING, BROKEN]


def test_names_are_ordered_as_people_count() -> None:
    rows = [replace(PLAIN, name=name) for name in ("run-10", "Run-9", "run-1", "other")]
    listed = [row.name for row in ordered(rows, "name")]
    assert listed == ["other", "run-1", "Run-9", "run-10"]


def test_a_run_without_a_number_comes_last_in_both_directions() -> None:
    odd = replace(PLAIN, name="odd", best_value=math.nan)
    assert ordered([PLAIN, RUNNING, VGG, odd], "best")[:2] == [VGG, RUNNING]
    assert ordered([PLAIN, RUNNING, VGG, odd], "best", is_reversed=True)[:2] == [RUNNING, VGG]


def test_what_is_under_way_comes_before_what_is_over() -> None:
    assert [row.name for row in ordered([VGG, FAILED, RUNNING], "state")] == [
        "cycles",
        "boom",
        "VGG16-bends",
    ]
    assert [row.name for row in ordered([RUNNING, VGG], "progress")] == ["VGG16-bends", "cycles"]
