"""Metrics of images against torchmetrics, closed forms and the published network's own code."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import torchmetrics
from torch import Tensor, nn
from torchmetrics.functional.image import structural_similarity_index_measure
from torchmetrics.image import PeakSignalNoiseRatio

from mcworkbench.config.options.loss import LossOptions
from mcworkbench.config.options.model import Vgg16Options
from mcworkbench.metrics import images
from mcworkbench.metrics.perceptual import (
    LPIPS_LAYERS,
    LPIPS_SCALE,
    LPIPS_SHIFT,
    Lpips,
    PerceptualLoss,
)
from mcworkbench.metrics.vgg_features import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    VggFeatures,
    from_own_vgg,
    random_features,
    smallest_side,
)
from mcworkbench.models import build_model
from mcworkbench.params.foreign import read_foreign

HEADS = Path(torchmetrics.__file__).parent / "functional/image/lpips_models/vgg.pth"


def pair(*shape: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    x = torch.rand(shape, generator=generator)
    return x, (x + 0.2 * torch.randn(shape, generator=generator)).clamp(0, 1)


@pytest.mark.parametrize("shape", [(5, 3, 64, 64), (5, 1, 28, 28), (2, 3, 32, 48), (3, 1, 12, 8)])
def test_ssim_equals_torchmetrics(shape: tuple[int, ...]) -> None:
    x, y = pair(*shape)
    expected = structural_similarity_index_measure(x, y, data_range=1.0, reduction="none")
    torch.testing.assert_close(images.ssim(x, y), expected, atol=2e-5, rtol=0)


def test_ssim_of_equal_images_is_one_down_to_one_pixel() -> None:
    for side in (1, 2, 5):
        x, _ = pair(2, 1, side, side)
        torch.testing.assert_close(images.ssim(x, x), torch.ones(2))


def test_psnr_is_the_mean_over_images_and_never_infinite() -> None:
    x, y = pair(6, 3, 16, 16)
    oracle = [PeakSignalNoiseRatio(data_range=1.0)(a, b) for a, b in zip(y, x, strict=True)]
    torch.testing.assert_close(images.psnr(images.mse(x, y)), torch.stack(oracle))
    assert images.psnr(torch.zeros(1)).item() == 100


def test_the_laplacian_sees_a_change_of_brightness() -> None:
    x, _ = pair(2, 3, 64, 64)
    shift = torch.full((2,), 0.3)
    torch.testing.assert_close(images.laplacian(x, x + 0.3, 3), shift, atol=1e-5, rtol=0)
    # What the source's loss would say: the bands alone are blind to it.
    bands = images.laplacian(x, x + 0.3, 3) - shift
    assert bands.abs().max() < 1e-5


def test_the_laplacian_equals_one_computed_image_by_image() -> None:
    x, y = pair(3, 1, 32, 32)
    taps = torch.tensor([1.0, 4, 6, 4, 1]) / 16
    kernel = torch.outer(taps, taps)[None, None]
    blur = nn.Sequential(nn.ReflectionPad2d(2))

    def bands(image: Tensor) -> list[Tensor]:
        found: list[Tensor] = []
        for _ in range(2):
            small = nn.functional.conv2d(blur(image), kernel)[..., ::2, ::2]
            spread = torch.zeros_like(image)
            spread[..., ::2, ::2] = small
            found.append(image - nn.functional.conv2d(blur(spread), 4 * kernel))
            image = small
        return [*found, image]

    expected = [
        sum(
            (a - b).abs().mean()
            for a, b in zip(bands(x[n : n + 1]), bands(y[n : n + 1]), strict=True)
        )
        for n in range(3)
    ]
    torch.testing.assert_close(images.laplacian(x, y, 2), torch.stack(expected))  # type: ignore[arg-type]


@pytest.mark.parametrize(("side", "levels"), [(64, 5), (28, 3), (8, 2), (4, 1)])
def test_a_pyramid_stops_where_the_image_becomes_too_small(side: int, levels: int) -> None:
    assert images.pyramid_levels(side, 12) == levels
    x, y = pair(1, 1, side, side)
    assert math.isfinite(images.laplacian(x, y, 12).item())


def test_features_are_those_of_torchvisions_vgg16_with_the_same_weights() -> None:
    from torchvision.models import vgg16

    tensors = random_features(5)
    oracle = vgg16(weights=None).features.eval()
    oracle.load_state_dict({k.removeprefix("features."): v for k, v in tensors.items()})
    x, _ = pair(2, 3, 32, 32)
    names = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
    ours = VggFeatures(names, tensors, mean=IMAGENET_MEAN, std=IMAGENET_STD, source="test")(x)
    mean, std = (torch.tensor(v)[None, :, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    maps, value = [], (x - mean) / std
    for place, layer in enumerate(oracle.children()):
        value = layer(value)
        if place in (3, 8, 15, 22, 29):
            maps.append(value.clone())
    for mine, theirs in zip(ours, maps, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_features_of_our_own_vgg_are_its_own_maps() -> None:
    module = build_model(Vgg16Options(name="vgg16"), (3, 32, 32), 10, seed=2)
    x, _ = pair(2, 3, 32, 32)
    features = VggFeatures(
        ("relu2_2",), from_own_vgg(module.state_dict()), mean=(0.0,), std=(1.0,), source="own"
    )
    blocks = list(module.layer_blocks)  # type: ignore[arg-type]
    value = x
    for convolution in blocks[0]:
        value = convolution(value).relu()
    value = nn.functional.max_pool2d(value, 2)
    for convolution in blocks[1]:
        value = convolution(value).relu()
    torch.testing.assert_close(features(x)[0], value)


def test_nothing_flows_into_the_features_or_the_target() -> None:
    x, y = pair(2, 1, 28, 28)
    x.requires_grad_()
    y.requires_grad_()
    options = LossOptions(name="perceptual")
    loss = PerceptualLoss(options, _features(options))
    loss(x, y).mean().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in loss.parameters())


def test_the_seeds_variant_divides_by_the_area_once_more() -> None:
    options = LossOptions(name="perceptual", variant="seed")
    features = _features(options, side=224)
    x, y = pair(1, 3, 64, 64)
    loss = PerceptualLoss(options, features)(x, y)
    expected = sum(
        ((a - b) ** 2).mean() / (a.shape[-1] * a.shape[-2])
        for a, b in zip(features(x), features(y), strict=True)
    )
    torch.testing.assert_close(loss[0], expected)


def _features(options: LossOptions, side: int = 0) -> VggFeatures:
    layers = [name for name, _ in options.compared()]
    return VggFeatures(
        layers, random_features(1), mean=IMAGENET_MEAN, std=IMAGENET_STD, source="", side=side
    )


@pytest.mark.parametrize(("layer", "side"), [("relu1_2", 1), ("relu3_3", 4), ("relu5_3", 16)])
def test_the_smallest_image_of_a_layer_leaves_one_pixel(layer: str, side: int) -> None:
    assert smallest_side(layer) == side
    features = VggFeatures((layer,), random_features(0), mean=(0.0,), std=(1.0,), source="")
    assert features(torch.rand(1, 3, side, side))[0].shape[-2:] == (1, 1)


def test_lpips_equals_torchmetrics_with_the_same_backbone() -> None:
    from torchmetrics.functional.image.lpips import _LPIPS

    backbone = random_features(7)
    heads = read_foreign(HEADS).tensors
    oracle = _LPIPS(pretrained=True, net="vgg", pnet_rand=True, eval_mode=True)
    _give(oracle, backbone)
    x, y = pair(3, 3, 64, 64)
    expected = oracle(x, y, normalize=True).flatten()
    torch.testing.assert_close(Lpips(backbone, heads)(x, y), expected, atol=1e-5, rtol=1e-4)


def _give(oracle: nn.Module, backbone: dict[str, Tensor]) -> None:
    """Put our weights into the oracle's VGG, whose slices keep torchvision's numbers."""
    state = oracle.state_dict()
    for name in state:
        if name.startswith("net.slice"):
            number, part = name.split(".")[2:]
            state[name] = backbone[f"features.{number}.{part}"]
    oracle.load_state_dict(state)
    scaling = oracle.get_submodule("scaling_layer")
    assert scaling.get_buffer("shift").flatten().tolist() == pytest.approx(LPIPS_SHIFT)
    assert scaling.get_buffer("scale").flatten().tolist() == pytest.approx(LPIPS_SCALE)
    assert len(LPIPS_LAYERS) == 5
