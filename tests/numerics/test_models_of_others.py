"""Networks that are not ours: torchvision's, and classes of the user's own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from mcworkbench.config import user_class
from mcworkbench.config.options.model.torchvision import ARCHITECTURES
from mcworkbench.config.user_class import find_source
from mcworkbench.errors import InvalidInputError
from mcworkbench.models import build_model
from mcworkbench.models.fitting import check_fits
from tests.numerics.model_samples import CIFAR, DIGITS, MNIST, OWN_SOURCE, options_of

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.config.options.model import AnyModelOptions


def test_every_classification_network_of_torchvision_is_known() -> None:
    from torchvision import models

    assert sorted(ARCHITECTURES) == models.list_models(module=models)


@pytest.mark.parametrize(
    ("arch", "shape", "num_params"),
    [
        # Counts of torchvision's documentation, less its 1000 classes, plus ours.
        ("resnet18", CIFAR, 11_689_512 - 513 * 990),
        ("vit_b_32", (3, 224, 224), 88_224_232 - 769 * 990),
        ("googlenet", (3, 96, 96), 6_624_904 - 1025 * 990),
        ("efficientnet_b0", CIFAR, 5_288_548 - 1281 * 990),
    ],
)
def test_a_network_of_torchvision_has_ten_outputs(
    arch: str, shape: tuple[int, ...], num_params: int
) -> None:
    with torch.device("meta"):
        module = build_model(options_of({"name": f"torchvision:{arch}"}), shape, 10, seed=1)
    assert sum(parameter.numel() for parameter in module.parameters()) == num_params
    assert module.training


def test_a_transformer_is_made_for_the_size_of_the_images() -> None:
    with torch.device("meta"):
        module = build_model(options_of({"name": "torchvision:vit_b_32"}), (3, 64, 64), 10, 1)
    # Four patches of 32 pixels and the class token.
    assert module.get_parameter("encoder.pos_embedding").shape == (1, 5, 768)


@pytest.mark.parametrize(
    ("arch", "shape"),
    [("alexnet", CIFAR), ("mobilenet_v3_small", MNIST), ("vit_b_16", (3, 30, 30))],
)
def test_what_torchvisions_networks_cannot_take_is_said_at_once(
    arch: str, shape: tuple[int, ...]
) -> None:
    told = rf"torchvision:{arch}: .*{' × '.join(map(str, shape))}"
    with torch.device("meta"), pytest.raises(InvalidInputError, match=told):
        build_model(options_of({"name": f"torchvision:{arch}"}), shape, 10, seed=1)


class Odd(nn.Module):
    """A network that looks at values, and counts its examples in a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(x.flatten(1))
        return self.head(x) if x.abs().sum().item() > 1e9 else self.head(-x)


def test_looking_at_a_network_leaves_it_as_it_was() -> None:
    module = Odd()
    module.head.eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    check_fits(module, (4,), 3, where="Odd")
    assert (module.training, module.norm.training, module.head.training) == (True, True, False)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(user_class, "_permissions", [True])
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "own_net.py").write_text(OWN_SOURCE)
    return tmp_path


def own(folder: Path, **more: Any) -> AnyModelOptions:
    target = more.pop("target", "own_net:Net")
    found = find_source(target, folder)
    options = options_of({"name": target, "arguments": more})
    return options.model_copy(update={"folder": str(folder), "digest": found.digest})


def test_a_class_gets_what_it_asks_for_of_the_data_and_its_arguments(folder: Path) -> None:
    module = build_model(own(folder, width=5), (2, 9, 9), 6, seed=1)
    assert module.get_parameter("conv.weight").shape == (5, 2, 3, 3)
    assert module.get_parameter("head.weight").shape == (6, 5)


def test_a_class_without_trust_is_not_even_imported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_class, "_permissions", list[bool]())
    (folder / "other_net.py").write_text("raise SystemExit\nclass Net: ...\n")
    with pytest.raises(InvalidInputError, match="add --trust"):
        build_model(own(folder, target="other_net:Net"), DIGITS, 10, seed=1)


def test_a_changed_class_is_another_network(folder: Path) -> None:
    options = own(folder)
    build_model(options, DIGITS, 10, seed=1)
    (folder / "own_net.py").write_text(OWN_SOURCE.replace("width=4", "width=6"))
    with pytest.raises(InvalidInputError, match=r"own_net.py or a file .* has changed since"):
        build_model(options, DIGITS, 10, seed=1)
    # A notebook that goes on gets the new one.
    assert build_model(own(folder), DIGITS, 10, seed=1).get_parameter("head.weight").shape[1] == 6


@pytest.mark.parametrize(
    ("source", "arguments", "sentence"),
    [
        (
            OWN_SOURCE,
            {"depth": 3},
            r"Net\(in_channels=1, .*depth=3\) raised TypeError",
        ),
        (OWN_SOURCE.replace(".mean((2, 3))", ""), {}, "cannot take this data set's inputs"),
        (OWN_SOURCE.replace("Linear(width, num_classes)", "Linear(width, 3)"), {}, r"\(2, 3\)"),
        (OWN_SOURCE.replace("return self.head", "return 1, self.head"), {}, "gives a tuple"),
        ("class Net: ...", {}, "Net is no nn.Module class"),
        ("import nowhere\nclass Net: ...", {}, "raised ModuleNotFoundError: No module named"),
    ],
)
def test_what_is_wrong_with_a_class_is_one_sentence(
    folder: Path, source: str, arguments: dict[str, Any], sentence: str
) -> None:
    (folder / "own_net.py").write_text(source)
    with pytest.raises(InvalidInputError, match=rf"^\[model\] own_net:Net: .*{sentence}"):
        build_model(own(folder, **arguments), DIGITS, 10, seed=1)
