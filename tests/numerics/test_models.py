"""Networks against published counts, names and initialisations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from mcworkbench.config.options.model import MlpOptions, PreResNetOptions, Vgg16Options
from mcworkbench.errors import InvalidInputError
from mcworkbench.models import build_model
from mcworkbench.models.preresnet import Bottleneck

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.config.options.model import AnyModelOptions

CIFAR = (3, 32, 32)


def num_params(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("options", "ten", "hundred", "num_tensors", "num_entries"),
    [
        (Vgg16Options(name="vgg16"), 15_245_130, 15_291_300, 32, 32),
        (PreResNetOptions(name="preresnet", depth=110), 1_146_842, 1_169_972, 332, 659),
        (PreResNetOptions(name="preresnet", depth=164), 1_703_258, 1_726_388, 494, 983),
    ],
)
def test_sizes_are_the_references(
    options: AnyModelOptions, ten: int, hundred: int, num_tensors: int, num_entries: int
) -> None:
    module = build_model(options, CIFAR, 10, seed=1)
    assert num_params(module) == ten
    assert len(list(module.parameters())) == num_tensors
    assert len(module.state_dict()) == num_entries
    assert num_params(build_model(options, CIFAR, 100, seed=1)) == hundred


@pytest.mark.parametrize("curve", ["bezier", "polychain"])
def test_preresnet8_has_the_references_names_shapes_and_order(parity: Path, curve: str) -> None:
    stored = np.load(parity / f"curve_{curve}_preresnet8.npz")
    module = build_model(PreResNetOptions(name="preresnet", depth=8), CIFAR, 10, seed=1)
    named = list(module.named_parameters())
    assert [name for name, _ in named] == stored["param_names"].tolist()
    assert [str(tuple(tensor.shape)) for _, tensor in named] == stored["param_shapes"].tolist()


def test_preresnet8_gives_the_references_loss_on_the_first_step(parity: Path) -> None:
    stored = np.load(parity / "curve_bezier_preresnet8.npz")
    module = build_model(PreResNetOptions(name="preresnet", depth=8), CIFAR, 10, seed=1)
    t = float(stored["step_t"][0])
    coefficients = np.array([(1 - t) ** 2, 2 * t * (1 - t), t**2])
    point = torch.from_numpy(coefficients @ stored["init_control_points"]).float()
    nn.utils.vector_to_parameters(point, module.parameters())
    pixels = torch.from_numpy(stored["train_images"][:128]).permute(0, 3, 1, 2) / 255
    mean, std = (torch.from_numpy(stored[name])[:, None, None] for name in ("mean", "std"))
    outputs = module.train()((pixels - mean) / std)
    loss = nn.functional.cross_entropy(outputs, torch.from_numpy(stored["train_labels"][:128]))
    assert loss.item() == pytest.approx(float(stored["step_nll"][0]), rel=1e-4)


def test_bottleneck_and_vgg_keys_are_the_references() -> None:
    bottleneck = build_model(
        PreResNetOptions(name="preresnet", depth=47), CIFAR, 10, seed=1
    ).state_dict()
    parts = ("bn1", "conv1", "bn2", "conv2", "bn3", "conv3")
    block = [name for name in bottleneck if name.startswith("layer2.0.")]
    assert list(dict.fromkeys(name.split(".")[2] for name in block)) == [*parts, "downsample"]
    assert bottleneck["layer2.0.downsample.0.weight"].shape == (128, 64, 1, 1)
    assert bottleneck["layer3.1.conv3.weight"].shape == (256, 64, 1, 1)
    assert not [name for name in bottleneck if "conv" in name and name.endswith("bias")]
    vgg = build_model(Vgg16Options(name="vgg16"), CIFAR, 10, seed=1).state_dict()
    sizes = [(0, 2), (1, 2), (2, 3), (3, 3), (4, 3)]
    blocks = [f"layer_blocks.{block}.{layer}" for block, num in sizes for layer in range(num)]
    layers = [*blocks, "classifier.1", "classifier.4", "classifier.6"]
    assert list(vgg) == [f"{layer}.{part}" for layer in layers for part in ("weight", "bias")]


def test_vgg_convolutions_pool_where_torchvisions_do() -> None:
    from torchvision.models import vgg16

    module = build_model(Vgg16Options(name="vgg16"), CIFAR, 10, seed=1).eval()
    theirs = vgg16(weights=None, init_weights=False).features
    names = [name for name in module.state_dict() if name.startswith("layer_blocks")]
    ours = (module.state_dict()[name] for name in names)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours, strict=True)))
    x = torch.randn(2, *CIFAR, generator=torch.Generator().manual_seed(0))
    classifier = module.get_submodule("classifier")
    torch.testing.assert_close(module(x), classifier(theirs(x).flatten(1)))


def test_a_bottleneck_adds_three_preactivated_convolutions_to_its_raw_input() -> None:
    block = Bottleneck(8, 4, 2).eval()
    x = torch.randn(2, 8, 6, 6, generator=torch.Generator().manual_seed(0))
    steps = [
        *(block.bn1, nn.ReLU(), block.conv1),
        *(block.bn2, nn.ReLU(), block.conv2),
        *(block.bn3, nn.ReLU(), block.conv3),
    ]
    assert block.conv2.stride == (2, 2)
    assert block.downsample is not None
    torch.testing.assert_close(block(x), nn.Sequential(*steps)(x) + block.downsample(x))


@pytest.mark.parametrize(
    "options", [Vgg16Options(name="vgg16"), PreResNetOptions(name="preresnet", depth=56)]
)
def test_convolutions_start_with_the_references_spread(options: AnyModelOptions) -> None:
    module = build_model(options, CIFAR, 10, seed=3)
    convolutions = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]
    for layer in convolutions:
        expected = math.sqrt(2 / (layer.kernel_size[0] ** 2 * layer.out_channels))
        weight = layer.weight
        # Five standard deviations of the estimate from that many normal numbers.
        tolerance = 5 / math.sqrt(2 * weight.numel())
        assert weight.std().item() == pytest.approx(expected, rel=tolerance)
        assert layer.bias is None or not layer.bias.any()
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert all(bool((layer.weight == 1).all()) and not layer.bias.any() for layer in norms)


def test_mlp_keys_and_first_layers_are_torchs_own() -> None:
    module = build_model(MlpOptions(name="mlp", widths=(50,)), (1, 28, 28), 10, seed=4)
    names = ["fc.0.weight", "fc.0.bias", "fc.2.weight", "fc.2.bias"]
    assert list(module.state_dict()) == names
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        plain = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))
    x = torch.randn(6, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    assert torch.equal(module(x), plain(x.flatten(1)))
    assert torch.equal(module(x), module(x.flatten(1)))


def test_mlp_options_reach_the_network() -> None:
    tanh = build_model(
        MlpOptions(name="mlp", widths=(5, 4), bias=False, activation="tanh"), (3,), 2, seed=1
    )
    assert list(tanh.state_dict()) == ["fc.0.weight", "fc.2.weight", "fc.4.weight"]
    first, second, third = tanh.state_dict().values()
    x = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
    expected = ((x @ first.T).tanh() @ second.T).tanh() @ third.T
    torch.testing.assert_close(tanh(x), expected)
    linear = build_model(MlpOptions(name="mlp", widths=()), (3,), 2, seed=1)
    assert list(linear.state_dict()) == ["fc.0.weight", "fc.0.bias"]


def test_vgg_dropout_is_the_option() -> None:
    for dropout in (0.0, 0.3):
        module = build_model(Vgg16Options(name="vgg16", dropout=dropout), CIFAR, 10, seed=1)
        layers = [layer for layer in module.modules() if isinstance(layer, nn.Dropout)]
        assert [layer.p for layer in layers] == [dropout, dropout]


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 8, 8), (3, 64, 64), (12,)])
def test_vgg_refuses_what_is_not_32_pixels(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError, match=r"vgg16 takes images .* 32 × 32"):
        build_model(Vgg16Options(name="vgg16"), shape, 10, seed=1)


def test_preresnet_takes_small_images_and_refuses_features() -> None:
    module = build_model(PreResNetOptions(name="preresnet", depth=8), (1, 8, 8), 10, seed=1)
    assert module(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
    with pytest.raises(InvalidInputError, match="preresnet takes images"):
        build_model(PreResNetOptions(name="preresnet", depth=8), (12,), 10, seed=1)
