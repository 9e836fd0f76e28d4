"""Published networks: their sizes, their names of parameters, and what they compute.

Sizes of the first table are those that the publications' own code gave; networks are compared
with torchvision's, or with their layers written out.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from mcworkbench.config.published import PUBLISHED
from mcworkbench.errors import InvalidInputError
from mcworkbench.models import build_model
from mcworkbench.models.wideresnet import WideBlock
from tests.numerics.model_samples import CIFAR, DIGITS, MNIST, options_of

# Name, parameters for 10 and for 100 classes, tensors, entries of the state dict.
SIZES = [
    ("VGG16", 15_245_130, 15_291_300, 32, 32),
    ("VGG16BN", 15_253_578, 15_299_748, 58, 97),
    ("VGG19", 20_554_826, 20_600_996, 38, 38),
    ("VGG19BN", 20_565_834, 20_612_004, 70, 118),
    ("PreResNet110", 1_146_842, 1_169_972, 332, 659),
    ("PreResNet164", 1_703_258, 1_726_388, 494, 983),
    ("WideResNet28x10", 36_489_290, 36_546_980, 108, 183),
    ("ConvFC", 2_422_634, 2_512_724, 12, 12),
    ("VGG11_NOBIAS_NOBN", 9_222_848, 9_268_928, 9, 9),
    ("RESNET18_NOBIAS_NOBN", 11_164_352, 11_210_432, 21, 21),
]
# Counts of the publications, or sums over their layers, of what has none of a hundred classes.
COUNTS = {
    "LinearOneLayer": 1_590_010,
    "LinearOneLayer100": 308_310,
    "LinearOneLayer500": 1_541_510,
    "LinearOneLayer1000": 3_083_010,
    "LinearOneLayer2000": 6_166_010,
    "Linear3NoBias": 31_182_368,
    "Linear5NoBias": 34_172_368,
    "Linear7NoBias": 36_172_368,
    "MLPNet": 414_600,
    "LeNet-300-100": 784 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10,
    "Conv2FC1": 3 * 32 * 25 + 32 + 32 * 64 * 25 + 64 + 64 * 7 * 7 * 10 + 10,
    "CNN": 97_482,
    "BasicCNN": 97_482,
    "CNNBN": 98_058,
    "MLP": 65,
}


def on_meta(section: dict[str, Any], shape: tuple[int, ...], num_outputs: int) -> nn.Module:
    """Return a network without memory or values."""
    with torch.device("meta"):
        return build_model(options_of(section), shape, num_outputs, seed=1)


def num_params(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("name", "ten", "hundred", "num_tensors", "num_entries"), SIZES)
def test_sizes_are_the_publications(
    name: str, ten: int, hundred: int, num_tensors: int, num_entries: int
) -> None:
    module = on_meta({"name": name}, CIFAR, 10)
    assert num_params(module) == ten == PUBLISHED[name].num_params
    assert len(list(module.parameters())) == num_tensors
    assert len(module.state_dict()) == num_entries
    assert num_params(on_meta({"name": name}, CIFAR, 100)) == hundred


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_list_of_published_names_tells_their_sizes(name: str) -> None:
    known = PUBLISHED[name]
    assert num_params(on_meta({"name": name}, known.shape, known.num_outputs)) == known.num_params
    assert COUNTS.get(name, known.num_params) == known.num_params


def state_of(section: dict[str, Any], shape: tuple[int, ...] = CIFAR) -> dict[str, Tensor]:
    return on_meta(section, shape, 10).state_dict()


def test_vggs_are_numbered_by_block_or_through() -> None:
    by_block = state_of({"name": "VGG16BN"})
    blocks = [
        f"layer_blocks.{b}.{2 * layer}" for b, n in enumerate((2, 2, 3, 3, 3)) for layer in range(n)
    ]
    convolutions = [key[:-7] for key, value in by_block.items() if value.ndim == 4]
    assert convolutions == blocks
    assert all(f"layer_blocks.0.{odd}.running_var" in by_block for odd in (1, 3))
    assert [key[:-7] for key in by_block if key.startswith("classifier") and "weight" in key] == [
        "classifier.1",
        "classifier.4",
        "classifier.6",
    ]
    through = state_of({"name": "VGG11_NOBIAS_NOBN"})
    places = (0, 3, 6, 8, 11, 13, 16, 18)
    assert list(through) == [*(f"features.{p}.weight" for p in places), "classifier.weight"]
    normed = state_of({"name": "VGG11"})
    places = (0, 4, 8, 11, 15, 18, 22, 25)
    assert [key for key, value in normed.items() if value.ndim == 4] == [
        f"features.{place}.weight" for place in places
    ]
    assert all(f"features.{place + 1}.running_mean" in normed for place in places)


@pytest.mark.parametrize(
    ("name", "widths"),
    [
        ("vgg11_nobias", (64, 128, 256, 256, 512, 512, 512, 512)),
        ("vgg11_half_nobias", (64, 64, 128, 128, 256, 256, 256, 512)),
        ("vgg11_doub_nobias", (64, 256, 512, 512, 1024, 1024, 1024, 512)),
        ("vgg11_quad_nobias", (64, 512, 1024, 1024, 2048, 2048, 2048, 512)),
    ],
)
def test_otfusions_vggs_have_its_widths(name: str, widths: tuple[int, ...]) -> None:
    shapes = [tuple(value.shape) for value in state_of({"name": name}).values()]
    assert shapes == [(b, a, 3, 3) for a, b in zip((3, *widths), widths, strict=False)] + [
        (10, 512)
    ]


def test_residual_networks_have_the_publications_names() -> None:
    wide = state_of({"name": "WideResNet28x10"})
    parts = ("bn1", "conv1", "bn2", "conv2", "shortcut")
    block = [key for key in wide if key.startswith("layer2.0.")]
    assert list(dict.fromkeys(key.split(".")[2] for key in block)) == [*parts]
    assert wide["layer2.0.shortcut.0.bias"].shape == (320,)
    assert "layer2.1.shortcut.0.bias" not in wide
    assert {"conv1.bias", "bn1.weight", "linear.bias", "layer1.3.conv2.bias"} <= {*wide}
    plain = state_of({"name": "RESNET18_NOBIAS_NOBN"})
    convolutions = [
        f"layer{stage}.{block}.conv{number}.weight"
        for stage in (1, 2, 3, 4)
        for block in (0, 1)
        for number in (1, 2)
    ]
    shortcuts = [f"layer{stage}.0.shortcut.0.weight" for stage in (2, 3, 4)]
    assert {*plain} == {"conv1.weight", *convolutions, *shortcuts, "linear.weight"}
    small = state_of({"name": "ResNet20x4"})
    assert small["layer3.0.shortcut.0.weight"].shape == (256, 128, 3, 3)
    assert small["layer3.0.shortcut.1.running_var"].shape == (256,)
    assert small["layer1.2.bn2.weight"].shape == (64,)
    assert small["linear.weight"].shape == (10, 256)
    assert num_params(on_meta({"name": "resnet", "shortcut": 1}, CIFAR, 10)) == 272_474


def test_convfc_has_the_references_names() -> None:
    names = [f"conv_part.{place}" for place in (0, 3, 6)] + [f"fc_part.{p}" for p in (0, 2, 4)]
    keys = [f"{name}.{part}" for name in names for part in ("weight", "bias")]
    assert list(state_of({"name": "ConvFC"})) == keys
    assert list(state_of({"name": "ConvFCNoBias"})) == [f"{name}.weight" for name in names]


# What they compute.


def images(*shape: int) -> Tensor:
    return torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))


def trained(module: nn.Module) -> nn.Module:
    """Return the network in evaluation mode, with running statistics of one batch of noise."""
    module.train()
    with torch.no_grad():
        module(torch.randn(8, *CIFAR, generator=torch.Generator().manual_seed(1)))
    return module.eval()


@pytest.mark.parametrize(
    ("family", "theirs"),
    [("vgg", "vgg13"), ("vgg", "vgg19_bn"), ("vgg_linear", "vgg11"), ("vgg_linear", "vgg16_bn")],
)
def test_vggs_compute_what_torchvisions_do(family: str, theirs: str) -> None:
    from torchvision.models import get_model

    section: dict[str, Any] = {"name": family, "depth": int(theirs[3:5])}
    section["batch_norm"] = theirs.endswith("bn")
    module = trained(build_model(options_of(section), CIFAR, 10, seed=1))
    whole = get_model(theirs, weights=None, init_weights=False)
    features = whole.get_submodule("features")
    start = "layer_blocks" if family == "vgg" else "features"
    ours = [value for key, value in module.state_dict().items() if key.startswith(start)]
    features.load_state_dict(dict(zip(features.state_dict(), ours, strict=True)))
    x = images(*CIFAR)
    wanted = module.get_submodule("classifier")(features.eval()(x).flatten(1))
    torch.testing.assert_close(module(x), wanted)


@pytest.mark.parametrize("depth", [16, 19])
def test_the_references_wiring_skips_layers_as_its_pairing_with_relus_does(depth: int) -> None:
    section = {"name": "vgg", "depth": depth, "batch_norm": True, "wiring": "reference"}
    module = trained(build_model(options_of(section), CIFAR, 10, seed=1))
    x = wanted = images(*CIFAR)
    for block in module.get_submodule("layer_blocks").children():
        layers = list(block.children())
        relus = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
        for layer, _ in zip(layers, relus, strict=False):
            wanted = functional.relu(layer(wanted))
        wanted = functional.max_pool2d(wanted, 2)
    wanted = module.get_submodule("classifier")(wanted.flatten(1))
    torch.testing.assert_close(module(x), wanted)
    module(x).sum().backward()
    unused = [key for key, tensor in module.named_parameters() if tensor.grad is None]
    sizes = [module.get_parameter(key).numel() for key in unused]
    # facts: 26 tensors of 5.50 M parameters are never used in VGG16BN, 32 of 10.81 M in VGG19BN.
    found = (len(unused), round(sum(sizes) / 1e6, 2))
    assert found == {16: (26, 5.5), 19: (32, 10.81)}[depth]
    correct = build_model(options_of({**section, "wiring": "correct"}), CIFAR, 10, seed=1)
    assert list(correct.state_dict()) == list(module.state_dict())


@pytest.mark.parametrize("batch_norm", [True, False])
def test_resnet18_computes_what_torchvisions_does_with_a_small_stem(*, batch_norm: bool) -> None:
    from torchvision.models import resnet18

    section = {"name": "resnet18", "batch_norm": batch_norm}
    module = trained(build_model(options_of(section), CIFAR, 10, seed=1))
    norm = nn.BatchNorm2d if batch_norm else nn.Identity
    theirs = resnet18(weights=None, num_classes=10, norm_layer=norm)
    theirs.add_module("conv1", nn.Conv2d(3, 64, 3, padding=1, bias=False))
    theirs.add_module("maxpool", nn.Identity())
    renamed = {
        key.replace("shortcut", "downsample").replace("linear", "fc"): value
        for key, value in module.state_dict().items()
    }
    theirs.load_state_dict(renamed)
    x = images(*CIFAR)
    torch.testing.assert_close(module(x), theirs.eval()(x))


def test_a_resnet_is_its_blocks_one_after_the_other() -> None:
    module = trained(build_model(options_of({"name": "resnet", "depth": 8}), CIFAR, 10, seed=1))
    part = module.get_submodule
    x = images(*CIFAR)
    wanted = functional.relu(part("bn1")(part("conv1")(x)))
    for stage in ("layer1.0", "layer2.0", "layer3.0"):
        inner = functional.relu(part(f"{stage}.bn1")(part(f"{stage}.conv1")(wanted)))
        inner = part(f"{stage}.bn2")(part(f"{stage}.conv2")(inner))
        wanted = functional.relu(inner + part(f"{stage}.shortcut")(wanted))
    torch.testing.assert_close(module(x), part("linear")(wanted.mean((2, 3))))
    assert [part(f"layer{n}.0.conv1").stride for n in (1, 2, 3)] == [(1, 1), (2, 2), (2, 2)]


def test_layer_norm_makes_the_channels_of_each_position_standard() -> None:
    section = {"name": "resnet", "depth": 8, "norm": "layer"}
    norm = build_model(options_of(section), DIGITS, 10, seed=1).get_submodule("layer1.0.bn1")
    normed = norm(3 + 2 * images(16, 5, 5))
    torch.testing.assert_close(normed.mean(1), torch.zeros(2, 5, 5), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        normed.var(1, unbiased=False), torch.ones(2, 5, 5), atol=1e-4, rtol=0
    )


def test_a_wide_block_strides_in_its_second_convolution() -> None:
    block = WideBlock(4, 6, 2, 0.0).eval()
    x = images(4, 8, 8)
    steps = [block.bn1, nn.ReLU(), block.conv1, block.bn2, nn.ReLU(), block.conv2]
    assert (block.conv1.stride, block.conv2.stride) == ((1, 1), (2, 2))
    torch.testing.assert_close(block(x), nn.Sequential(*steps)(x) + block.shortcut(x))
    whole = build_model(
        options_of({"name": "wideresnet", "depth": 10, "widen": 1}), DIGITS, 10, seed=1
    )
    assert [m.momentum for m in whole.modules() if isinstance(m, nn.BatchNorm2d)][-1] == 0.9


def test_the_tensorflow_ports_network_is_its_layers() -> None:
    module = build_model(options_of({"name": "CNNBN"}), MNIST, 10, seed=1)
    part = module.get_submodule
    steps = [
        *(part("conv1"), nn.ReLU(), part("bn1"), nn.MaxPool2d(2)),
        *(part("conv2"), nn.ReLU(), part("bn2"), nn.MaxPool2d(2)),
        *(part("conv3"), part("bn3"), nn.Flatten()),
        *(part("fc1"), nn.ReLU(), part("bn4")),
        *(part("fc2"), nn.ReLU(), part("bn5"), part("fc3")),
    ]
    x = torch.randn(4, *MNIST, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(module.eval()(x), nn.Sequential(*steps)(x))
    assert module.get_parameter("fc1.weight").shape == (64, 576)
    # Glorot's uniform bound is √(6 / (fan in + fan out)).
    bound = (6 / (9 * 1 + 9 * 32)) ** 0.5
    largest = module.get_parameter("conv1.weight").detach().abs().max().item()
    assert 0.9 * bound < largest <= bound
    assert not any(
        bool(tensor.any()) for key, tensor in module.named_parameters() if key.endswith("bias")
    )


@pytest.mark.parametrize(
    ("name", "shape"),
    [("VGG16BN", MNIST), ("vgg_linear", DIGITS), ("WideResNet28x10", (12,)), ("cnn", DIGITS)],
)
def test_inputs_that_a_network_cannot_take_are_told(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError, match=r"takes images \(channels × height × width\)"):
        on_meta({"name": name}, shape, 10)
