"""Listing runs quickly, and finding the one a user means."""

from __future__ import annotations

import time

import pytest

from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import runs_root
from mcworkbench.runs import events
from mcworkbench.runs.headline import Headline
from mcworkbench.runs.index import find_run, list_runs, unreadable_runs
from mcworkbench.runs.state import State
from tests.unit.runs_sample import OTHER, RUN, Holder, add_attempt, finish, make_run, make_stage


def test_no_folder_is_an_empty_list() -> None:
    assert list_runs() == []
    with pytest.raises(InvalidInputError, match="mcworkbench run PRESET"):
        find_run("last")


def test_the_newest_comes_first_with_the_same_facts_as_its_view() -> None:
    one, two = make_stage("one"), make_stage("two")
    finish(one, test_accuracy=0.5)
    add_attempt(two, events.StageStarted("endpoint"))
    make_run(RUN, {"one": one, "two": two}, created=100.0, tags=["x"], group="g")
    run = make_run(OTHER, {"two": two}, created=200.0)
    with Holder(run.lock_path, OTHER), Holder(two.lock_path, OTHER):
        found = list_runs()
        assert [summary.id for summary in found] == [OTHER, RUN]
        assert [summary.state for summary in found] == [State.running, State.waiting]
        for summary in found:
            view = summary.open()
            for name in ("id", "name", "kind", "title", "created", "group", "tags", "state"):
                assert getattr(summary, name) == getattr(view, name), name
            assert summary.reason == view.reason
            assert summary.headline == view.headline
    assert (found[1].num_done, found[1].num_nodes) == (1, 2)
    assert found[1].age_s > 1e9


def test_damaged_and_foreign_folders_are_left_out_and_told() -> None:
    make_run(RUN, {"one": make_stage("one")})
    make_run(OTHER, {}).document_path.write_text("{")
    for name in (".tmp-x", "Not-a-run", "short"):
        (runs_root() / name).mkdir()
    assert [summary.id for summary in list_runs()] == [RUN]
    assert unreadable_runs() == [OTHER]


def test_a_run_is_found_by_id_unique_start_newest_name_and_last() -> None:
    stage = {"s": make_stage("s")}
    make_run("20260101-aaaa", stage, name="demo", created=1.0)
    make_run("20260101-bbbb", stage, name="demo", created=3.0)
    make_run("20260102-cccc", stage, name="other", created=2.0)
    assert find_run("20260101-aaaa") == "20260101-aaaa"
    assert find_run("20260102") == "20260102-cccc"
    assert find_run("demo") == "20260101-bbbb"
    assert find_run("other") == "20260102-cccc"
    assert find_run("last") == "20260101-bbbb"


def test_an_id_that_starts_another_id_still_means_itself() -> None:
    stage = {"s": make_stage("s")}
    make_run("aaaaaaaa", stage)
    make_run("aaaaaaaa-b", stage)
    assert find_run("aaaaaaaa") == "aaaaaaaa"


def test_what_fits_several_or_none_is_refused_with_the_nearest() -> None:
    stage = {"s": make_stage("s")}
    make_run("20260101-aaaa", stage, name="vgg16")
    make_run("20260101-bbbb", stage, name="quickstart")
    with pytest.raises(InvalidInputError, match=r"2 runs start with '2026': .*-bbbb"):
        find_run("2026")
    with pytest.raises(InvalidInputError, match="Did you mean 'quickstart'"):
        find_run("quikstart")
    for hostile in ("", "../../x", "a\x00b", "\x1b[2J", "x" * 10_000):
        with pytest.raises(InvalidInputError) as caught:
            find_run(hostile)
        assert "\x1b" not in str(caught.value)
        assert len(str(caught.value)) < 500


def test_a_thousand_runs_of_seven_stages_are_listed_within_a_second() -> None:
    shared = [make_stage(f"shared-{number}") for number in range(5)]
    for stage in shared:
        finish(stage, test_accuracy=0.5)
    for number in range(1000):
        own = {f"own-{i}": make_stage(f"{number}-{i}") for i in range(2)} if number < 50 else {}
        nodes = {**{f"n{i}": stage for i, stage in enumerate(shared)}, **own}
        make_run(f"20260101-{number:06}", nodes, created=float(number))
    list_runs()
    start_s = time.process_time()
    found = list_runs()
    assert time.process_time() - start_s < 1.0
    assert len(found) == 1000


def test_many_that_fit_are_cut_with_a_sign() -> None:
    stage = {"s": make_stage("s")}
    for number in range(7):
        make_run(f"20260101-aaa{number}", stage)
    with pytest.raises(InvalidInputError, match=r"7 runs start with '2026': .*, …; give more"):
        find_run("2026")


def test_the_number_of_a_run_is_its_curves_and_not_its_lines() -> None:
    line, curve = make_stage("line", "evaluate"), make_stage("curve", "evaluate")
    finish(line, test_error_max=0.5)
    nodes = {
        f"evaluate-{name}": {"key": stage.key, "kind": "evaluate", "label": name, "inputs": {}}
        for name, stage in (("curve", curve), ("line", line))
    }
    make_run(RUN, {}, nodes=nodes, command=["run", "x", "--seed", "7", "--set=a.b=1"])
    (found,) = list_runs()
    assert found.headline is None
    assert found.changes == ("seed=7", "a.b=1")
    finish(curve, test_error_max=0.02)
    (found,) = list_runs()
    assert found.headline == Headline("evaluate-curve", "test_error_max", 0.02)
    assert found.line == Headline("evaluate-line", "test_error_max", 0.5)
