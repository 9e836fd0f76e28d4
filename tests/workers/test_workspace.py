"""What a stage hands over comes back the same, and every failure has a sentence."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import pytest
import torch

from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.errors import NumericalError, WorkbenchError
from mcworkbench.runs import checkpoints
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.stages.failure import explain, is_out_of_memory
from mcworkbench.stages.folder_workspace import FolderWorkspace, sweep
from mcworkbench.stages.torch_setup import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcworkbench.runs.events import Event

RUN = "20260101-000000-curve-aaaaaa"
KEY, SOURCE_KEY = "a" * 64, "b" * 64


def make(**document: Any) -> FolderWorkspace:
    """Return the workspace of a new attempt at the stage KEY."""
    folder = StageFolder(KEY)
    folder.make()
    folder.document = lambda: {"key": KEY, "inputs": {}, **document}
    told: list[Event] = []
    return FolderWorkspace(
        folder,
        folder.new_attempt(RUN),
        TrainingOptions(),
        device="cpu",
        threads=1,
        stop_level=lambda: StopLevel.none,
        tell=told.append,
    )


def make_source() -> StageFolder:
    """Return a finished stage with one artifact and one snapshot."""
    source = StageFolder(SOURCE_KEY)
    source.make()
    (source.artifacts / "network.bin").write_bytes(b"last")
    checkpoints.publish(source.snapshots / "epoch-3", {"network.bin": b"third"})
    attempt = source.new_attempt(RUN)
    source.publish_result(
        attempt, product="network", summary={}, artifacts=["network.bin"], seconds=1.0
    )
    return source


def test_a_checkpoint_returns_views_of_one_buffer_bit_for_bit() -> None:
    buffer = torch.randn(64)
    tensors = {
        "whole": buffer,
        "part": buffer[8:24].view(4, 4),
        "turned": buffer[:16].view(4, 4).T,
        "rng": torch.get_rng_state(),
        "none": torch.empty(0, dtype=torch.float64),
    }
    state = {"epoch": 3, "score": 0.1 + 0.2, "best": None}
    saved = make().save_checkpoint(1200, 3, tensors, state)
    assert saved.name == "step-00001200.a0001"
    kept = {name: tensor.clone() for name, tensor in tensors.items()}
    buffer.zero_()
    found = make().latest_checkpoint()
    assert found is not None
    assert (found.name, found.step, found.epoch, found.state) == (saved.name, 1200, 3, state)
    assert found.tensors.keys() == kept.keys()
    for name, tensor in kept.items():
        assert found.tensors[name].dtype == tensor.dtype
        assert torch.equal(found.tensors[name], tensor)


def test_two_checkpoints_are_kept_and_the_newest_is_found() -> None:
    workspace = make()
    for step in (10, 20, 30):
        workspace.save_checkpoint(step, 1, {}, {"step": step})
    kept = [path.name for path in StageFolder(KEY).checkpoints.iterdir()]
    assert sorted(kept) == ["step-00000020.a0001", "step-00000030.a0001"]
    found = make().latest_checkpoint()
    assert found is not None
    assert found.step == 30


def test_what_a_killed_attempt_left_half_written_is_swept() -> None:
    workspace = make()
    folder = StageFolder(KEY)
    workspace.save_checkpoint(10, 1, {}, {})
    (folder.checkpoints / ".tmp-abc").mkdir()
    (folder.checkpoints / ".tmp-abc" / "tensors.safetensors").write_bytes(b"half")
    (folder.artifacts / ".network.bin.1.2.tmp").write_bytes(b"half")
    checkpoints.publish(folder.snapshots / "best", {"network.bin": b"best"})
    (folder.snapshots / "best").rename(folder.snapshots / ".replaced-best")
    sweep(folder)
    assert checkpoints.read(folder.snapshots / "best") == {"network.bin": b"best"}
    assert [path.name for path in folder.artifacts.iterdir()] == []
    assert [path.name for path in folder.checkpoints.iterdir()] == ["step-00000010.a0001"]


def test_an_input_is_the_product_or_the_snapshot_that_is_named() -> None:
    source = make_source()
    workspace = make(
        inputs={"first": SOURCE_KEY, "last": SOURCE_KEY}, places={"last": "snapshots/epoch-3"}
    )
    assert (workspace.input("first") / "network.bin").read_bytes() == b"last"
    assert (workspace.input("last") / "network.bin").read_bytes() == b"third"
    assert not workspace.has_input("dataset")
    (source.artifacts / "network.bin").unlink()
    with pytest.raises(WorkbenchError, match=r"the input 'first' .* cannot be used: network\.bin"):
        workspace.input("first")
    with pytest.raises(WorkbenchError, match=r"no input 'dataset'\. Inputs: first, last"):
        workspace.input("dataset")


def test_a_damaged_snapshot_is_refused_as_an_input() -> None:
    source = make_source()
    workspace = make(inputs={"first": SOURCE_KEY}, places={"first": "snapshots/epoch-3"})
    (source.snapshots / "epoch-3" / "network.bin").write_bytes(b"fhird")
    with pytest.raises(WorkbenchError, match="SHA-256"):
        workspace.input("first")


def test_a_snapshot_replaces_the_earlier_one_of_its_name() -> None:
    workspace = make()
    workspace.save_snapshot("best", 1, 10, {"network.bin": b"one"})
    saved = workspace.save_snapshot("best", 2, 20, {"network.bin": b"two"}, ("best",))
    assert (saved.epoch, saved.tags) == (2, ("best",))
    folder = StageFolder(KEY).snapshots
    assert [path.name for path in folder.iterdir()] == ["best"]
    assert checkpoints.read(folder / "best")["network.bin"] == b"two"


def test_a_name_cannot_leave_the_folder() -> None:
    workspace = make()
    for name in ("../evil", "a/b", ".hidden", ""):
        with pytest.raises(WorkbenchError, match="not a file name"):
            workspace.save_artifact(name, b"", "network")
        with pytest.raises(WorkbenchError, match="not a file name"):
            workspace.save_snapshot(name, 1, 1, {"network.bin": b""})


def test_a_real_failed_allocation_is_told_as_too_little_memory() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    failure = explain(caught.value, "endpoint-1", TrainingOptions(), 1200)
    assert failure.error == "OutOfMemoryError"
    assert failure.message == (
        "endpoint-1: memory ran out; set train.micro_batch (curve.micro_batch for a curve) to a "
        "part of the batch size, so that gradients are accumulated over smaller pieces, or free "
        "memory and resume. The checkpoint of step 1200 is kept."
    )


def test_too_little_memory_on_a_device_is_known_by_its_type() -> None:
    error = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    assert is_out_of_memory(error)
    assert not is_out_of_memory(RuntimeError("size mismatch"))
    failure = explain(error, "evaluate-line", EvaluateOptions(), None)
    assert failure.message == (
        "evaluate-line: memory ran out; set a smaller batch_size, or free memory and resume."
    )


def test_other_errors_are_one_clean_sentence() -> None:
    told = explain(NumericalError("endpoint-1: the loss is not a number."), "x", None, None)
    assert told.message == "endpoint-1: the loss is not a number."
    full = explain(OSError(errno.ENOSPC, "No space left on device"), "line", None, 5)
    assert (
        full.message
        == "line: the disk is full; free space and resume. The checkpoint of step 5 is kept."
    )
    hostile = explain(ValueError("bad\n\x1b]0;title\x07"), "line", None, None)
    assert "\x1b" not in hostile.message
    assert "\n" not in hostile.message


@pytest.fixture
def torch_settings() -> Iterator[None]:
    """Put torch's process-wide settings back."""
    threads = torch.get_num_threads()
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("torch_settings")
def test_what_one_stage_asked_for_does_not_last_into_the_next() -> None:
    facts = set_up(TrainingOptions(deterministic=False), "cpu", 2)
    assert not torch.are_deterministic_algorithms_enabled()
    assert facts["deterministic"] is False
    assert torch.get_num_threads() == 2
    facts = set_up(EvaluateOptions(), "cpu", 1)
    assert torch.are_deterministic_algorithms_enabled()
    assert facts["deterministic"] is True
    assert not torch.backends.cudnn.benchmark
    settings: Any = torch.utils.deterministic
    assert not settings.fill_uninitialized_memory
    assert torch.get_num_threads() == 1
