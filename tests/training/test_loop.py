"""The real loop takes the steps of a plain PyTorch loop, tensor by tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch.testing import assert_close

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.model import MlpOptions, PreResNetOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.models import build_model
from mcworkbench.params.store import read_tensors
from mcworkbench.paths.path import open_path
from mcworkbench.stages import curve as curve_stage
from mcworkbench.stages import endpoint as endpoint_stage
from tests.training.memory_workspace import MemoryWorkspace, drive
from tests.training.plain_loop import train_curve, train_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

MLP = MlpOptions(name="mlp", widths=(12,))
RESNET = PreResNetOptions(name="preresnet", depth=8)
SHAPE, NUM_OUTPUTS = (1, 8, 8), 10


def trained(options: EndpointOptions, digits: Path, folder: Path) -> dict[str, Tensor]:
    workspace = MemoryWorkspace(options, folder, {"dataset": digits})
    drive(endpoint_stage.run(workspace))
    return read_tensors(workspace.folder / "network.safetensors")


RULES: list[dict[str, Any]] = [
    {"optimizer": "sgd", "momentum": 0.0},
    {"optimizer": "sgd", "momentum": 0.9},
    {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    {"optimizer": "adam", "lr": 0.003, "weight_decay": 0.01, "beta1": 0.8},
    {"optimizer": "adamw", "lr": 0.003, "weight_decay": 0.1, "beta2": 0.99},
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: "-".join(map(str, rule.values())))
@pytest.mark.parametrize("model", [MLP, RESNET], ids=["mlp", "preresnet"])
def test_a_network_is_trained_as_torch_trains_it(
    model: Any, rule: dict[str, Any], digits: Path, tmp_path: Path
) -> None:
    options = EndpointOptions.model_validate(
        {
            "model": model,
            "epochs": 2 if model is MLP else 1,
            "batch_size": 64,
            "schedule": "constant",
            "init_seed": 3,
            "order_seed": 4,
            "augment_seed": 5,
            **rule,
        }
    )
    found = trained(options, digits, tmp_path / "net")
    module = build_model(model, SHAPE, NUM_OUTPUTS, 3)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    train_network(module, open_dataset(digits), options)
    expected = module.state_dict()
    assert found.keys() == expected.keys()
    assert any(not torch.equal(before[name], value) for name, value in expected.items())
    for name, value in expected.items():
        assert_close(
            found[name], value, rtol=1e-5, atol=1e-6, msg=lambda text, n=name: f"{n}: {text}"
        )


def test_sgd_has_the_very_bits_of_torch(digits: Path, tmp_path: Path) -> None:
    options = EndpointOptions(model=MLP, epochs=2, batch_size=64, schedule="constant")
    found = trained(options, digits, tmp_path / "net")
    module = build_model(MLP, SHAPE, NUM_OUTPUTS, options.init_seed)
    train_network(module, open_dataset(digits), options)
    for name, value in module.state_dict().items():
        assert torch.equal(found[name], value), name


CURVES: list[dict[str, Any]] = [
    {"name": "bezier", "bends": 1, "model": MLP},
    {"name": "bezier", "bends": 3, "model": MLP, "weight_decay": 0.05},
    {"name": "polychain", "bends": 2, "model": MLP, "momentum": 0.0},
    {"name": "bezier", "bends": 1, "model": MLP, "fix_start": False, "fix_end": False},
    {"name": "polychain", "bends": 1, "model": RESNET},
]


@pytest.mark.parametrize(
    "chosen", CURVES, ids=lambda c: "-".join(str(v) for k, v in c.items() if k != "model")
)
def test_a_curve_is_trained_as_autograd_through_its_points_trains_it(
    chosen: dict[str, Any],
    digits: Path,
    train_end: Callable[[Any, int], Path],
    tmp_path: Path,
) -> None:
    model = chosen["model"]
    ends = [train_end(model, 1), train_end(model, 2)]
    options = CurveOptions.model_validate(
        {
            "epochs": 2 if model is MLP else 1,
            "batch_size": 64,
            "schedule": "constant",
            "order_seed": 7,
            "probe_points": 0,
            **{key: value for key, value in chosen.items() if key != "model"},
        }
    )
    inputs = {"dataset": digits, "first": ends[0], "last": ends[1]}
    workspace = MemoryWorkspace(options, tmp_path / "curve", inputs)
    drive(curve_stage.run(workspace))
    path = open_path(workspace.folder)

    module = build_model(model, SHAPE, NUM_OUTPUTS, 0)
    names = [name for name, _ in module.named_parameters()]
    first, last = (read_tensors(end / "network.safetensors") for end in ends)
    num_nodes = options.num_nodes
    shares = [k / (num_nodes - 1) for k in range(num_nodes)]
    nodes = [{n: (1 - s) * first[n] + s * last[n] for n in names} for s in shares]
    free = set(range(num_nodes))
    free -= {0} if options.fix_start else set()
    free -= {num_nodes - 1} if options.fix_end else set()
    train_curve(module, nodes, free, open_dataset(digits), options)
    for k, node in enumerate(nodes):
        for entry in path.layout.entries:
            found = path.nodes_KD[k, entry.offset : entry.offset + entry.size]
            expected = node[entry.name].detach().flatten()
            assert_close(found, expected, rtol=1e-4, atol=2e-6)
            start = (1 - shares[k]) * first[entry.name] + shares[k] * last[entry.name]
            moved = (expected - start.flatten()).abs().max().item()
            assert (moved > 1e-4) == (k in free), (k, entry.name)


def test_gradients_of_pieces_of_a_batch_add_up_to_those_of_the_batch(
    digits: Path, tmp_path: Path
) -> None:
    found: list[dict[str, Tensor]] = []
    # 300 examples in batches of 64: the last has 44, so its pieces are uneven.
    for micro in (0, 20, 1):
        options = EndpointOptions(model=MLP, epochs=1, batch_size=64, micro_batch=micro)
        found.append(trained(options, digits, tmp_path / f"micro-{micro}"))
    for other in found[1:]:
        for name, value in found[0].items():
            assert_close(other[name], value, rtol=1e-5, atol=1e-6)


def test_steps_and_the_last_small_batch_can_be_left_out(digits: Path, tmp_path: Path) -> None:
    lengths: list[int] = []
    for chosen in ({}, {"drop_last": True}, {"steps_per_epoch": 2}, {"steps_per_epoch": 99}):
        options = EndpointOptions.model_validate(
            {"model": MLP, "epochs": 1, "batch_size": 64, "log_every": 1, **chosen}
        )
        workspace = MemoryWorkspace(options, tmp_path / f"{len(lengths)}", {"dataset": digits})
        events, _ = drive(endpoint_stage.run(workspace))
        lengths.append(max(getattr(event, "step", 0) for event in events))
    assert lengths == [5, 4, 2, 5]


def test_bfloat16_computes_coarsely_and_keeps_its_parameters_fine(
    digits: Path, tmp_path: Path
) -> None:
    given = {"model": MLP, "epochs": 1, "batch_size": 64, "schedule": "constant"}
    fine = trained(EndpointOptions.model_validate(given), digits, tmp_path / "fine")
    coarse_options = EndpointOptions.model_validate({**given, "precision": "bfloat16"})
    coarse = trained(coarse_options, digits, tmp_path / "coarse")
    for name, value in fine.items():
        assert coarse[name].dtype == torch.float32
        assert not torch.equal(coarse[name], value)
        # Values that bfloat16 could not hold show that steps were not rounded to it.
        assert not torch.equal(coarse[name], coarse[name].bfloat16().float())
        assert_close(coarse[name], value, rtol=0.05, atol=0.02)
