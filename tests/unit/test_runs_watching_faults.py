"""The watched list of runs while the disk does not answer, and after the clock was set back."""

from __future__ import annotations

import pytest

from mcworkbench.folders import runs_root, stages_root
from mcworkbench.runs import stage_watch, watching
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.state import State
from mcworkbench.runs.watching import RunWatch
from tests.unit.runs_sample import OTHER, RUN, age, broken_path, finish, key_of, make_run
from tests.unit.test_runs_watching import TURNS, assert_same, finish_new, run_id, settled


def test_while_the_folders_cannot_be_listed_the_last_list_stays() -> None:
    watch = settled(RUN, OTHER)
    before = watch.lines
    with broken_path(runs_root()):
        for _ in range(TURNS):
            assert not watch.refresh()
            assert isinstance(watch.fault, OSError)
            assert watch.lines == before
            assert watch.problems == {}
    make_run(run_id(1), {"curve": finish_new("new")}, created=1.8e9)
    assert watch.refresh()
    assert watch.fault is None
    assert [line.id for line in watch.lines] == [run_id(1), *(line.id for line in before)]


def test_a_list_that_was_never_read_is_not_an_empty_one() -> None:
    settled(RUN)
    watch = RunWatch()
    with broken_path(runs_root()):
        watch.refresh()
        assert not watch.has_listed
    watch.refresh()
    assert watch.has_listed
    assert [line.id for line in watch.lines] == [RUN]


def test_a_run_whose_file_the_disk_does_not_give_stays_as_it_was_and_others_go_on() -> None:
    watch = settled(RUN, OTHER)
    before = {line.id: line for line in watch.lines}
    with broken_path(RunFolder(RUN).document_path):
        finish(StageFolder(key_of(f"{OTHER}-1")), test_error_max=0.7)
        for _ in range(TURNS):
            watch.refresh()
        assert isinstance(watch.fault, OSError)
        after = {line.id: line for line in watch.lines}
        assert after[RUN] == before[RUN]
        assert after[OTHER] != before[OTHER]
        assert watch.problems == {}
    watch.refresh()
    assert watch.fault is None
    assert_same(watch)


def test_a_new_run_that_the_disk_does_not_give_is_a_problem_that_says_why() -> None:
    settled(RUN)
    watch = RunWatch()
    with broken_path(RunFolder(RUN).document_path):
        assert watch.refresh()
        assert watch.lines == []
        assert "symbolic links" in watch.problems[RUN]
    assert watch.refresh()
    assert_same(watch)


def test_while_stages_cannot_be_looked_at_runs_do_not_seem_unfinished() -> None:
    # Young files are looked at every time.
    make_run(RUN, {"curve": finish_new("fresh")})
    watch = RunWatch()
    watch.refresh()
    (before,) = watch.lines
    assert before.state is State.done
    with broken_path(stages_root()):
        watch.refresh()
        assert isinstance(watch.fault, OSError)
        assert watch.lines == [before]
    watch.refresh()
    assert watch.fault is None
    assert_same(watch)


def test_files_from_the_future_settle_once_they_have_been_the_same_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_run(RUN, {"curve": finish_new("ahead")})
    age(runs_root().parent, -3600)
    now_s = [100.0]
    watch = RunWatch(clock_s=lambda: now_s[0])
    watch.refresh()
    now_s[0] += 10
    watch.refresh()

    def complain(*_: object) -> None:
        pytest.fail("looked at a settled run")

    with monkeypatch.context() as patch:
        patch.setattr(watching, "run_evidence", complain)
        patch.setattr(stage_watch, "stage_evidence", complain)
        patch.setattr(RunFolder, "document", complain)
        for _ in range(TURNS):
            assert not watch.refresh()
    (RunFolder(RUN).path / "new").touch()
    with monkeypatch.context() as patch:
        patch.setattr(watching, "run_evidence", complain)
        with pytest.raises(pytest.fail.Exception):
            watch.refresh()
