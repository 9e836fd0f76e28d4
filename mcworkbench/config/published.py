"""Names under which papers and their code know networks, and what they stand for here.

[model] name may be one of them; `config.loading` puts a family of the catalogue and its options
in its place before anything is hashed, so VGG16BN and the options it stands for are one key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, final

from mcworkbench.catalogue import MODELS
from mcworkbench.config.options.model.own import TARGET
from mcworkbench.errors import InvalidInputError, nearest
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Given: TypeAlias = dict[str, Any]
TORCHVISION = "torchvision:"
# Families that are called by what they stand for: torchvision:resnet18, package.module:Class.
BY_OTHER_NAME = ("torchvision", "own")
CIFAR, MNIST, PLANE = (3, 32, 32), (1, 28, 28), (2,)
_DMC = "dnn-mode-connectivity"
_DBC = "distribution-based-connectivity"
_FUSION = "otfusion"
_TF = "dnn-mode-connectivity-tf"


@final
@dataclass(frozen=True, slots=True)
class Published:
    """What a published name stands for.

    Attributes:
        family: its name in the catalogue.
        source: whose name it is.
        given: the options that it fixes; no others may contradict them.
        num_params: its size on inputs of `shape` with `num_outputs` outputs.
    """

    family: str
    source: str
    given: Given = field(default_factory=Given)
    num_params: int = 0
    shape: tuple[int, ...] = CIFAR
    num_outputs: int = 10


def _mlp(source: str, widths: list[int], num_params: int, **more: Any) -> Published:
    shape = more.pop("shape", CIFAR)
    return Published("mlp", source, {"widths": widths, **more}, num_params, shape)


def _vgg11(source: str, num_params: int, **given: Any) -> Published:
    return Published("vgg_linear", source, {"depth": 11, **given}, num_params)


_DEEP = [6144, 6144, 1152, 1000, 1000]
_PLAIN = {"batch_norm": False, "bias": False}

# Counts are those that the publications' own code gives (or, where that is not written down,
# the sum over the layers); a test builds each.
PUBLISHED: dict[str, Published] = {
    "VGG16": Published("vgg16", _DMC, {}, 15_245_130),
    "VGG16BN": Published("vgg", _DMC, {"depth": 16, "batch_norm": True}, 15_253_578),
    "VGG19": Published("vgg", _DMC, {"depth": 19, "batch_norm": False}, 20_554_826),
    "VGG19BN": Published("vgg", _DMC, {"depth": 19, "batch_norm": True}, 20_565_834),
    "PreResNet110": Published("preresnet", _DMC, {"depth": 110}, 1_146_842),
    "PreResNet164": Published("preresnet", _DMC, {"depth": 164}, 1_703_258),
    "WideResNet28x10": Published("wideresnet", _DMC, {"depth": 28, "widen": 10}, 36_489_290),
    "ConvFC": Published("convfc", _DMC, {"convolutions": 3, "linear": 3, "bias": True}, 2_422_634),
    "ConvFCNoBias": Published(
        "convfc", _DBC, {"convolutions": 3, "linear": 3, "bias": False}, 2_420_400
    ),
    "Conv2FC1": Published("convfc", _DBC, {"convolutions": 2, "linear": 1, "bias": True}, 85_066),
    "LinearOneLayer": _mlp(_DBC, [2000], 1_590_010, shape=MNIST),
    "LinearOneLayer100": _mlp(_DBC, [100], 308_310),
    "LinearOneLayer500": _mlp(_DBC, [500], 1_541_510),
    "LinearOneLayer1000": _mlp(_DBC, [1000], 3_083_010),
    "LinearOneLayer2000": _mlp(_DBC, [2000], 6_166_010),
    "LinearOneLayer60k": _mlp(_DBC, [60_000], 184_980_010),
    "Linear2NoBias": _mlp(_DBC, [6144], 18_935_808, bias=False),
    "Linear3NoBias": _mlp(_DBC, [6144, 2000], 31_182_368, bias=False),
    "Linear3NoBiasW": _mlp(_DBC, [6144, 6144], 56_684_544, bias=False),
    "Linear5NoBias": _mlp(_DBC, [6144, 2000, 1000, 1000], 34_172_368, bias=False),
    "Linear7NoBias": _mlp(_DBC, [6144, 2000, *[1000] * 4], 36_172_368, bias=False),
    "Linear9NoBias": _mlp(_DBC, [6144, 2000, *[1000] * 6], 38_172_368, bias=False),
    "Linear": _mlp(_DBC, _DEEP, 65_878_442),
    "LinearNoBias": _mlp(_DBC, _DEEP, 65_862_992, bias=False),
    "LinearMNIST": _mlp(_DBC, _DEEP, 51_820_970, shape=MNIST),
    "LogRegression": _mlp(_DBC, [], 7_850, shape=MNIST),
    "MLPNet": _mlp(_FUSION, [400, 200, 100], 414_600, bias=False, shape=MNIST),
    "SimpleNet": _mlp(_FUSION, [400], 317_600, bias=False, shape=MNIST),
    "SmallMlpNet": _mlp(_FUSION, [400, 200], 395_600, bias=False, shape=MNIST),
    "BigMlpNet": _mlp(_FUSION, [400, 200, 100, 50], 419_100, bias=False, shape=MNIST),
    "CifarMlpNet": _mlp(_FUSION, [1024, 512, 128], 3_736_832, bias=False),
    "LeNet-300-100": _mlp("LeCun et al. 1998", [300, 100], 266_610, shape=MNIST),
    "VGG11": _vgg11("DeepLearningProject", 9_231_114, batch_norm=True, bias=True),
    "VGG11_NOBN": _vgg11("DeepLearningProject", 9_225_610, batch_norm=False, bias=True),
    "VGG11_NOBIAS": _vgg11("DeepLearningProject", 9_228_352, batch_norm=True, bias=False),
    "VGG11_NOBIAS_NOBN": _vgg11("DeepLearningProject", 9_222_848, **_PLAIN),
    "vgg11_nobias": _vgg11(_FUSION, 9_222_848, **_PLAIN),
    "vgg11_half_nobias": _vgg11(_FUSION, 2_919_104, **_PLAIN, hidden="half"),
    "vgg11_doub_nobias": _vgg11(_FUSION, 32_004_800, **_PLAIN, hidden="double"),
    "vgg11_quad_nobias": _vgg11(_FUSION, 118_266_560, **_PLAIN, hidden="quad"),
    "RESNET18": Published(
        "resnet18", "DeepLearningProject", {"batch_norm": True, "bias": True}, 11_173_962
    ),
    "RESNET18_NOBN": Published(
        "resnet18", "DeepLearningProject", {"batch_norm": False, "bias": True}, 11_164_362
    ),
    "RESNET18_NOBIAS": Published(
        "resnet18", "DeepLearningProject", {"batch_norm": True, "bias": False}, 11_173_952
    ),
    "RESNET18_NOBIAS_NOBN": Published("resnet18", "DeepLearningProject", _PLAIN, 11_164_352),
    "ResNet20": Published("resnet", "REPAIR, ZipIt", {"depth": 20, "width": 1}, 292_954),
    "ResNet20x4": Published("resnet", "REPAIR", {"depth": 20, "width": 4}, 4_655_434),
    "CNN": Published("cnn", _TF, {"batch_norm": False}, 97_482, MNIST),
    "BasicCNN": Published("cnn", _TF, {"batch_norm": False}, 97_482, MNIST),
    "CNNBN": Published("cnn", _TF, {"batch_norm": True}, 98_058, MNIST),
    "MLP": Published(
        "mlp", _TF, {"widths": [16], "activation": "tanh", "init": "glorot"}, 65, PLANE, 1
    ),
}
_SIZES = r"([1-9]\d{0,4})"
# Published names of which there are as many as numbers.
_NUMBERED: tuple[tuple[re.Pattern[str], Callable[[list[int]], tuple[str, Given]]], ...] = (
    (re.compile(f"PreResNet{_SIZES}"), lambda n: ("preresnet", {"depth": n[0]})),
    (
        re.compile(f"WideResNet{_SIZES}x{_SIZES}"),
        lambda n: ("wideresnet", {"depth": n[0], "widen": n[1]}),
    ),
    (re.compile(f"LinearOneLayer{_SIZES}"), lambda n: ("mlp", {"widths": [n[0]]})),
    (re.compile(f"ResNet{_SIZES}x{_SIZES}"), lambda n: ("resnet", {"depth": n[0], "width": n[1]})),
)


def stands_for(name: str) -> tuple[str, Given] | None:
    """Return the family and the options that a [model] name stands for, None for no known one."""
    if name in MODELS:
        return name, {}
    if name in PUBLISHED:
        return PUBLISHED[name].family, dict(PUBLISHED[name].given)
    if name.startswith(TORCHVISION):
        return "torchvision", {"arch": name.removeprefix(TORCHVISION)}
    if re.fullmatch(TARGET, name):
        return "own", {"target": name}
    for pattern, sized in _NUMBERED:
        if match := pattern.fullmatch(name):
            return sized([int(number) for number in match.groups()])
    # Names are written in several ways; where only one network can be meant, any will do.
    alike = [one for one in (*MODELS, *PUBLISHED) if one.casefold() == name.casefold()]
    meant = [stands_for(one) for one in alike]
    return meant[0] if meant and all(one == meant[0] for one in meant) else None


def unknown_model(name: str) -> str:
    """Return the sentence for a [model] name that stands for nothing."""
    families = [known for known in MODELS if known not in BY_OTHER_NAME]
    guess = nearest(name, (*families, *PUBLISHED))
    hint = f" Did you mean '{guess}'?" if guess else ""
    return (
        f"no model is called '{clean_line(name, limit=60)}'.{hint} Known: {', '.join(families)}, "
        "torchvision:NAME, package.module:Class; `mcworkbench models` lists published names."
    )


def told_as(family: str, given: Mapping[str, Any]) -> str:
    """Return what a name stands for in words: "vgg with depth = 16, batch_norm = true"."""
    settings = ", ".join(f"{key} = {_toml(value)}" for key, value in given.items())
    return f"{family} with {settings}" if settings else family


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def written_out(section: Mapping[str, Any]) -> Given:
    """Return a [model] section with its name replaced by what that stands for.

    A section without a known name comes back as it is.

    Raises:
        ContradictionError: a key of the section says otherwise than the name.
    """
    name = section.get("name")
    meant = stands_for(name) if isinstance(name, str) else None
    if not isinstance(name, str) or meant is None:
        return dict(section)
    family, given = meant
    for key, value in given.items():
        if key in section and section[key] != value:
            raise ContradictionError(
                key,
                f"'{clean_line(name)}' stands for {told_as(family, given)}; leave {key} out, or "
                f"write name = '{family}'.",
            )
    return {**section, **given, "name": family}


class ContradictionError(InvalidInputError):
    """A key of [model] contradicts its name.

    Attributes:
        key: which.
    """

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key
