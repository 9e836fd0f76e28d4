"""Published names of networks: what they stand for, in presets, keys and forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcworkbench.catalogue import MODELS
from mcworkbench.config.fields import form_field
from mcworkbench.config.loading import build_experiment, parse_experiment
from mcworkbench.config.published import PUBLISHED, stands_for, told_as, written_out
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.errors import PresetError
from mcworkbench.plans.expand import expand

GOOD = (Path(__file__).resolve().parents[1] / "data" / "presets" / "good.toml").read_text()
MODEL = '[model]\nname = "mlp"\nwidths = [32, 32]\n'


def text_with(model: str) -> str:
    assert MODEL in GOOD
    return GOOD.replace(MODEL, f"[model]\n{model}\n")


def keys(model: str) -> list[str]:
    return [n.key for n in expand(parse_experiment(text_with(model), "p.toml")).nodes.values()]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("VGG16", 'name = "vgg16"'),
        ("VGG16BN", 'name = "vgg"\ndepth = 16\nbatch_norm = true'),
        ("PreResNet110", 'name = "preresnet"\ndepth = 110'),
        ("PreResNet56", 'name = "preresnet"\ndepth = 56'),
        ("WideResNet28x10", 'name = "wideresnet"'),
        ("WideResNet16x4", 'name = "wideresnet"\ndepth = 16\nwiden = 4'),
        ("LinearOneLayer", 'name = "mlp"\nwidths = [2000]'),
        ("LinearOneLayer750", 'name = "mlp"\nwidths = [750]'),
        ("Linear3NoBias", 'name = "mlp"\nwidths = [6144, 2000]\nbias = false'),
        ("VGG11_NOBIAS_NOBN", 'name = "vgg_linear"\nbias = false'),
        ("ResNet20x8", 'name = "resnet"\nwidth = 8'),
        ("BasicCNN", 'name = "cnn"'),
        ("CNN", 'name = "cnn"'),
        ("MLP", 'name = "mlp"\nwidths = [16]\nactivation = "tanh"\ninit = "glorot"'),
        ("torchvision:resnet18", 'name = "torchvision"\narch = "resnet18"'),
    ],
)
def test_a_published_name_is_the_same_stages_as_what_it_stands_for(name: str, written: str) -> None:
    assert keys(f'name = "{name}"') == keys(written)


def test_vgg_of_sixteen_layers_is_vgg16_under_its_older_name() -> None:
    assert keys('name = "vgg"') == keys('name = "vgg16"')
    assert keys('name = "vgg"\ndropout = 0.1') == keys('name = "vgg16"\ndropout = 0.1')
    assert keys('name = "vgg"\nbatch_norm = true')[1] != keys('name = "vgg16"')[1]


def test_options_beside_a_name_are_free_where_it_does_not_say_them() -> None:
    model = parse_experiment(text_with('name = "VGG19BN"\ndropout = 0.1'), "p.toml").model
    assert model.model_dump() == {
        "name": "vgg",
        "depth": 19,
        "batch_norm": True,
        "dropout": 0.1,
        "wiring": "correct",
    }


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            'name = "VGG16BN"\ndepth = 19',
            "p.toml line 8, [model] depth: 'VGG16BN' stands for vgg with depth = 16, batch_norm = "
            "true; leave depth out, or write name = 'vgg'.",
        ),
        (
            'name = "MLP"\nwidths = [3]',
            "p.toml line 8, [model] widths: 'MLP' stands for mlp with widths = [16], activation = "
            '"tanh", init = "glorot"; leave widths out, or write name = \'mlp\'.',
        ),
        (
            'name = "VGG17"',
            "p.toml line 7, [model] name: no model is called 'VGG17'. Did you mean 'VGG19'? ",
        ),
        (
            'name = "VGG16BN"\ndropuot = 0.1',
            "p.toml line 8, [model] dropuot: unknown key. Did you mean 'dropout'? ",
        ),
        ('name = "PreResNet111"', "p.toml line 6, [model] depth: must be 6n+2 below 44"),
        (
            'name = "torchvision:resnet19"',
            "p.toml line 6, [model] arch: torchvision has no classification network 'resnet19'; "
            "did you mean 'resnet18'?",
        ),
        ('name = "vgg"\ndepth = 12', "p.toml line 8, [model] depth: '12' is not allowed."),
        (
            'name = "vgg"\nwiring = "reference"',
            "p.toml line 6, [model]: wiring = 'reference' differs only with batch_norm = true.",
        ),
        (
            'name = "VGG16BN"\nwiring = "reference"',
            "p.toml: [model] is only for checkpoints trained so, and this trains it from the start",
        ),
    ],
)
def test_what_contradicts_a_name_is_one_sentence(model: str, sentence: str) -> None:
    with pytest.raises(PresetError) as caught:
        build_experiment(parse_toml(text_with(model), "p.toml"))
    assert len(caught.value.problems) == 1, caught.value.problems
    assert caught.value.problems[0].startswith(sentence)


@pytest.mark.parametrize("name", ["vgg16bn", "VGG16bn", "Vgg16", "mlpnet", "resnet18_nobias_nobn"])
def test_small_and_large_letters_are_alike_where_one_network_is_meant(name: str) -> None:
    meant = {known.casefold(): known for known in PUBLISHED if known not in {"vgg11_nobias"}}
    assert stands_for(name) == stands_for(meant[name.casefold()])


@pytest.mark.parametrize("name", ["Mlp", "Vgg11_NoBias", "VGG", "resnet999999x1", "a:b:c", ""])
def test_a_name_that_could_be_two_networks_or_none_stands_for_nothing(name: str) -> None:
    assert stands_for(name) is None or name == "VGG"


@pytest.mark.parametrize("name", [*MODELS, *PUBLISHED])
def test_what_a_name_stands_for_stays_as_it_is(name: str) -> None:
    section = written_out({"name": name})
    assert written_out(section) == section
    assert section["name"] in MODELS


def test_the_form_says_what_a_name_stands_for_and_offers_only_what_is_free() -> None:
    values: dict[str, Any] = {"kind": "curve", "model": {"name": "VGG16BN"}}
    told = form_field(values, ("model", "name")).description
    assert told == "VGG16BN stands for vgg with depth = 16, batch_norm = true."
    assert form_field(values, ("model", "dropout")).is_known
    assert not form_field(values, ("model", "depth")).is_known
    depth = form_field({"model": {"name": "vgg"}}, ("model", "depth"))
    assert (depth.kinds, depth.choices) == (("integer",), ("11", "13", "16", "19"))
    assert depth.types == "11, 13, 16, 19"


def test_a_name_told_without_options_is_its_family() -> None:
    assert told_as("cnn", {}) == "cnn"
