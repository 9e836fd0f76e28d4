"""Every byte of a product is looked at before it is used, and what is damaged can be had again."""

from __future__ import annotations

import pytest

from mcworkbench import export_worker
from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import trash_root
from mcworkbench.runs import checkpoints, stage_folder
from mcworkbench.runs.products import product_problem, remedy, snapshot_problem
from mcworkbench.runs.state import State
from mcworkbench.runs.views import RunView
from tests.unit.runs_sample import OTHER, RUN, Holder, finish, make_run, make_stage

FLIPPED = b"12345679"


def test_a_whole_product_is_read_once_per_process(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    real = stage_folder.file_sha256

    def counted(path: object) -> str:
        read.append(path)
        return real(path)  # pyright: ignore[reportArgumentType]

    stage = make_stage("s")
    assert product_problem(stage) == "it is not finished"
    finish(stage)
    monkeypatch.setattr(stage_folder, "file_sha256", counted)
    assert [product_problem(stage) for _ in range(3)] == [None, None, None]
    assert read == [stage.artifacts / "network.bin"]


def test_a_damaged_product_is_taken_back_so_that_its_stage_is_run_again() -> None:
    stage = make_stage("s")
    make_run(RUN, {"s": stage})
    finish(stage)
    assert RunView(RUN).state is State.done
    assert product_problem(stage) is None
    (stage.artifacts / "network.bin").write_bytes(FLIPPED)
    assert stage.is_finished(), "sizes alone do not tell"
    assert product_problem(stage) == "network.bin does not match its SHA-256"
    assert not stage.is_finished()
    assert RunView(RUN).state is not State.done, "resume refuses a run that is done"
    finish(stage)
    assert product_problem(stage) is None


def test_a_product_that_is_being_made_again_is_left_to_its_maker() -> None:
    stage = make_stage("s")
    finish(stage)
    (stage.artifacts / "network.bin").write_bytes(FLIPPED)
    with Holder(stage.lock_path):
        assert product_problem(stage) is not None
        assert stage.is_finished()


def test_a_damaged_snapshot_goes_to_the_trash_and_its_stage_stays_done() -> None:
    stage = make_stage("s")
    finish(stage)
    checkpoints.publish(stage.snapshots / "epoch-3", {"network.bin": b"third"})
    assert snapshot_problem(stage, "epoch-3") is None
    (stage.snapshots / "epoch-3" / "network.bin").write_bytes(b"fhird")
    assert snapshot_problem(stage, "epoch-3") == "network.bin does not match its SHA-256"
    assert not (stage.snapshots / "epoch-3").exists()
    assert [path.name.endswith("epoch-3") for path in trash_root().iterdir()] == [True]
    assert stage.is_finished()


def test_the_remedy_names_a_run_that_really_makes_the_product() -> None:
    stage, other = make_stage("s"), make_stage("t")
    make_run(RUN, {"s": stage})
    make_run(OTHER, {"t": other})
    assert remedy(stage, OTHER) == "run the preset that makes it again"
    finish(stage)
    assert remedy(stage, OTHER) == f"`mcworkbench resume {RUN}` makes it again"
    assert remedy(stage, RUN) == f"`mcworkbench resume {RUN}` makes it again"


def test_a_damaged_product_is_not_exported() -> None:
    stage = make_stage("s")
    make_run(RUN, {"s": stage})
    finish(stage)
    (stage.artifacts / "network.bin").write_bytes(FLIPPED)
    job = {"run": RUN, "node": "s", "product": str(stage.artifacts)}
    with pytest.raises(WorkbenchError) as caught:
        export_worker.perform(job)
    assert str(caught.value) == (
        f"{RUN}/s cannot be used: network.bin does not match its SHA-256; "
        f"`mcworkbench resume {RUN}` makes it again."
    )
