"""Foreign checkpoints: real files through the real child, hostile ones refused, names fitted."""

from __future__ import annotations

import ast
import os
import pickle
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from mcworkbench import folders
from mcworkbench.errors import InvalidInputError
from mcworkbench.params import foreign_child
from mcworkbench.params.export import curve_state
from mcworkbench.params.foreign import Foreign, map_curve, map_network, read_foreign
from mcworkbench.params.layout import Layout
from mcworkbench.params.vectors import padded, vector_of

if TYPE_CHECKING:
    from collections.abc import Callable

MLP = Layout.build(
    [("fc.0.weight", (6, 4)), ("fc.0.bias", (6,)), ("fc.2.weight", (3, 6)), ("fc.2.bias", (3,))]
)


def _state(layout: Layout = MLP) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {e.name: torch.randn(e.shape, generator=generator) for e in layout.entries}


def _assert_same(ours: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    assert list(ours) == list(wanted)
    for name, tensor in wanted.items():
        assert ours[name].dtype == torch.float32
        assert torch.equal(ours[name], tensor.float()), name


# Files through the child process.


@pytest.mark.parametrize("which", ["a", "b"])
def test_a_legacy_checkpoint_of_the_wild_is_read_and_fits_by_name(parity: Path, which: str) -> None:
    path = parity / "foreign" / f"onehidden10-{which}.pt"
    wanted = torch.load(path, weights_only=True, map_location="cpu")
    foreign = read_foreign(path)
    assert (foreign.curve, foreign.num_nodes, foreign.epoch) == (None, 1, wanted["epoch"])
    layout = Layout.build((name, tuple(t.shape)) for name, t in wanted["model_state"].items())
    _assert_same(map_network(foreign.tensors, layout, {}).params, wanted["model_state"])


def test_only_the_child_unpickles_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tied = torch.randn(4, 6, dtype=torch.float16)
    state = {"z.weight": tied, "a.weight": tied.T, "n": torch.tensor(2**40), "b": torch.ones(())}
    torch.save({"state_dict": state, "epoch": 7, "optimizer": {"lr": 0.1}}, tmp_path / "n.ckpt")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("this process must not unpickle")

    monkeypatch.setattr(torch, "load", refuse)
    foreign = read_foreign(tmp_path / "n.ckpt")
    assert foreign.epoch == 7
    assert foreign.is_ordered
    _assert_same(
        {k: v for k, v in foreign.tensors.items() if k != "n"},
        {k: v for k, v in state.items() if k != "n"},
    )
    assert list(foreign.tensors) == list(state)
    assert foreign.tensors["n"].item() == 2**40
    assert list(folders.cache_root().iterdir()) == []


class _RunsCommand:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (  # pyright: ignore[reportDeprecated]
            f"touch {self.marker}",
        )


def _zip_file(path: Path, marker: Path) -> None:
    torch.save({"model_state": _state(), "extra": _RunsCommand(marker)}, path)


def _legacy_file(path: Path, marker: Path) -> None:
    content = {"model_state": _state(), "extra": _RunsCommand(marker)}
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
    torch.save(_state(), tmp_path / "slow.pt")
    with pytest.raises(InvalidInputError, match=r"slow.pt: was not read within 0.05 s"):
        read_foreign(tmp_path / "slow.pt", time_limit_s=0.05)
    assert list(folders.cache_root().iterdir()) == []


def test_a_child_that_dies_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(_state(), tmp_path / "n.pt")
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(InvalidInputError, match=r"ended without a result \(exit status 1\)"):
        read_foreign(tmp_path / "n.pt")


def test_what_is_no_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="is not a file"):
        read_foreign(tmp_path)
    with pytest.raises(InvalidInputError, match=r"absent.safetensors: is not a file"):
        read_foreign(tmp_path / "absent.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(safetensors.torch.save(_state())[:-4])
    with pytest.raises(InvalidInputError, match="not a whole safetensors file"):
        read_foreign(tmp_path / "cut.safetensors")


def test_safetensors_are_read_directly_with_layers_in_natural_order(tmp_path: Path) -> None:
    state = {f"l.{i}.weight": torch.full((2,), float(i)) for i in range(12)}
    safetensors.torch.save_file(state, tmp_path / "n.safetensors")
    foreign = read_foreign(tmp_path / "n.safetensors")
    _assert_same(foreign.tensors, state)
    assert not foreign.is_ordered


# What the child makes of a loaded file.


@pytest.mark.parametrize(
    ("loaded", "epoch"),
    [
        (_state(), None),
        ({"epoch": 3, "model_state": _state(), "optimizer_state": {"state": {0: {}}}}, 3),
        ({"state_dict": _state()}, None),
        ({"model_state_dict": _state(), "optimizer_state_dict": _state()}, None),
        ({"net": _state(), "acc": 0.9, "epoch": 5}, 5),
        ({"checkpoint": {"model": _state()}, "epoch": True}, None),
        ({"weights": _state(), "optimizer": {"w": torch.zeros(1)}}, None),
        ({**_state(), "epoch": 4}, 4),
    ],
)
def test_the_state_dict_is_found_wherever_it_is_kept(loaded: object, epoch: int | None) -> None:
    state, told = foreign_child._state_dict(loaded)
    _assert_same(state, _state())
    assert told == epoch


@pytest.mark.parametrize("loaded", [3, [torch.zeros(1)], {}, {"optimizer": _state()}, {"a": {}}])
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


# Networks by name.


@pytest.mark.parametrize("prefix", ["", "module.", "net.", "model.", "module.net."])
def test_wrappers_prefixes_are_dropped(prefix: str) -> None:
    state = {f"{prefix}{name}": tensor for name, tensor in _state().items()}
    mapped = map_network({**state, "n_averaged": torch.tensor(3)}, MLP, {})
    _assert_same(mapped.params, _state())


def _without(name: str) -> dict[str, Tensor]:
    return {key: value for key, value in _state().items() if key != name}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({**_state(), "fc.2.bias": torch.zeros(4)}, r"'fc.2.bias' has shape \(4,\) .* \(3,\)"),
        (_without("fc.0.bias"), "has no tensor for 'fc.0.bias'. The nearest is 'fc.2.bias'"),
        ({**_state(), "fc.4.weight": torch.zeros(3, 3)}, "does not have: 'fc.4.weight'"),
        ({**_state(), "fc.2.bias": torch.full((3,), torch.nan)}, "NaN"),
        ({"l.weight": torch.zeros(1)}, "has no tensor for 'fc.0.weight'"),
        ({}, "has no tensor for 'fc.0.weight'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(state: dict[str, Tensor], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        map_network(state, MLP, {})


def test_other_names_are_matched_by_unique_shapes_even_without_an_order() -> None:
    renamed = {f"layers.{i}": t for i, t in enumerate(reversed(list(_state().values())))}
    mapped = map_network(renamed, MLP, {}, is_ordered=False)
    _assert_same(mapped.params, _state())
    assert "matched by shape" in mapped.report[0]


def test_equal_shapes_are_matched_by_order_only_where_the_file_keeps_one() -> None:
    layout = Layout.build([(f"fc.{i}.weight", (4, 4)) for i in range(3)])
    renamed = {f"layers.{i}": tensor for i, tensor in enumerate(_state(layout).values())}
    mapped = map_network(renamed, layout, {})
    _assert_same(mapped.params, _state(layout))
    assert "matched by order and shape" in mapped.report[0]
    with pytest.raises(InvalidInputError, match=r"has no tensor for 'fc.0.weight'"):
        map_network(renamed, layout, {}, is_ordered=False)
    with pytest.raises(InvalidInputError, match=r"has no tensor for 'fc.0.weight'"):
        map_network(renamed | {"layers.3": torch.zeros(4, 4)}, layout, {})


def test_buffers_come_along_and_missing_ones_are_told() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    layout = Layout.build((name, tuple(p.shape)) for name, p in net.named_parameters())
    shapes = {name: tuple(buffer.shape) for name, buffer in net.named_buffers()}
    net.get_buffer("1.running_mean").fill_(2.5)
    mapped = map_network(net.state_dict(), layout, shapes)
    assert mapped.buffers["1.running_mean"].tolist() == [2.5] * 4
    assert mapped.buffers["1.num_batches_tracked"].dtype == torch.int64
    bare = {name: p.detach() for name, p in net.named_parameters()}
    told = map_network(bare, layout, shapes)
    assert told.buffers == {}
    assert "3 buffers are not in the file, first '1.running_mean'" in told.report[-1]


def test_vgg_layers_numbered_through_are_taken_block_by_block() -> None:
    layers = ("layer_blocks.0.0", "layer_blocks.0.1", "layer_blocks.1.0", "classifier.1")
    layout = Layout.build(
        (f"{layer}.{leaf}", shape)
        for layer in layers
        for leaf, shape in (("weight", (4, 4)), ("bias", (4,)))
    )
    numbers = {"layer_blocks.0.0": "0", "layer_blocks.0.1": "2", "layer_blocks.1.0": "10"}
    theirs = {
        re.sub(r"layer_blocks\.\d\.\d", lambda m: f"features.{numbers[m[0]]}", name): tensor
        for name, tensor in _state(layout).items()
    }
    shuffled = dict(sorted(theirs.items()))
    _assert_same(map_network(shuffled, layout, {}).params, _state(layout))


def test_a_tied_tensor_is_found_under_any_of_its_names() -> None:
    layout = Layout.build([("a", (2,)), ("c", (3,))], aliases={"a": ("b",)})
    state = {"b": torch.ones(2), "c": torch.zeros(3)}
    assert torch.equal(map_network(state, layout, {}).params["a"], torch.ones(2))


# Curves of the reference.


def _reference(parity: Path, name: str) -> tuple[Layout, Tensor, dict[str, Tensor]]:
    """Return layout, nodes and the state dict that the reference would have saved for them."""
    with np.load(parity / f"curve_{name}_preresnet8.npz") as stored:
        names = [str(word) for word in stored["param_names"]]
        shapes = [ast.literal_eval(str(shape)) for shape in stored["param_shapes"]]
        nodes_KP = torch.from_numpy(stored["control_points"])
    num_nodes = len(nodes_KP)
    state = {"coeff_layer.range": torch.arange(0, float(num_nodes))}
    if name == "bezier":
        state = {
            "coeff_layer.binom": torch.tensor([1.0, 2.0, 1.0]),
            **state,
            "coeff_layer.rev_range": torch.arange(float(num_nodes - 1), -1, -1),
        }
    start = 0
    for word, shape in zip(names, shapes, strict=True):
        size = int(np.prod(shape))
        key = word.replace("downsample.0.weight", "downsample.weight")
        for k in range(num_nodes):
            state[f"net.{key}_{k}"] = nodes_KP[k, start : start + size].reshape(shape)
        start += size
    state["net.bn.running_mean"] = torch.zeros(64)
    state["net.bn.num_batches_tracked"] = torch.tensor(3)
    return Layout.build(zip(names, shapes, strict=True)), nodes_KP, state


@pytest.mark.parametrize(("name", "suffix"), [("bezier", "pt"), ("polychain", "safetensors")])
def test_every_node_of_a_reference_curve_is_reproduced(
    parity: Path, tmp_path: Path, name: str, suffix: str
) -> None:
    layout, nodes_KP, state = _reference(parity, name)
    path = tmp_path / f"checkpoint-200.{suffix}"
    if suffix == "pt":
        torch.save({"epoch": 200, "model_state": state, "optimizer_state": {}}, path)
    else:
        safetensors.torch.save_file({key: tensor.clone() for key, tensor in state.items()}, path)
    foreign = read_foreign(path)
    assert (foreign.curve, foreign.num_nodes) == (name, len(nodes_KP))
    assert foreign.epoch == (200 if suffix == "pt" else None)
    nodes, report = map_curve(foreign, layout)
    ours_KD = torch.stack([vector_of(node, layout) for node in nodes])
    assert torch.equal(ours_KD, padded(nodes_KP, layout))
    assert f"{name} curve, {len(nodes_KP)} nodes" in report[0]
    assert "2 running statistics left out" in report[1]


@pytest.mark.parametrize("name", ["bezier", "polychain"])
def test_an_exported_curve_has_the_references_keys_and_values(parity: Path, name: str) -> None:
    layout, nodes_KP, state = _reference(parity, name)
    buffers = {"bn.running_mean": torch.zeros(64), "bn.num_batches_tracked": torch.tensor(3)}
    ours = curve_state(padded(nodes_KP, layout), layout, name, len(nodes_KP), buffers=buffers)
    assert list(ours) == list(state)
    for key, wanted in state.items():
        assert torch.equal(ours[key], wanted), key
        assert ours[key].dtype == wanted.dtype


RENAMED = {
    "layer_blocks.0.0": "layer_blocks.0.0",
    "classifier.1": "fc1",
    "classifier.4": "fc2",
    "classifier.6": "fc3",
    "layer2.0.shortcut.0": "layer2.0.shortcut",
    "conv_part.3": "conv2",
    "fc_part.4": "fc6",
}


def _curve(**changes: Any) -> tuple[Layout, dict[str, Tensor]]:
    layout = Layout.build((f"{ours}.weight", (2, i + 1)) for i, ours in enumerate(RENAMED))
    state = {"coeff_layer.range": torch.arange(2.0)}
    for i, theirs in enumerate(RENAMED.values()):
        for k in range(2):
            state[f"net.{theirs}.weight_{k}"] = torch.full((2, i + 1), 10.0 * i + k)
    return layout, {**state, **changes}


def _foreign(state: dict[str, Tensor]) -> Foreign:
    return Foreign(state, "polychain", 2, None)


@pytest.mark.parametrize("prefix", ["", "module."])
def test_layers_that_curves_call_otherwise_are_found_and_named_back(prefix: str) -> None:
    layout, state = _curve()
    nodes, _ = map_curve(_foreign({f"{prefix}{k}": v for k, v in state.items()}), layout)
    for i, ours in enumerate(RENAMED):
        for k in range(2):
            assert torch.equal(nodes[k][f"{ours}.weight"], torch.full((2, i + 1), 10.0 * i + k))
    nodes_KD = torch.stack([vector_of(node, layout) for node in nodes])
    exported = curve_state(nodes_KD, layout, "polychain", 2)
    assert list(exported) == list(state)
    assert all(torch.equal(exported[key], state[key]) for key in state)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"net.fc2.weight_1": torch.zeros(3)}, r"'net.fc2.weight_1' has shape \(3,\)"),
        ({"net.fc2.weight_2": torch.zeros(2, 3)}, "does not have: 'net.fc2.weight_2'"),
        ({"net.fc9.weight_0": torch.zeros(2, 3)}, "does not have: 'net.fc9.weight_0'"),
    ],
)
def test_curves_that_do_not_fit_are_refused(changes: dict[str, Tensor], message: str) -> None:
    layout, state = _curve(**changes)
    with pytest.raises(InvalidInputError, match=message):
        map_curve(_foreign(state), layout)


def test_a_curve_lacking_a_node_or_being_none_is_refused() -> None:
    layout, state = _curve()
    del state["net.fc2.weight_1"]
    with pytest.raises(InvalidInputError, match=r"no tensor for 'classifier.4.weight of node 1'"):
        map_curve(_foreign(state), layout)
    with pytest.raises(InvalidInputError, match="a single network and no curve"):
        map_curve(Foreign(_state(), None, 1, None), MLP)


def test_a_curve_of_one_node_is_refused(tmp_path: Path) -> None:
    state = {"coeff_layer.range": torch.zeros(1), "net.w_0": torch.zeros(2)}
    safetensors.torch.save_file(state, tmp_path / "c.safetensors")
    with pytest.raises(InvalidInputError, match="at least 2 nodes"):
        read_foreign(tmp_path / "c.safetensors")
