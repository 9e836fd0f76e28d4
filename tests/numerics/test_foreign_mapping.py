"""Foreign tensors fitted to our networks and curves by name, and curves named back."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from mcworkbench.errors import InvalidInputError
from mcworkbench.params.export import curve_state
from mcworkbench.params.foreign import Foreign, map_curve, map_network, read_foreign
from mcworkbench.params.layout import Layout
from mcworkbench.params.vectors import padded, vector_of
from tests.numerics.foreign_sample import MLP, assert_same, make_state

if TYPE_CHECKING:
    from pathlib import Path


# Networks by name.


@pytest.mark.parametrize("prefix", ["", "module.", "net.", "model.", "module.net."])
def test_wrappers_prefixes_are_dropped(prefix: str) -> None:
    state = {f"{prefix}{name}": tensor for name, tensor in make_state().items()}
    mapped = map_network({**state, "n_averaged": torch.tensor(3)}, MLP, {})
    assert_same(mapped.params, make_state())


def _without(name: str) -> dict[str, Tensor]:
    return {key: value for key, value in make_state().items() if key != name}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({**make_state(), "fc.2.bias": torch.zeros(4)}, r"'fc.2.bias' has shape \(4,\) .* \(3,\)"),
        (_without("fc.0.bias"), "has no tensor for 'fc.0.bias'. The nearest is 'fc.2.bias'"),
        ({**make_state(), "fc.4.weight": torch.zeros(3, 3)}, "does not have: 'fc.4.weight'"),
        ({**make_state(), "fc.2.bias": torch.full((3,), torch.nan)}, "NaN"),
        ({"l.weight": torch.zeros(1)}, "has no tensor for 'fc.0.weight'"),
        ({}, "has no tensor for 'fc.0.weight'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(state: dict[str, Tensor], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        map_network(state, MLP, {})


def test_other_names_are_matched_by_unique_shapes_even_without_an_order() -> None:
    renamed = {f"layers.{i}": t for i, t in enumerate(reversed(list(make_state().values())))}
    mapped = map_network(renamed, MLP, {}, is_ordered=False)
    assert_same(mapped.params, make_state())
    assert "matched by shape" in mapped.report[0]


def test_equal_shapes_are_matched_by_order_only_where_the_file_keeps_one() -> None:
    layout = Layout.build([(f"fc.{i}.weight", (4, 4)) for i in range(3)])
    renamed = {f"layers.{i}": tensor for i, tensor in enumerate(make_state(layout).values())}
    mapped = map_network(renamed, layout, {})
    assert_same(mapped.params, make_state(layout))
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
        for name, tensor in make_state(layout).items()
    }
    shuffled = dict(sorted(theirs.items()))
    assert_same(map_network(shuffled, layout, {}).params, make_state(layout))


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
        map_curve(Foreign(make_state(), None, 1, None), MLP)


def test_a_curve_of_one_node_is_refused(tmp_path: Path) -> None:
    state = {"coeff_layer.range": torch.zeros(1), "net.w_0": torch.zeros(2)}
    safetensors.torch.save_file(state, tmp_path / "c.safetensors")
    with pytest.raises(InvalidInputError, match="at least 2 nodes"):
        read_foreign(tmp_path / "c.safetensors")
