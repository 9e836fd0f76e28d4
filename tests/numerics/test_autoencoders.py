"""Autoencoders: published sizes and names, one range everywhere, symmetries of the code."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from mcworkbench import catalogue
from mcworkbench.config.options.model.autoencoder import AutoencoderOptions
from mcworkbench.data.resident import Split
from mcworkbench.errors import InvalidInputError
from mcworkbench.metrics.codes import code_distance, principal_frame, procrustes, signed_permutation
from mcworkbench.models import build_model
from mcworkbench.models.autoencoder import AbstractAutoencoder
from mcworkbench.stages.align_code import turn_code
from mcworkbench.tasks.reconstruction import Reconstruction

if TYPE_CHECKING:
    from mcworkbench.config.options.model.autoencoder import ImageRange

FACE = (3, 64, 64)
# As the first study registers them: import of its curves counts on this order.
SEED_ORDER = (
    *(f"{layer}{place}" for place in range(1, 6) for layer in ("e", "bn")),
    *("fc1", "d1"),
    *(f"{layer}" for place in range(2, 6) for layer in (f"d{place}", f"bn{place + 4}")),
    "d6",
)
Z_ORDER = (
    *(f"encoder.features.{place}" for place in (0, 3, 4, 7, 8, 11, 12, 15)),
    "encoder.fc_out.0",
    *(f"decoder.features.{place}" for place in (1, 2, 6, 7, 11, 12, 16, 17, 21)),
    "decoder.fc_in.0",
)
NAMES = [
    name
    for name, entry in catalogue.MODELS.items()
    if issubclass(catalogue.resolve(entry.options), AutoencoderOptions)
]
SMALL: dict[str, dict[str, Any]] = {
    "ae_seed": {"width": 2, "code": 6},
    "ae_z": {"width": 2, "code": 6, "dropout": 0.0},
    "ae_tiny": {"width": 3, "code": 6},
    "ae_dense": {"widths": [12], "code": 6},
}


def build(
    name: str, shape: tuple[int, ...] = (1, 32, 32), *, seed: int = 1, **chosen: Any
) -> AbstractAutoencoder:
    options: Any = catalogue.resolve(catalogue.MODELS[name].options)
    values = {**SMALL[name], **chosen} if shape != FACE else chosen
    made = build_model(options(name=name, **values), shape, math.prod(shape), seed)
    assert isinstance(made, AbstractAutoencoder)
    return made


@pytest.mark.parametrize(
    ("name", "count", "num_tensors", "order"),
    [("ae_seed", 9_623_491, 42, SEED_ORDER), ("ae_z", 17_944_512, 28, Z_ORDER)],
)
def test_sizes_names_and_order_are_the_studies(
    name: str, count: int, num_tensors: int, order: tuple[str, ...]
) -> None:
    named = dict(build(name, FACE).named_parameters())
    assert sum(tensor.numel() for tensor in named.values()) == count
    assert len(named) == num_tensors
    assert tuple(dict.fromkeys(key.rpartition(".")[0] for key in named)) == order


@pytest.mark.parametrize("name", ["ae_seed", "ae_z"])
def test_width_and_image_size_are_free_of_each_other(name: str) -> None:
    module = build(name, (3, 32, 96), width=5).eval()
    x = torch.rand(2, 3, 32, 96)
    assert module(x).shape == x.shape
    assert module.encode(x).shape == (2, 6)


@pytest.mark.parametrize("image_range", ["unit", "signed"])
@pytest.mark.parametrize("name", NAMES)
def test_data_network_and_metrics_share_one_range(name: str, image_range: ImageRange) -> None:
    pixels = torch.randint(0, 256, (6, 1, 32, 32), dtype=torch.uint8)
    pixels[0], pixels[1] = 0, 255
    mean, std = ((0.0,), (1.0,)) if image_range == "unit" else ((0.5,), (0.5,))
    split = Split(pixels, torch.zeros(6), mean, std, reconstructs=True)
    inputs, targets = split.take(torch.arange(6))
    low = 0.0 if image_range == "unit" else -1.0
    assert targets.data_ptr() == inputs.data_ptr()
    assert (targets.min().item(), targets.max().item()) == (low, 1.0)
    module = build(name, range=image_range)
    with torch.no_grad():
        # However large the activations: no reconstruction can leave the range of the data.
        outputs = module.decode(1e4 * torch.randn(64, 6))
    assert low <= outputs.min().item() < outputs.max().item() <= 1.0
    task = Reconstruction(image_range)
    reached = task.unit(torch.tensor([low, 1.0]))
    torch.testing.assert_close(reached, torch.tensor([0.0, 1.0]))
    worst = task.summarise(task.statistics(targets[:1], targets[1:2]).tolist())
    assert worst["mse"] == pytest.approx(1.0)
    assert task.summarise(task.statistics(targets, targets).tolist())["nll"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_noise_is_in_training_only_and_spares_the_target(name: str) -> None:
    module = build(name, noise=0.5)
    x = torch.rand(4, 1, 32, 32)
    before = x.clone()
    module.eval()
    torch.testing.assert_close(module(x), module(x))
    noisy = module.train().noise(x)
    assert (noisy - x).std().item() == pytest.approx(0.5, rel=0.1)
    torch.testing.assert_close(x, before, rtol=0, atol=0)
    assert build(name, noise=0.5, range="signed").noise.deviation == 1.0


@pytest.mark.parametrize("scheme", ["normal", "kaiming_normal", "kaiming_uniform"])
def test_init_schemes_are_the_studys(scheme: str) -> None:
    module = build("ae_seed", FACE, init=scheme)
    e4, bn4 = module.get_submodule("e4"), module.get_submodule("bn4")
    assert isinstance(e4, nn.Conv2d)
    assert isinstance(bn4, nn.BatchNorm2d)
    assert e4.bias is not None
    weight = e4.weight
    fan_in = 256 * 16
    spread = 0.02 if scheme == "normal" else math.sqrt(2 / (1 + 0.2**2) / fan_in)
    assert weight.std().item() == pytest.approx(spread, rel=0.02)
    is_flat = (weight.abs().max() / weight.std()).item() < 1.75
    assert is_flat == (scheme == "kaiming_uniform")
    assert e4.bias.abs().max() == 0
    assert bn4.weight.std().item() == pytest.approx(0.02, rel=0.2)


def test_an_image_of_the_wrong_size_is_told() -> None:
    with pytest.raises(
        InvalidInputError, match=r"multiples of 32 .* this data set has 1 × 28 × 28"
    ):
        build("ae_seed", (1, 28, 28))
    with pytest.raises(InvalidInputError, match="asks for 10 outputs"):
        build_model(
            catalogue.resolve(catalogue.MODELS["ae_tiny"].options)(name="ae_tiny"),
            (1, 28, 28),
            10,
            1,
        )
    with pytest.raises(InvalidInputError, match="reconstructs images"):
        build("ae_dense", (5,))


def rotation(size: int) -> Tensor:
    generator = torch.Generator().manual_seed(4)
    return torch.linalg.qr(torch.randn(size, size, generator=generator, dtype=torch.float64))[0]


def signed(size: int) -> Tensor:
    return torch.diag(torch.tensor([1.0, -1] * (size // 2), dtype=torch.float64)).roll(2, 0)


@pytest.mark.parametrize("name", NAMES)
def test_turning_a_code_changes_the_code_and_nothing_else(name: str) -> None:
    module = build(name).eval()
    x = torch.rand(5, 1, 32, 32)
    is_linear = module.code_kind == "linear"
    matrix = rotation(6) if is_linear else signed(6)
    shift = torch.linspace(-1, 1, 6, dtype=torch.float64) * is_linear
    with torch.no_grad():
        code, before = module.encode(x), module(x)
        turn_code(module, matrix, shift)
        turned, after = module.encode(x), module(x)
    torch.testing.assert_close(turned.double(), code.double() @ matrix.T + shift, atol=1e-5, rtol=0)
    assert (turned - code).abs().max() > 0.01
    torch.testing.assert_close(after, before, atol=1e-5, rtol=0)


def test_procrustes_finds_the_rotation_and_shift_again() -> None:
    codes = torch.randn(200, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    matrix, shift = rotation(5), torch.arange(5, dtype=torch.float64)
    found = procrustes(codes, codes @ matrix.T + shift)
    torch.testing.assert_close(found[0], matrix)
    torch.testing.assert_close(found[1], shift)


def test_the_signed_permutation_is_found_again() -> None:
    codes = torch.randn(200, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    matrix, _ = signed_permutation(codes, codes @ signed(6).T)
    torch.testing.assert_close(matrix, signed(6))


def test_unrelated_codes_are_a_root_of_two_apart() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(5000, 8, generator=generator) for _ in range(2))
    assert code_distance(a, b) == pytest.approx(math.sqrt(2), rel=0.02)
    assert code_distance(a, a) == 0


def test_principal_directions_equal_scikit_learns() -> None:
    from sklearn.decomposition import PCA

    codes = torch.randn(100, 7, generator=torch.Generator().manual_seed(1)) * torch.arange(1, 8)
    mean, frame, explained = principal_frame(codes)
    oracle = PCA(2).fit(codes.double().numpy())
    expected = torch.from_numpy(oracle.transform(codes.double().numpy()))
    ours = (codes.double() - mean) @ frame
    torch.testing.assert_close(ours.abs(), expected.abs(), atol=1e-8, rtol=1e-8)
    shares = torch.from_numpy(oracle.explained_variance_ratio_)
    torch.testing.assert_close(explained, shares)


def test_every_autoencoder_names_the_two_layers_of_its_code() -> None:
    for name in NAMES:
        module = build(name)
        writes = module.get_submodule(module.code_out)
        reads = module.get_submodule(module.code_in)
        assert isinstance(writes, nn.Linear)
        assert isinstance(reads, nn.Linear)
        assert writes.out_features == reads.in_features == 6
