"""Published data sets, fetched once and checked against their published checksums.

Named by the catalogue and called by `decoded`. torchvision, imported inside functions only, says
where the files lie and what their checksums are, and reads CIFAR. Files live in torchvision's
own layout under the cache, so a folder filled by hand works without a network.
Shape letters: N = examples, H, W = image axes.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcworkbench import folders
from mcworkbench.data.raw import Array, RawData
from mcworkbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Report

_CHUNK_BYTES = 1 << 20
_TIMEOUT_S = 30
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


def downloads_root() -> Path:
    """Return the folder of downloaded files, in torchvision's layout."""
    return folders.cache_root() / "downloads"


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
    kind: Any, report: Report, *, classes: tuple[str, ...], mean: float, std: float
) -> RawData:
    folder = folders.make_private(downloads_root() / kind.__name__ / "raw")
    arrays: list[Array] = []
    for number, (name, md5) in enumerate(kind.resources):
        known = _UNPACKED_SHA256.get((kind.__name__, Path(name).stem))
        content = _stored_idx(folder, known, name, md5)
        if content is None:
            urls = [f"{mirror}{name}" for mirror in kind.mirrors]
            _fetch(folder / name, md5, urls, report, [each for each, _ in kind.resources])
            content = _unpack(folder / name)
        arrays.append(_parse_idx(content, 1 if "labels" in name else _IMAGE_AXES, folder / name))
        report("read", number + 1, len(kind.resources))
    train, train_targets, test, test_targets = arrays
    return RawData(
        train[..., None],
        train_targets.astype(np.int64),
        test[..., None],
        test_targets.astype(np.int64),
        classes=classes,
        mean=(mean,),
        std=(std,),
    )


def _stored_idx(folder: Path, known: str | None, name: str, md5: str) -> bytes | None:
    """Return the unpacked bytes that lie in the folder, or None where none are the right ones.

    Args:
        folder: where to look.
        known: SHA-256 of the unpacked file, None where nobody published it.
        name: of the packed file.
        md5: of the packed file.
    """
    unpacked, packed = folder / Path(name).stem, folder / name
    if known and unpacked.is_file():
        content = unpacked.read_bytes()
        if _sha256(content) == known:
            return content
    if packed.is_file():
        content = _unpack(packed)
        if _md5(packed) == md5 or _sha256(content) == known:
            return content
    return None


def _unpack(packed: Path) -> bytes:
    try:
        return gzip.decompress(packed.read_bytes())
    except (OSError, EOFError, ValueError):
        return b""


def _parse_idx(content: bytes, axes: int, where: Path) -> Array:
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
        if not archive.is_file() or _md5(archive) != kind.tgz_md5:
            _fetch(archive, kind.tgz_md5, [kind.url], report, [kind.filename])
        report("unpack", 0, 1)
        _unpack_archive(archive, root, kind.base_folder)
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


def _unpack_archive(archive: Path, root: Path, base_folder: str) -> None:
    scratch = folders.scratch_folder(root)
    target = root / base_folder
    try:
        with tarfile.open(archive) as opened:
            opened.extractall(scratch, filter="data")
        if target.exists():
            folders.remove_quietly(target)
        (scratch / base_folder).rename(target)
    except OSError as error:
        raise folders.storage_error(target, error) from error
    finally:
        folders.remove_quietly(scratch)


def _fetch(target: Path, md5: str, urls: list[str], report: Report, needed: Sequence[str]) -> None:
    """Download `target` from the first address that gives the right bytes."""
    reason = "no address"
    for url in urls:
        try:
            content = _read_url(url, report)
        except (OSError, urllib.error.URLError, ValueError) as error:
            reason = str(getattr(error, "reason", "") or error) or type(error).__name__
            continue
        if hashlib.md5(content, usedforsecurity=False).hexdigest() == md5:
            folders.publish_bytes(target, content)
            return
        reason = "the bytes differ from the published checksum"
    raise WorkbenchError(
        f"{target.name} could not be downloaded ({reason}); without a network, put "
        f"{', '.join(needed)} into {target.parent}."
    )


def _read_url(url: str, report: Report) -> bytes:
    request = urllib.request.Request(url, headers={"User-Agent": "mcworkbench"})
    parts: list[bytes] = []
    done = 0
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
        total = int(response.headers.get("Content-Length") or 0)
        while part := response.read(_CHUNK_BYTES):
            parts.append(part)
            done += len(part)
            report("download", done, max(done, total))
    return b"".join(parts)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _md5(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
