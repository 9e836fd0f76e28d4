"""Checkpoints of published code are taken by name, whatever wraps and numbers their layers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from mcworkbench.params.export import curve_state
from mcworkbench.params.flat import FlatModule
from mcworkbench.params.foreign import Foreign, map_curve, map_network, read_foreign
from tests.numerics.model_samples import CIFAR, DIGITS, MNIST, SAMPLES, options_of, sample_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import nn

    Renaming = Callable[[str], str]

from mcworkbench.models import build_model

# Where torchvision has the convolutions of a VGG11 with batch norm.
PLACES = (0, 4, 8, 11, 15, 18, 22, 25)


def by_pattern(*changes: tuple[str, str]) -> Renaming:
    def rename(name: str) -> str:
        for pattern, new in changes:
            name = re.sub(pattern, new, name)
        return name

    return rename


def halved(prefix: str, first: int = 0) -> Renaming:
    """Return a renaming that counts our `fc.<2l>` as <prefix><l + first>."""
    return lambda name: re.sub(
        r"^fc\.(\d+)", lambda match: f"{prefix}{int(match[1]) // 2 + first}", name
    )


def numbered_through(name: str) -> str:
    """Return the name that SWA's and SWAG's VGG gives a layer of a VGG11 with batch norm."""
    match = re.match(r"layer_blocks\.(\d)\.(\d)(.*)", name)
    if not match:
        return name
    block, layer = int(match[1]), int(match[2])
    before = (0, 1, 2, 4, 6)[block]
    # A convolution, its norm and its ReLU are three places, a pooling is one.
    return f"features.{3 * (before + layer // 2) + block + layer % 2}{match[3]}"


# What publishes, the network it is, and how it names our parameters.
PUBLISHED: dict[str, tuple[dict[str, Any], tuple[int, ...], Renaming]] = {
    "otfusion": ({"name": "MLPNet"}, MNIST, halved("fc", 1)),
    "distribution-based dense": (
        {"name": "mlp", "widths": [7, 7, 5], "bias": False},
        DIGITS,
        halved("linear_layers."),
    ),
    "distribution-based one layer": ({"name": "LinearOneLayer100"}, DIGITS, str),
    "distribution-based convolutions": (
        {"name": "ConvFCNoBias"},
        CIFAR,
        by_pattern(
            (r"conv_part\.3", "conv_part.1"),
            (r"conv_part\.6", "conv_part.2"),
            (r"conv_part\.(\d)", r"conv_part.\1.conv.0"),
            (r"fc_part\.0", "fc_part.0.fc.0"),
            (r"fc_part\.2", "fc_part.1.fc.0"),
            (r"fc_part\.4", "fc_part.2"),
        ),
    ),
    "distribution-based two convolutions": (
        {"name": "Conv2FC1"},
        CIFAR,
        by_pattern((r"conv_part\.3", "conv_part.1"), (r"conv_part\.(\d)", r"conv_part.\1.conv.0")),
    ),
    "SWA": ({"name": "vgg", "depth": 11, "batch_norm": True}, CIFAR, numbered_through),
}


def network(section: dict[str, Any], shape: tuple[int, ...], seed: int = 1) -> nn.Module:
    return build_model(options_of(section), shape, 10, seed)


def mapped_into(state: dict[str, Tensor], module: nn.Module, **more: Any) -> tuple[str, ...]:
    """Put a foreign state into a network and return what is reported."""
    flat = FlatModule(module)
    shapes = {name: tuple(buffer.shape) for name, buffer in flat.buffers().items()}
    mapped = map_network(state, flat.layout, shapes, **more)
    assert {*mapped.params} == {*flat.layout.names}
    assert {*mapped.buffers} == {*shapes}
    module.load_state_dict({**mapped.params, **mapped.buffers}, strict=True)
    return mapped.report


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_checkpoint_is_taken_by_name(name: str, prefix: str) -> None:
    section, shape, rename = PUBLISHED[name]
    theirs, ours = network(section, shape), network(section, shape, 2)
    state = {f"{prefix}{rename(key)}": value for key, value in theirs.state_dict().items()}
    # Files of some kinds keep no order, and names must do without it.
    shuffled = {key: state[key] for key in sorted(state, key=lambda key: key[::-1])}
    report = mapped_into(shuffled, ours, is_ordered=False)
    for key, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], value), key
    is_renamed = name != "distribution-based one layer"
    assert any("layer by layer" in line for line in report) == is_renamed


def test_swa_numbers_a_vgg_with_batch_norm_as_torchvision_does() -> None:
    section, shape, _ = PUBLISHED["SWA"]
    state = network(section, shape).state_dict()
    convolutions = [key for key, value in state.items() if value.ndim == 4]
    assert [numbered_through(key) for key in convolutions] == [
        f"features.{place}.weight" for place in PLACES
    ]


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "own"])
def test_every_network_takes_its_own_names_back(name: str, tmp_path: Path) -> None:
    theirs, ours = (sample_network(name, tmp_path, seed) for seed in (1, 2))
    mapped_into(dict(theirs.state_dict()), ours, is_ordered=False)
    for key, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], value), key


@pytest.mark.parametrize("curve", ["bezier", "polychain"])
@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in ("own", "vgg16")])
def test_every_network_takes_a_curve_of_its_own_back(name: str, curve: str, tmp_path: Path) -> None:
    flat = FlatModule(sample_network(name, tmp_path))
    nodes_KD = torch.stack([flat.params * k for k in range(4)])
    state = curve_state(nodes_KD, flat.layout, curve, 4, buffers=flat.buffers())
    foreign = Foreign(state, curve, 4, None)
    nodes, _ = map_curve(foreign, flat.layout)
    for k, node in enumerate(nodes):
        for key, value in flat.named_params().items():
            torch.testing.assert_close(node[key], value * k, atol=0, rtol=0)


def curve_of(names: dict[str, str], section: dict[str, Any], shape: tuple[int, ...]) -> None:
    """Check that a curve whose layers are called so is read into the network's own."""
    flat = FlatModule(network(section, shape))
    state: dict[str, Tensor] = {"coeff_layer.range": torch.arange(2.0)}
    for key, value in flat.named_params().items():
        layer, _, part = key.rpartition(".")
        for k in range(2):
            state[f"net.{names.get(layer, layer)}.{part}_{k}"] = value + k
    nodes, _ = map_curve(Foreign(state, "polychain", 2, None), flat.layout)
    for key, value in flat.named_params().items():
        assert torch.equal(nodes[1][key], value + 1), key


