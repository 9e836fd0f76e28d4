"""Published data sets, fetched once and checked against their published checksums.

MNIST and its likes, and CIFAR; `published` has more. Named by the catalogue and called by
`decoded`. torchvision, imported inside functions only, says where the files lie and what their
checksums are, and reads CIFAR. Files live in torchvision's own layout under the cache, so a
folder filled by hand works without a network.
Shape letters: N = examples, H, W = image axes.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcworkbench import folders
from mcworkbench.data.fetching import (
    downloads_root,
    fetch,
    md5_of,
    sha256_of,
    unpack_archive,
)
from mcworkbench.data.raw import Array, RawData, channel_statistics
from mcworkbench.errors import WorkbenchError

if TYPE_CHECKING:
    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Report

_IMAGE_AXES = 3
_IDX_MAGIC = {1: 0x801, _IMAGE_AXES: 0x803}
# The unpacked files of MNIST, which many people have without the archives whose MD5 is published;
# by data set and file, because all IDX files of a kind have one shape.
_UNPACKED_SHA256 = {
    ("MNIST", "train-images-idx3-ubyte"): (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    ("MNIST", "train-labels-idx1-ubyte"): (
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    ("MNIST", "t10k-images-idx3-ubyte"): (
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    ("MNIST", "t10k-labels-idx1-ubyte"): (
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
}


def mnist(path: str, options: DataOptions, report: Report) -> RawData:
    """Return MNIST, 28 × 28 grey, 60,000 train and 10,000 test images."""
    del path, options
    from torchvision.datasets import MNIST

    names = tuple(str(digit) for digit in range(10))
    return _idx_files(MNIST, report, classes=names, mean=0.1307, std=0.3081)


def fashion_mnist(path: str, options: DataOptions, report: Report) -> RawData:
    """Return Fashion-MNIST, 28 × 28 grey, 60,000 train and 10,000 test images."""
    del path, options
    from torchvision.datasets import FashionMNIST

    return _idx_files(
        FashionMNIST, report, classes=tuple(FashionMNIST.classes), mean=0.2860, std=0.3530
    )


def kmnist(path: str, options: DataOptions, report: Report) -> RawData:
    """Return Kuzushiji-MNIST, 28 × 28 grey, 60,000 train and 10,000 test images."""
    del path, options
    from torchvision.datasets import KMNIST

    return _idx_files(KMNIST, report, classes=tuple(KMNIST.classes))


def cifar10(path: str, options: DataOptions, report: Report) -> RawData:
    """Return CIFAR-10, 32 × 32 colour, 50,000 train and 10,000 test images."""
    del path, options
    from torchvision.datasets import CIFAR10

    # The deviations the reference recipes use (facts of dnn-mode-connectivity), not the exact ones.
    return _cifar(CIFAR10, report, mean=(0.4914, 0.4822, 0.4465), std=(0.2023, 0.1994, 0.2010))


def cifar100(path: str, options: DataOptions, report: Report) -> RawData:
    """Return CIFAR-100, 32 × 32 colour, 50,000 train and 10,000 test images."""
    del path, options
    from torchvision.datasets import CIFAR100

    return _cifar(CIFAR100, report, mean=(0.5071, 0.4865, 0.4409), std=(0.2673, 0.2564, 0.2762))


def _idx_files(
    kind: Any,
    report: Report,
    *,
    classes: tuple[str, ...],
    mean: float | None = None,
    std: float | None = None,
) -> RawData:
    """Return a data set of MNIST's four files; without `mean` and `std` they are counted."""
    folder = folders.make_private(downloads_root() / kind.__name__ / "raw")
    arrays: list[Array] = []
    for number, (name, md5) in enumerate(kind.resources):
        known = _UNPACKED_SHA256.get((kind.__name__, Path(name).stem))
        content = _stored_idx(folder, known, name, md5)
        if content is None:
            urls = [f"{mirror}{name}" for mirror in kind.mirrors]
            fetch(folder / name, md5, urls, report, [each for each, _ in kind.resources])
            content = unpacked(folder / name)
        arrays.append(parse_idx(content, 1 if "labels" in name else _IMAGE_AXES, folder / name))
        report("read", number + 1, len(kind.resources))
    train, train_targets, test, test_targets = arrays
    if mean is None or std is None:
        means, stds = channel_statistics(train[..., None])
    else:
        means, stds = (mean,), (std,)
    return RawData(
        train[..., None],
        train_targets.astype(np.int64),
        test[..., None],
        test_targets.astype(np.int64),
        classes=classes,
        mean=means,
        std=stds,
    )


def _stored_idx(folder: Path, known: str | None, name: str, md5: str) -> bytes | None:
    """Return the unpacked bytes that lie in the folder, or None where none are the right ones.

    Args:
        folder: where to look.
        known: SHA-256 of the unpacked file, None where nobody published it.
        name: of the packed file.
        md5: of the packed file.
    """
    plain, packed = folder / Path(name).stem, folder / name
    if known and plain.is_file():
        content = plain.read_bytes()
        if sha256_of(content) == known:
            return content
    if packed.is_file():
        content = unpacked(packed)
        if md5_of(packed) == md5 or sha256_of(content) == known:
            return content
    return None


def unpacked(packed: Path) -> bytes:
    """Return what a .gz file holds, nothing where it is damaged."""
    try:
        return gzip.decompress(packed.read_bytes())
    except (OSError, EOFError, ValueError):
        return b""


def parse_idx(content: bytes, axes: int, where: Path) -> Array:
    """Return the uint8 array of an IDX file.

    Raises:
        WorkbenchError: it is none, or not whole.
    """
    header = np.frombuffer(content[: 4 * (axes + 1)], dtype=">i4")
    body = np.frombuffer(content[4 * (axes + 1) :], dtype=np.uint8)
    shape = tuple(int(size) for size in header[1:])
    if len(header) <= axes or header[0] != _IDX_MAGIC[axes] or body.size != np.prod(shape):
        raise WorkbenchError(f"{where}: is not a whole file of this data set; delete it.")
    return body.reshape(shape)


def _cifar(
    kind: Any, report: Report, *, mean: tuple[float, ...], std: tuple[float, ...]
) -> RawData:
    root = folders.make_private(downloads_root())
    parts = _open_cifar(kind, root)
    if parts is None:
        archive = root / kind.filename
        if not archive.is_file() or md5_of(archive) != kind.tgz_md5:
            fetch(archive, kind.tgz_md5, [kind.url], report, [kind.filename])
        report("unpack", 0, 1)
        unpack_archive(archive, root, kind.base_folder)
        parts = _open_cifar(kind, root)
    if parts is None:
        raise WorkbenchError(
            f"{root / kind.base_folder}: is not a whole copy of this data set; delete the folder."
        )
    train, test = parts
    report("read", 1, 1)
    return RawData(
        np.asarray(train.data),
        np.asarray(train.targets, dtype=np.int64),
        np.asarray(test.data),
        np.asarray(test.targets, dtype=np.int64),
        classes=tuple(train.classes),
        mean=mean,
        std=std,
    )


def _open_cifar(kind: Any, root: Path) -> tuple[Any, Any] | None:
    """Return torchvision's train and test part, or None where a file fails its published MD5."""
    try:
        return kind(root, train=True), kind(root, train=False)
    except RuntimeError:
        return None
