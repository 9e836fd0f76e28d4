"""Making, stopping, deleting, restoring and cleaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.folders import runs_root, stages_root, trash_root
from mcworkbench.runs import actions
from mcworkbench.runs.actions import (
    StopLevel,
    clean_up,
    create_run,
    create_stage,
    delete_run,
    request_stop,
    restore_run,
)
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.state import State
from mcworkbench.runs.views import RunView
from tests.unit.runs_sample import OTHER, RUN, Holder, age, finish, key_of, make_run, make_stage

if TYPE_CHECKING:
    from pathlib import Path


def document(name: str = "s", **more: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "key": key_of(name),
        "kind": "endpoint",
        "version": 1,
        "options": {"epochs": 3},
        "inputs": {"dataset": key_of("data")},
        **more,
    }


def test_a_new_run_is_whole_and_its_preset_is_kept_to_the_byte() -> None:
    nodes = {"s": {"key": key_of("s"), "kind": "endpoint", "label": "S", "inputs": {}}}
    preset = '# näher\nkind = "curve"\n'
    folder = create_run({"name": "demo", "kind": "curve", "nodes": nodes}, preset)
    assert folder.preset_path.read_text() == preset
    assert [path.name for path in runs_root().iterdir()] == [folder.id]
    view = RunView(folder.id)
    assert (view.name, view.kind, view.state) == ("demo", "curve", State.waiting)
    assert view.age_s < 60
    assert list(view.nodes) == ["s"]
    assert folder.path.stat().st_mode & 0o077 == 0


def test_a_run_that_cannot_be_written_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = {"s": {"key": key_of("s")}}

    def full(*_: Any) -> None:
        raise WorkbenchError("full")

    monkeypatch.setattr(actions, "publish_json", full)
    with pytest.raises(WorkbenchError, match="full"):
        create_run({"kind": "curve", "nodes": nodes}, "")
    assert list(runs_root().iterdir()) == []


def test_a_stage_is_made_once_and_found_again() -> None:
    folder = create_stage(key_of("s"), document(made_by=RUN))
    assert folder.document() == document(made_by=RUN)
    assert folder.artifacts.is_dir()
    create_stage(key_of("s"), document(made_by=OTHER))
    assert folder.document() == document(made_by=RUN)


@pytest.mark.parametrize("change", [{"kind": "curve"}, {"inputs": {"first": key_of("x")}}])
def test_two_kinds_of_stage_under_one_key_are_our_own_mistake(change: dict[str, Any]) -> None:
    create_stage(key_of("s"), document())
    with pytest.raises(AssertionError):
        create_stage(key_of("s"), document(**change))


def test_a_done_stage_of_another_version_is_left_alone_and_a_begun_one_is_refused() -> None:
    folder = create_stage(key_of("s"), document())
    with pytest.raises(WorkbenchError, match="begun by another version of the workbench"):
        create_stage(key_of("s"), document(version=2))
    finish(folder)
    before = folder.document_path.read_bytes()
    create_stage(key_of("s"), document(version=2))
    assert folder.document_path.read_bytes() == before


def test_a_later_plan_does_not_take_back_a_promised_snapshot() -> None:
    folder = create_stage(key_of("s"), document(options={"epochs": 3, "keep": "0, best"}))
    create_stage(key_of("s"), document(options={"epochs": 3, "keep": ""}))
    assert folder.document()["options"] == {"epochs": 3, "keep": "0, best"}
    create_stage(key_of("s"), document(options={"epochs": 3, "lr": 1, "keep": "2,best"}))
    kept = folder.document()["options"]
    assert set(kept["keep"].split(", ")) == {"0", "2", "best"}
    assert kept["lr"] == 1


def test_the_newest_plan_says_how_a_stage_runs_until_it_runs_or_is_done() -> None:
    folder = create_stage(key_of("s"), document())
    smaller = {"epochs": 3, "batch": 64}
    with Holder(folder.lock_path):
        create_stage(key_of("s"), document(options=smaller))
        assert folder.document()["options"] == {"epochs": 3}
    create_stage(key_of("s"), document(options=smaller))
    assert folder.document()["options"] == smaller
    finish(folder)
    create_stage(key_of("s"), document())
    assert folder.document()["options"] == smaller


def test_a_stop_request_can_only_become_more_urgent() -> None:
    run = make_run(RUN, {"s": make_stage("s")})
    with Holder(run.lock_path):
        assert request_stop(RUN, StopLevel.after, by="test") is True
        first = run.request()
        assert (first.level, first.sequence, first.by) == (StopLevel.after, 1, "test")
        request_stop(RUN, StopLevel.kill)
        request_stop(RUN, StopLevel.now)
        assert (run.request().level, run.request().sequence) == (StopLevel.kill, 2)
    assert request_stop(RUN, StopLevel.now) is False


def test_a_worker_without_a_supervisor_still_hears_a_stop() -> None:
    stage = make_stage("s")
    make_run(RUN, {"s": stage})
    with Holder(stage.lock_path, OTHER):
        assert request_stop(RUN, StopLevel.now) is False
    with Holder(stage.lock_path, RUN):
        assert request_stop(RUN, StopLevel.now) is True


@pytest.mark.parametrize("name", [RUN, "../../etc"])
def test_stopping_or_deleting_an_unknown_run_is_refused(name: str) -> None:
    sentence = "there is no run" if name == RUN else "not a run id"
    with pytest.raises(InvalidInputError, match=sentence):
        request_stop(name, StopLevel.now)
    with pytest.raises(InvalidInputError, match=sentence):
        delete_run(name)


def test_a_running_run_is_not_deleted_and_the_sentence_says_how_to_stop_it() -> None:
    run = make_run(RUN, {"s": make_stage("s")})
    with Holder(run.lock_path):
        with pytest.raises(InvalidInputError, match=f"`mcworkbench stop {RUN}`"):
            delete_run(RUN)
        assert run.exists()


def test_a_deleted_run_comes_back_as_it_was_and_its_stages_never_left() -> None:
    stage = make_stage("s")
    run = make_run(RUN, {"s": stage})
    before = run.document_path.read_bytes()
    place = delete_run(RUN)
    assert not run.path.exists()
    assert place.parent == trash_root()
    assert stage.path.exists()
    assert actions.list_trash() == [place]
    assert restore_run(place) == RUN
    assert run.document_path.read_bytes() == before
    assert RunView(RUN).reason == "never started"
    assert actions.list_trash() == []


def test_a_run_is_not_restored_over_another_nor_from_elsewhere(tmp_path: Path) -> None:
    make_run(RUN, {"s": make_stage("s")})
    place = delete_run(RUN)
    make_run(RUN, {"s": make_stage("s")})
    with pytest.raises(InvalidInputError, match="exists"):
        restore_run(place)
    for wrong in ("../../x", str(tmp_path), "", "a-b-c-../../../x", "a-b-c-d\x1b"):
        with pytest.raises(InvalidInputError, match="trash") as caught:
            restore_run(wrong)
        assert "\x1b" not in str(caught.value)


def test_cleaning_lists_first_and_then_trashes_only_what_no_run_needs() -> None:
    data = make_stage("data")
    needed = make_stage("needed", dataset=data.key)
    foreign = make_stage("foreign")
    unnamed = make_stage("unnamed")
    nodes = {"n": {"key": needed.key, "inputs": {"start": foreign.key}}}
    make_run(RUN, {}, nodes=nodes)
    finish(unnamed)
    for folder in (data, needed, foreign, unnamed):
        age(folder.path, 7200)
    young = make_stage("young")
    listed = clean_up(dry_run=True)
    assert [one.path for one in listed] == [unnamed.path]
    sizes = [path.stat().st_size for path in unnamed.path.rglob("*") if path.is_file()]
    assert listed[0].num_bytes == sum(sizes)
    assert listed[0].moved_to is None
    assert unnamed.path.exists()
    done = clean_up(dry_run=False)
    assert [one.path for one in done] == [unnamed.path]
    assert done[0].moved_to is not None
    assert (done[0].moved_to / "result.json").exists()
    kept = {path.name for path in stages_root().iterdir()}
    assert kept == {folder.key for folder in (data, needed, foreign, young)}
    assert clean_up(dry_run=False) == []


def test_a_stage_that_somebody_runs_is_not_cleaned() -> None:
    folder = make_stage("s")
    with Holder(folder.lock_path):
        age(folder.path, 7200)
        assert clean_up(dry_run=True) == []
        assert clean_up(dry_run=False) == []
    assert [one.path for one in clean_up(dry_run=True)] == [folder.path]


def test_leftovers_of_crashes_are_deleted_after_an_hour() -> None:
    stage = make_stage("s")
    make_run(RUN, {"s": stage})
    old = [runs_root() / ".tmp-a", stages_root() / ".tmp-b", stage.checkpoints / ".tmp-c"]
    for folder in old:
        folder.mkdir()
        (folder / "part").write_bytes(b"123")
        age(folder, 7200)
    file = stage.path / ".result.json.77.123.tmp"
    file.write_bytes(b"12345")
    age(file, 7200)
    young = stage.snapshots / ".tmp-d"
    young.mkdir()
    aside = stage.snapshots / ".replaced-best"
    aside.mkdir()
    age(aside, 7200)
    assert sum(one.num_bytes for one in clean_up(dry_run=True)) == 3 * 3 + 5
    assert {one.path for one in clean_up(dry_run=False)} == {*old, file}
    assert not any(path.exists() for path in [*old, file])
    assert young.exists()
    assert aside.exists(), "it may be the only copy of a snapshot"


def test_nothing_is_cleaned_while_a_run_cannot_be_read() -> None:
    folder = make_stage("s")
    age(folder.path, 7200)
    make_run(RUN, {}).document_path.write_text("{")
    with pytest.raises(WorkbenchError, match=f"run {RUN}: its run.json cannot be read"):
        clean_up(dry_run=False)
    assert StageFolder(folder.key).path.exists()
    delete_run(RUN)
    assert len(clean_up(dry_run=True)) == 1
