"""Which network a state dict is, told from its names and shapes; looking without values."""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
import safetensors.torch
import torch
from pydantic import ValidationError
from torch import nn

from mcworkbench import catalogue
from mcworkbench.config.options.model import range_of
from mcworkbench.import_worker import Guesser, describe
from mcworkbench.models import build_model
from mcworkbench.models.guess import SIZES, guess
from mcworkbench.params import foreign_look
from mcworkbench.params.export import curve_state
from mcworkbench.params.flat import FlatModule

if TYPE_CHECKING:
    from pathlib import Path

_INPUTS = {"mlp": (784,), "cnn": (1, 28, 28)}


def built(section: dict[str, Any], input_shape: tuple[int, ...], num_outputs: int) -> nn.Module:
    options = catalogue.resolve(catalogue.MODELS[section["name"]].options)
    return build_model(options.model_validate(section), input_shape, num_outputs, 0)


def shapes_of(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize("family", list(catalogue.MODELS))
def test_a_network_of_the_catalogue_is_recognised_or_none_is(family: str) -> None:
    options = catalogue.resolve(catalogue.MODELS[family].options)
    try:
        section = options.model_validate({"name": family})
    except ValidationError:
        pytest.skip("has no sizes by default")
    shape = _INPUTS.get(family, (3, 32, 32))
    outputs = math.prod(shape) if range_of(section) else 7
    shapes = shapes_of(build_model(section, shape, outputs, 0))
    found = guess(shapes)
    # Families may overlap (vgg16 is a vgg); what is proposed has the very same tensors.
    for proposal in found.sections:
        again = built(proposal, shape, outputs)
        assert sorted(shapes_of(again).values()) == sorted(shapes.values())
    if family in {"mlp", "preresnet", "vgg16"}:
        assert found.sections[0] == {"name": family}


@pytest.mark.parametrize(
    ("section", "input_shape", "num_outputs"),
    [
        ({"name": "mlp", "widths": (2000,)}, (784,), 10),
        ({"name": "mlp", "widths": (400, 200, 100), "bias": False}, (784,), 10),
        ({"name": "mlp", "widths": ()}, (3072,), 100),
        ({"name": "preresnet", "depth": 8}, (1, 8, 8), 10),
        ({"name": "preresnet", "depth": 164}, (3, 32, 32), 100),
    ],
)
def test_sizes_are_read_off_the_shapes(
    section: dict[str, Any], input_shape: tuple[int, ...], num_outputs: int
) -> None:
    found = guess(shapes_of(built(section, input_shape, num_outputs)))
    assert found.sections[0] == section
    assert (found.num_inputs, found.num_outputs) == (input_shape[0], num_outputs)
    assert found.takes_images == (len(input_shape) == 3)


def test_names_do_not_matter_where_shapes_fit() -> None:
    # Published: 784-400-200-100-10 without bias, layers called fc1 to fc4.
    sizes = [784, 400, 200, 100, 10]
    shapes = {f"fc{place}.weight": (sizes[place], sizes[place - 1]) for place in range(1, 5)}
    assert guess(shapes).sections[0] == {"name": "mlp", "widths": (400, 200, 100), "bias": False}


@pytest.mark.parametrize(
    ("section", "input_shape"),
    [
        ({"name": "mlp", "widths": (48,)}, (64,)),
        ({"name": "cnn"}, (1, 28, 28)),
        ({"name": "preresnet", "depth": 8}, (3, 32, 32)),
    ],
)
def test_a_file_that_lost_the_order_of_its_names_is_recognised_by_them(
    section: dict[str, Any], input_shape: tuple[int, ...]
) -> None:
    shapes = shapes_of(built(section, input_shape, 10))
    backwards = {name: shapes[name] for name in reversed(shapes)}
    assert guess(backwards).sections[0] == section
    assert guess(backwards).num_outputs == 10


def test_what_fits_nothing_names_what_it_is_most_like() -> None:
    shapes = shapes_of(built({"name": "vgg16"}, (3, 32, 32), 10))
    shapes["layer_blocks.0.0.weight"] = (64, 3, 5, 5)
    found = guess(shapes)
    assert found.sections == ()
    assert found.nearest[0].startswith("vgg")
    assert guess({}).sections == guess({"a": (3,)}).sections == ()


def test_a_chain_that_does_not_close_is_no_multilayer_perceptron() -> None:
    assert not list(SIZES["mlp"]({"a.weight": (5, 4), "b.weight": (3, 6)}))
    assert not list(SIZES["preresnet"]({"layer1.conv.weight": (5, 4, 3, 3)}))


def test_a_curve_is_recognised_by_its_first_node(tmp_path: Path) -> None:
    flat = FlatModule(built({"name": "preresnet", "depth": 8}, (3, 32, 32), 10))
    nodes_KD = flat.params.detach().expand(4, -1).clone()
    state = curve_state(nodes_KD, flat.layout, "polychain", 4, buffers=flat.buffers())
    torch.save({"epoch": 3, "model_state": state, "optimizer_state": {}}, tmp_path / "c.pt")
    found = describe(tmp_path / "c.pt", Guesser())
    assert (found["what"], found["curve"], found["num_nodes"]) == ("curve", "polychain", 4)
    assert found["epoch"] == 3
    assert found["models"] == [{"name": "preresnet", "depth": 8}]


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_look_tells_names_shapes_and_epoch_of_either_torch_format(
    tmp_path: Path, is_zip: bool
) -> None:
    state = built({"name": "mlp", "widths": (3,)}, (4,), 2).state_dict()
    path = tmp_path / "n.checkpoint"
    content = {"epoch": 7, "test_accuracy": 0.5, "model_state_dict": state}
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    looked = foreign_look.look_at(path)
    assert (looked.what, looked.epoch) == ("network", 7)
    assert looked.shapes == {name: tuple(value.shape) for name, value in state.items()}


def test_safetensors_and_states_of_optimisers_are_told_apart(tmp_path: Path) -> None:
    module = built({"name": "mlp", "widths": (3,)}, (4,), 2)
    safetensors.torch.save_file(module.state_dict(), tmp_path / "n.safetensors")
    assert foreign_look.look_at(tmp_path / "n.safetensors").shapes["fc.0.weight"] == (3, 4)
    torch.save(torch.optim.SGD(module.parameters(), lr=0.1).state_dict(), tmp_path / "n_opt.pt")
    assert foreign_look.look_at(tmp_path / "n_opt.pt").what == "optimizer"
    (tmp_path / "cut.safetensors").write_bytes(b"\x08")
    assert "not a whole" in foreign_look.look_at(tmp_path / "cut.safetensors").problem


def test_a_file_that_hangs_or_ends_its_reader_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "n.pt").write_bytes(b"")

    def hang(_: Path) -> None:
        time.sleep(60)

    def end(_: Path) -> None:
        os._exit(3)

    for spoil in (hang, end):
        monkeypatch.setattr(foreign_look.foreign_child, "look", spoil)
        looked = foreign_look.look_at(tmp_path / "n.pt", time_limit_s=0.5)
        assert looked.what == "refused"
        assert "was not read within 0.5 s" in looked.problem
