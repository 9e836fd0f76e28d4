"""Everything that can be named in a preset, as strings: listed without importing anything.

To add a thing: one file, one line here. Tests run over these tables, so a new entry is tested
by existing. `resolve` turns "module:attribute" into the object, in the process that needs it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from mcworkbench.datasets import DATASETS, Source
from mcworkbench.errors import unknown_name

__all__ = [
    "CURVES",
    "DATASETS",
    "MODELS",
    "PATHS",
    "STAGES",
    "TASKS",
    "Named",
    "Source",
    "StageKind",
]


@dataclass(frozen=True, slots=True)
class Named:
    """One catalogue line: what it is, its options class and where it is built."""

    title: str
    options: str
    builder: str


@dataclass(frozen=True, slots=True)
class StageKind:
    """How a stage is typed: options, input roles, output product, code and its version.

    `version` is hashed into every key of the kind: raise it when the same options would give
    other numbers.
    """

    options: str
    run: str
    inputs: tuple[str, ...]
    product: str
    version: int = 1


_OPTIONS = "mcworkbench.config.options"
_STAGES = "mcworkbench.stages"
# Of a perceptual loss: the network whose features it compares, and what that was trained on.
_FEATURES = ("features?", "features_data?")

STAGES: dict[str, StageKind] = {
    "dataset": StageKind(f"{_OPTIONS}.data:DataOptions", f"{_STAGES}.dataset:run", (), "dataset"),
    "endpoint": StageKind(
        f"{_OPTIONS}.endpoint:EndpointOptions",
        f"{_STAGES}.endpoint:run",
        ("dataset", "start?", *_FEATURES),
        "network",
    ),
    "import": StageKind(
        f"{_OPTIONS}.endpoint:ImportOptions",
        f"{_STAGES}.imported:run",
        ("dataset",),
        "network|path",
    ),
    "line": StageKind(
        f"{_OPTIONS}.curve:LineOptions", f"{_STAGES}.line:run", ("first?", "last?", "path?"), "path"
    ),
    "chain": StageKind(
        f"{_OPTIONS}.chain:ChainOptions", f"{_STAGES}.chain:run", ("point-*",), "path"
    ),
    "curve": StageKind(
        f"{_OPTIONS}.curve:CurveOptions",
        f"{_STAGES}.curve:run",
        ("dataset", "first?", "last?", "start?", *_FEATURES),
        "path",
    ),
    "evaluate": StageKind(
        f"{_OPTIONS}.evaluate:EvaluateOptions",
        f"{_STAGES}.evaluate:run",
        ("dataset", "path", "test-*?", *_FEATURES),
        "table",
    ),
    "pictures": StageKind(
        f"{_OPTIONS}.pictures:PicturesOptions",
        f"{_STAGES}.pictures:run",
        ("dataset", "path"),
        "pictures",
    ),
    "latent": StageKind(
        f"{_OPTIONS}.pictures:LatentOptions",
        f"{_STAGES}.latent:run",
        ("dataset", "path"),
        "pictures",
    ),
    "align_code": StageKind(
        f"{_OPTIONS}.pictures:AlignCodeOptions",
        f"{_STAGES}.align_code:run",
        ("dataset", "first", "last"),
        "network",
    ),
    "fge": StageKind(
        f"{_OPTIONS}.fge:FgeOptions",
        f"{_STAGES}.fge:run",
        ("dataset", "start", *_FEATURES),
        "members",
    ),
    "snapshot": StageKind(
        f"{_OPTIONS}.snapshot:SnapshotOptions",
        f"{_STAGES}.snapshot:run",
        ("dataset", "start?", *_FEATURES),
        "members",
    ),
    "swa": StageKind(
        f"{_OPTIONS}.swa:SwaOptions",
        f"{_STAGES}.swa:run",
        ("dataset", "start?", *_FEATURES),
        "network",
    ),
    "swag": StageKind(
        f"{_OPTIONS}.swa:SwagOptions", f"{_STAGES}.swag:run", ("dataset", "average"), "members"
    ),
    "predict": StageKind(
        f"{_OPTIONS}.ensemble:PredictOptions",
        f"{_STAGES}.predict:run",
        ("dataset", "network?", "path?"),
        "members",
    ),
    "soup": StageKind(
        f"{_OPTIONS}.ensemble:SoupOptions",
        f"{_STAGES}.soup:run",
        ("dataset", "network-*", *_FEATURES),
        "network",
    ),
    "ensemble": StageKind(
        f"{_OPTIONS}.ensemble:EnsembleOptions",
        f"{_STAGES}.ensemble:run",
        ("members-*",),
        "table",
    ),
}

_MODEL_OPTIONS = "mcworkbench.config.options.model"
_MODELS = "mcworkbench.models"

# config/published.py knows the names under which papers speak of them.
MODELS: dict[str, Named] = {
    "mlp": Named(
        "multilayer perceptron", f"{_MODEL_OPTIONS}.mlp:MlpOptions", f"{_MODELS}.mlp:build"
    ),
    "preresnet": Named(
        "pre-activation ResNet, 32 px",
        f"{_MODEL_OPTIONS}.preresnet:PreResNetOptions",
        f"{_MODELS}.preresnet:build",
    ),
    "vgg16": Named("VGG16, 32 px", f"{_MODEL_OPTIONS}.vgg:Vgg16Options", f"{_MODELS}.vgg:build"),
    "vgg": Named(
        "VGG with three dense layers, 32 px",
        f"{_MODEL_OPTIONS}.vgg:VggOptions",
        f"{_MODELS}.vgg:build",
    ),
    "vgg_linear": Named(
        "VGG with one linear layer, 32 px",
        f"{_MODEL_OPTIONS}.vgg:VggLinearOptions",
        f"{_MODELS}.vgg_linear:build",
    ),
    "wideresnet": Named(
        "wide ResNet, 32 px",
        f"{_MODEL_OPTIONS}.wideresnet:WideResNetOptions",
        f"{_MODELS}.wideresnet:build",
    ),
    "resnet": Named(
        "ResNet of three stages, 32 px",
        f"{_MODEL_OPTIONS}.resnet:ResNetOptions",
        f"{_MODELS}.resnet:build",
    ),
    "resnet18": Named(
        "ResNet18, 32 px", f"{_MODEL_OPTIONS}.resnet:ResNet18Options", f"{_MODELS}.resnet18:build"
    ),
    "convfc": Named(
        "5 × 5 convolutions and linear layers",
        f"{_MODEL_OPTIONS}.convfc:ConvFcOptions",
        f"{_MODELS}.convfc:build",
    ),
    "cnn": Named(
        "3 × 3 convolutions and linear layers, 28 px",
        f"{_MODEL_OPTIONS}.cnn:CnnOptions",
        f"{_MODELS}.cnn:build",
    ),
    "torchvision": Named(
        "a classification network of torchvision",
        f"{_MODEL_OPTIONS}.torchvision:TorchvisionOptions",
        f"{_MODELS}.from_torchvision:build",
    ),
    "own": Named(
        "a class of your own, with --trust",
        f"{_MODEL_OPTIONS}.own:OwnOptions",
        f"{_MODELS}.own:build",
    ),
    "ae_seed": Named(
        "convolutional autoencoder, 32, 64, … px",
        f"{_MODEL_OPTIONS}.autoencoder:AeSeedOptions",
        f"{_MODELS}.ae_seed:build",
    ),
    "ae_z": Named(
        "convolutional autoencoder with a tanh code, 32, 48, 64, … px",
        f"{_MODEL_OPTIONS}.autoencoder:AeZOptions",
        f"{_MODELS}.ae_z:build",
    ),
    "ae_tiny": Named(
        "small convolutional autoencoder, 8, 28, 32, … px",
        f"{_MODEL_OPTIONS}.autoencoder:AeTinyOptions",
        f"{_MODELS}.ae_tiny:build",
    ),
    "ae_dense": Named(
        "fully connected autoencoder",
        f"{_MODEL_OPTIONS}.autoencoder:AeDenseOptions",
        f"{_MODELS}.ae_dense:build",
    ),
}


TASKS: dict[str, str] = {
    "classification": "mcworkbench.tasks.classification:Classification",
    "regression": "mcworkbench.tasks.regression:Regression",
    "reconstruction": "mcworkbench.tasks.reconstruction:Reconstruction",
}

CURVES: dict[str, str] = {
    "bezier": "mcworkbench.paths.bezier:Bezier",
    "polychain": "mcworkbench.paths.polychain:PolygonalChain",
}

# What a stored path may be: a curve, or a chain through networks that nothing was trained of.
PATHS: dict[str, str] = {**CURVES, "segments": "mcworkbench.paths.polychain:PolygonalChain"}


def resolve(target: str) -> Any:
    """Return the object that "module:attribute" names, importing its module."""
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def find(table: dict[str, Any], kind: str, name: str, *, where: str = "") -> Any:
    """Return the entry of a table.

    Raises:
        InvalidInputError: nothing goes by that name; the sentence names the nearest.
    """
    if name not in table:
        raise unknown_name(kind, name, table, where=where)
    return table[name]


def split_source(name: str) -> tuple[str, str]:
    """Return the catalogue name and the path of a data set's full name ('' where it has none)."""
    head, _, tail = name.partition(":")
    return head, tail