def test_curves_of_published_code_are_taken_by_name() -> None:
    curve_of({"fc.0": "fc1", "fc.2": "fc2"}, {"name": "LinearOneLayer100"}, DIGITS)
    dense = {"name": "mlp", "widths": [7, 5], "bias": False}
    curve_of({f"fc.{2 * n}": f"linear_layers.{n}" for n in range(3)}, dense, DIGITS)
    ends = {"classifier.1": "fc1", "classifier.4": "fc2", "classifier.6": "fc3"}
    curve_of(ends, {"name": "vgg", "depth": 11, "batch_norm": True}, CIFAR)
    shortcuts = {f"layer{n}.0.shortcut.0": f"layer{n}.0.shortcut" for n in (2, 3)}
    curve_of(shortcuts, {"name": "WideResNet10x1"}, DIGITS)
    places = {"conv_part.0": "conv1", "conv_part.3": "conv2", "conv_part.6": "conv3"}
    places |= {"fc_part.0": "fc4", "fc_part.2": "fc5", "fc_part.4": "fc6"}
    curve_of(places, {"name": "ConvFCNoBias"}, MNIST)


@pytest.mark.parametrize(
    ("beside", "key", "is_legacy"),
    [
        ({"epoch": 3, "optimizer_state": {}}, "model_state", False),
        ({"epoch": 3, "test_accuracy": 0.9}, "model_state_dict", True),
        ({}, "", False),
    ],
    ids=["model_state", "model_state_dict of old torch", "bare"],
)
def test_files_are_read_however_the_state_is_wrapped(
    beside: dict[str, Any], key: str, tmp_path: Path, *, is_legacy: bool
) -> None:
    section, shape, rename = PUBLISHED["distribution-based dense"]
    theirs, ours = network(section, shape), network(section, shape, 2)
    state = {rename(name): value for name, value in theirs.state_dict().items()}
    file = tmp_path / "best.checkpoint"
    held = {**beside, key: state} if key else state
    torch.save(held, file, _use_new_zipfile_serialization=not is_legacy)
    foreign = read_foreign(file)
    mapped_into(foreign.tensors, ours, is_ordered=foreign.is_ordered)
    assert torch.equal(ours.state_dict()["fc.2.weight"], theirs.state_dict()["fc.2.weight"])
