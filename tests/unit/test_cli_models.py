"""`mcworkbench models`: what [model] name can say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.catalogue import MODELS
from mcworkbench.cli.completion import model_names
from mcworkbench.cli.entry import enter
from mcworkbench.config.published import PUBLISHED

if TYPE_CHECKING:
    Said = pytest.CaptureFixture[str]


def test_every_family_and_published_name_is_listed(capsys: Said) -> None:
    assert enter(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    first = [line.split()[0] for line in lines if line]
    assert {*MODELS, *PUBLISHED} <= {*first}
    vgg = next(line for line in lines if line.startswith("VGG16BN "))
    assert "vgg with depth = 16, batch_norm = true" in vgg
    assert vgg.endswith("15,253,578")


def test_the_list_as_json(capsys: Said) -> None:
    assert enter(["models", "--json"]) == 0
    listed: dict[str, list[dict[str, Any]]] = json.loads(capsys.readouterr().out)
    assert [family["name"] for family in listed["families"]] == list(MODELS)
    lenet = next(one for one in listed["published"] if one["name"] == "LeNet-300-100")
    assert lenet == {
        "name": "LeNet-300-100",
        "family": "mlp",
        "options": {"widths": [300, 100]},
        "source": "LeCun et al. 1998",
        "parameters": 266_610,
        "input_shape": [1, 28, 28],
        "outputs": 10,
    }


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("VGG16BN", "VGG16BN stands for vgg with depth = 16, batch_norm = true"),
        ("WideResNet16x4", "WideResNet16x4 stands for wideresnet with depth = 16, widen = 4"),
        ("torchvision:vit_b_16", 'stands for torchvision with arch = "vit_b_16"'),
        ("my_nets:Net", 'stands for own with target = "my_nets:Net"'),
        ("resnet", "published names of this family: ResNet20, ResNet20x4"),
        ("mlp", "Units of each hidden layer"),
    ],
)
def test_one_network_is_explained(name: str, told: str, capsys: Said) -> None:
    assert enter(["models", name]) == 0
    assert told in capsys.readouterr().out


def test_one_network_as_json(capsys: Said) -> None:
    assert enter(["models", "VGG19BN", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["family"], shown["parameters"]) == ("vgg", 20_565_834)
    assert [key["name"] for key in shown["keys"]] == ["dropout", "wiring"]


def test_an_unknown_network_is_one_sentence(capsys: Said) -> None:
    assert enter(["models", "PreResNet"]) == 0
    assert enter(["models", "LeNet"]) == 2
    assert capsys.readouterr().err.count("no model is called 'LeNet'") == 1


def test_the_shell_completes_families_and_published_names() -> None:
    assert ("VGG19", "vgg with depth = 19, batch_norm = false") in model_names("VGG1")
    assert model_names("preres") == [("preresnet", MODELS["preresnet"].title)]
