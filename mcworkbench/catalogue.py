"""Everything that can be named in a preset, as strings: listed without importing anything.

To add a thing: one file, one line here. Tests run over these tables, so a new entry is tested
by existing. `resolve` turns "module:attribute" into the object, in the process that needs it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from mcworkbench.errors import unknown_name


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

STAGES: dict[str, StageKind] = {
    "dataset": StageKind(f"{_OPTIONS}.data:DataOptions", f"{_STAGES}.dataset:run", (), "dataset"),
    "endpoint": StageKind(
        f"{_OPTIONS}.endpoint:EndpointOptions",
        f"{_STAGES}.endpoint:run",
        ("dataset", "start?", "features?", "features_data?"),
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
    "curve": StageKind(
        f"{_OPTIONS}.curve:CurveOptions",
        f"{_STAGES}.curve:run",
        ("dataset", "first?", "last?", "start?", "features?", "features_data?"),
        "path",
    ),
    "evaluate": StageKind(
        f"{_OPTIONS}.evaluate:EvaluateOptions",
        f"{_STAGES}.evaluate:run",
        ("dataset", "path", "features?", "features_data?"),
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
}

MODELS: dict[str, Named] = {
    "mlp": Named(
        "multilayer perceptron", f"{_OPTIONS}.model:MlpOptions", "mcworkbench.models.mlp:build"
    ),
    "preresnet": Named(
        "pre-activation ResNet, 32 px",
        f"{_OPTIONS}.model:PreResNetOptions",
        "mcworkbench.models.preresnet:build",
    ),
    "vgg16": Named(
        "VGG16, 32 px", f"{_OPTIONS}.model:Vgg16Options", "mcworkbench.models.vgg16:build"
    ),
    "ae_seed": Named(
        "convolutional autoencoder, 32, 64, … px",
        f"{_OPTIONS}.autoencoder:AeSeedOptions",
        "mcworkbench.models.ae_seed:build",
    ),
    "ae_z": Named(
        "convolutional autoencoder with a tanh code, 32, 48, 64, … px",
        f"{_OPTIONS}.autoencoder:AeZOptions",
        "mcworkbench.models.ae_z:build",
    ),
    "ae_tiny": Named(
        "small convolutional autoencoder, 8, 28, 32, … px",
        f"{_OPTIONS}.autoencoder:AeTinyOptions",
        "mcworkbench.models.ae_tiny:build",
    ),
    "ae_dense": Named(
        "fully connected autoencoder",
        f"{_OPTIONS}.autoencoder:AeDenseOptions",
        "mcworkbench.models.ae_dense:build",
    ),
}


@dataclass(frozen=True, slots=True)
class Source:
    """One data set: title, loader, task, and whether its name takes ':PATH'."""

    title: str
    loader: str
    task: str = "classification"
    takes_path: bool = False
    checksum: str = ""


# A checksum stands for the content: the published MD5 of the archive (of the four files, in
# torchvision's order), or the version of what is made here.
_MNIST_MD5 = (
    "f68b3c2dcbeaaa9fbdd348bbdeb94873+d53e105ee54ea40749a09fcbcd1e9432"
    "+9fb629c4189551a2d022fa330f9573f3+ec29112dd5afa0611ce80d1b7f02629c"
)
_FASHION_MD5 = (
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d+25c81989df183df01b3e8a0aad5dffbe"
    "+bef4ecab320f06d8554ea6380940ec79+bb300cfdad3c16e7a12a480ee83cd310"
)

DATASETS: dict[str, Source] = {
    "digits": Source(
        "scikit-learn's handwritten digits, 8×8",
        "mcworkbench.data.embedded:digits",
        checksum="digits-1",
    ),
    "synthetic": Source(
        "coloured patterns under noise, 8×8, made on the spot",
        "mcworkbench.data.synthetic:images",
        checksum="synthetic-1",
    ),
    "synthetic-regression": Source(
        "a noisy sine of one variable",
        "mcworkbench.data.synthetic:regression",
        task="regression",
        checksum="synthetic-regression-1",
    ),
    "mnist": Source("MNIST, 28×28", "mcworkbench.data.downloads:mnist", checksum=_MNIST_MD5),
    "fashion_mnist": Source(
        "Fashion-MNIST, 28×28", "mcworkbench.data.downloads:fashion_mnist", checksum=_FASHION_MD5
    ),
    "cifar10": Source(
        "CIFAR-10, 32×32",
        "mcworkbench.data.downloads:cifar10",
        checksum="c58f30108f718f92721af3b95e74349a",
    ),
    "cifar100": Source(
        "CIFAR-100, 32×32",
        "mcworkbench.data.downloads:cifar100",
        checksum="eb9058c3a382ffc7106e4002c42a8d85",
    ),
    "imagefolder": Source(
        "train/ and test/ folders", "mcworkbench.data.folder:load", takes_path=True
    ),
    "images": Source(
        "any folder of images, without classes",
        "mcworkbench.data.plain_images:flat",
        task="reconstruction",
        takes_path=True,
    ),
    "celeba": Source(
        "CelebA's aligned faces: torchvision's folder, or the zip file",
        "mcworkbench.data.plain_images:celeba",
        task="reconstruction",
        takes_path=True,
    ),
    "arrays": Source("an .npz file", "mcworkbench.data.arrays:load", takes_path=True),
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
