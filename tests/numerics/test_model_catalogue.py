"""Every family of the catalogue learns, is stored, joined and laid out like every other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from mcworkbench import catalogue
from mcworkbench.config import user_class
from mcworkbench.models import build_model
from mcworkbench.models.product import (
    load_network,
    model_document,
    model_options,
    network_files,
    open_flat,
    read_model_document,
)
from mcworkbench.params.flat import FlatModule
from mcworkbench.paths.curve import make_curve
from tests.numerics.model_samples import (
    SAMPLES,
    sample_inputs,
    sample_network,
    sample_options,
    sample_outputs,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_class, "_permissions", [True])


def test_every_family_has_a_sample(tmp_path: Path) -> None:
    assert {sample_options(name, tmp_path).family for name in SAMPLES} == {*catalogue.MODELS}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_network_learns_from_every_parameter(name: str, tmp_path: Path) -> None:
    module = sample_network(name, tmp_path)
    for layer in module.modules():
        if isinstance(layer, nn.Dropout):
            layer.eval()
    outputs = module(sample_inputs(name, 4))
    assert outputs.flatten(1).shape == (4, sample_outputs(name))
    assert bool(outputs.isfinite().all())
    outputs.square().sum().backward()
    for key, parameter in module.named_parameters():
        assert parameter.grad is not None, key
        assert bool(parameter.grad.isfinite().all()), key
        assert bool(parameter.grad.any()), key


@pytest.mark.parametrize("name", SAMPLES)
def test_a_seed_repeats_a_network_and_touches_no_generator(name: str, tmp_path: Path) -> None:
    options, shape = sample_options(name, tmp_path), SAMPLES[name][1]
    before = torch.get_rng_state()
    first, again, other = (
        build_model(options, shape, sample_outputs(name), seed) for seed in (1, 1, 2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert first.training
    pairs = zip(first.parameters(), again.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(next(first.parameters()), next(other.parameters()))
    assert {tensor.dtype for tensor in first.parameters()} == {torch.float32}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_network_comes_back_from_its_files(name: str, tmp_path: Path) -> None:
    options, shape = sample_options(name, tmp_path), SAMPLES[name][1]
    module = sample_network(name, tmp_path).eval()
    x = sample_inputs(name)
    wanted = module(x)
    flat = FlatModule(module)
    assert torch.equal(flat(x), wanted)
    document = model_document(options, shape, sample_outputs(name), flat.layout)
    for file, content in network_files(flat, document).items():
        (tmp_path / file).write_bytes(content)
    assert model_options(read_model_document(tmp_path)) == options
    again = open_flat(tmp_path, device="cpu")
    load_network(again, tmp_path, where="the test")
    assert torch.equal(again.module.eval()(x), wanted)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_curve_ends_in_its_ends(name: str, tmp_path: Path) -> None:
    x = sample_inputs(name)
    ends = [FlatModule(sample_network(name, tmp_path, seed).eval()) for seed in (1, 2)]
    with torch.no_grad():
        wanted = [end(x) for end in ends]
    middle = torch.randn_like(ends[0].params)
    nodes_KD = torch.stack([ends[0].params, middle, ends[1].params])
    point = FlatModule(sample_network(name, tmp_path, 3).eval())
    for curve in catalogue.CURVES:
        weights_TK = make_curve(curve, 3).coefficients(torch.tensor([0.0, 1.0]))
        for weights_K, end, outputs in zip(weights_TK, ends, wanted, strict=True):
            point.set_params(weights_K @ nodes_KD)
            point.load_buffers(end.save_buffers())
            torch.testing.assert_close(point(x), outputs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", [name for name in SAMPLES if len(SAMPLES[name][1]) == 3])
def test_channels_last_changes_no_output(name: str, tmp_path: Path) -> None:
    module = sample_network(name, tmp_path).eval()
    x = sample_inputs(name)
    with torch.no_grad():
        plain = module(x)
        laid_out = module(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(laid_out, plain, atol=1e-5, rtol=1e-4)
