"""Foreign checkpoints: real files through the real child, and hostile ones refused unrun."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor

from mcworkbench import folders
from mcworkbench.errors import InvalidInputError
from mcworkbench.params import foreign_child
from mcworkbench.params.foreign import map_network, read_foreign
from mcworkbench.params.layout import Layout
from tests.numerics.foreign_sample import assert_same, make_state

if TYPE_CHECKING:
    from collections.abc import Callable


# Files through the child process.


@pytest.mark.parametrize("which", ["a", "b"])
def test_a_legacy_checkpoint_of_the_wild_is_read_and_fits_by_name(parity: Path, which: str) -> None:
    path = parity / "foreign" / f"onehidden10-{which}.pt"
    wanted = torch.load(path, weights_only=True, map_location="cpu")
    foreign = read_foreign(path)
    assert (foreign.curve, foreign.num_nodes, foreign.epoch) == (None, 1, wanted["epoch"])
    layout = Layout.build((name, tuple(t.shape)) for name, t in wanted["model_state"].items())
    assert_same(map_network(foreign.tensors, layout, {}).params, wanted["model_state"])


def test_only_the_child_unpickles_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tied = torch.randn(4, 6, dtype=torch.float16)
    state = {
        "z.weight": tied,
        "a.weight": tied.T,
        "n": torch.tensor(2**40 + 1),
        "b": torch.ones(()),
    }
    torch.save({"state_dict": state, "epoch": 7, "optimizer": {"lr": 0.1}}, tmp_path / "n.ckpt")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("this process must not unpickle")

    monkeypatch.setattr(torch, "load", refuse)
    foreign = read_foreign(tmp_path / "n.ckpt")
    assert foreign.epoch == 7
    assert foreign.is_ordered
    assert_same(
        {k: v for k, v in foreign.tensors.items() if k != "n"},
        {k: v for k, v in state.items() if k != "n"},
    )
    assert list(foreign.tensors) == list(state)
    assert foreign.tensors["n"].item() == 2**40 + 1
    assert list(folders.cache_root().iterdir()) == []


class _RunsCommand:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (  # pyright: ignore[reportDeprecated]
            f"touch {self.marker}",
        )


def _zip_file(path: Path, marker: Path) -> None:
    torch.save({"model_state": make_state(), "extra": _RunsCommand(marker)}, path)


def _legacy_file(path: Path, marker: Path) -> None:
    content = {"model_state": make_state(), "extra": _RunsCommand(marker)}
    torch.save(content, path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize("write", [_zip_file, _legacy_file])
def test_a_hostile_pickle_is_refused_in_one_sentence_and_never_run(
    write: Callable[[Path, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "marker"
    write(tmp_path / "evil.pt", marker)
    (tmp_path / "torch.py").write_text(f"open({str(marker)!r}, 'w').close()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with pytest.raises(InvalidInputError) as caught:
        read_foreign(tmp_path / "evil.pt")
    assert not marker.exists()
    assert "evil.pt: refused, because reading it means running 'posix.system'" in str(caught.value)
    assert "\n" not in str(caught.value)
    torch.load(tmp_path / "evil.pt", weights_only=False)
    assert marker.exists(), "the file must be hostile, or this test shows nothing"


def test_a_small_file_that_needs_gigabytes_is_ended(tmp_path: Path) -> None:
    huge = torch.zeros(1).expand(2**31)
    torch.save({"w": huge}, tmp_path / "bomb.pt")
    assert (tmp_path / "bomb.pt").stat().st_size < 10_000
    with pytest.raises(InvalidInputError, match="far more memory than its size"):
        read_foreign(tmp_path / "bomb.pt")


def test_a_file_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    torch.save(make_state(), tmp_path / "slow.pt")
    with pytest.raises(InvalidInputError, match=r"slow.pt: was not read within 0.05 s"):
        read_foreign(tmp_path / "slow.pt", time_limit_s=0.05)
    assert list(folders.cache_root().iterdir()) == []


def test_a_child_that_dies_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(make_state(), tmp_path / "n.pt")
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(InvalidInputError, match=r"ended without a result \(exit status 1\)"):
        read_foreign(tmp_path / "n.pt")


def test_what_is_no_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="is not a file"):
        read_foreign(tmp_path)
    with pytest.raises(InvalidInputError, match=r"absent.safetensors: is not a file"):
        read_foreign(tmp_path / "absent.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(safetensors.torch.save(make_state())[:-4])
    with pytest.raises(InvalidInputError, match="not a whole safetensors file"):
        read_foreign(tmp_path / "cut.safetensors")


def test_safetensors_are_read_directly_with_layers_in_natural_order(tmp_path: Path) -> None:
    state = {f"l.{i}.weight": torch.full((2,), float(i)) for i in range(12)}
    safetensors.torch.save_file(state, tmp_path / "n.safetensors")
    foreign = read_foreign(tmp_path / "n.safetensors")
    assert_same(foreign.tensors, state)
    assert not foreign.is_ordered


# What the child makes of a loaded file.


@pytest.mark.parametrize(
    ("loaded", "epoch"),
    [
        (make_state(), None),
        ({"epoch": 3, "model_state": make_state(), "optimizer_state": {"state": {0: {}}}}, 3),
        ({"state_dict": make_state()}, None),
        ({"model_state_dict": make_state(), "optimizer_state_dict": make_state()}, None),
        ({"net": make_state(), "acc": 0.9, "epoch": 5}, 5),
        ({"checkpoint": {"model": make_state()}, "epoch": True}, None),
        ({"weights": make_state(), "optimizer": {"w": torch.zeros(1)}}, None),
        ({**make_state(), "epoch": 4}, 4),
    ],
)
def test_the_state_dict_is_found_wherever_it_is_kept(loaded: object, epoch: int | None) -> None:
    state, told = foreign_child._state_dict(loaded)
    assert_same(state, make_state())
    assert told == epoch


@pytest.mark.parametrize(
    "loaded", [3, [torch.zeros(1)], {}, {"optimizer": make_state()}, {"a": {}}]
)
def test_a_file_without_a_state_dict_is_refused(loaded: object) -> None:
    with pytest.raises(foreign_child.RefusedError, match="no state_dict"):
        foreign_child._state_dict(loaded)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged, or not a checkpoint"),
        (b"hello, world", "damaged, or not a checkpoint"),
        (b"PK\x03\x04" + bytes(100), "cannot be read as a torch checkpoint"),
        (pickle.dumps(_RunsCommand(Path("/tmp/never")), protocol=2), "running 'posix.system'"),
        (pickle.dumps(print, protocol=2), "running 'print'"),
        (pickle.dumps({"a": np.float64(3)}, protocol=2), "running 'numpy"),
    ],
)
def test_other_files_are_refused_in_one_sentence(
    content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / "file.pt").write_bytes(content)
    with pytest.raises(foreign_child.RefusedError, match=message) as caught:
        foreign_child._convert(tmp_path / "file.pt", tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "tensor", [torch.eye(2).to_sparse(), torch.zeros(2, dtype=torch.complex64)]
)
def test_sparse_and_complex_tensors_are_refused(tensor: Tensor) -> None:
    with pytest.raises(foreign_child.RefusedError, match="'w' is sparse"):
        foreign_child._plain_tensor("w", tensor)
