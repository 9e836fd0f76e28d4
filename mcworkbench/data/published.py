"""More published data sets: SVHN, STL-10, USPS, QMNIST, balanced EMNIST.

As `downloads`: named by the catalogue, called by `decoded`, files in torchvision's own layout
under the cache, addresses and checksums from torchvision, which is imported inside functions.
Mean and standard deviation are counted from the training images.
Shape letters: N = examples, H, W = image axes, C = channels.
"""

from __future__ import annotations

import gzip
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from mcworkbench.data.downloads import parse_idx, unpacked
from mcworkbench.data.fetching import downloads_root, md5_of, stored, unpack_archive
from mcworkbench.data.raw import Array, RawData, channel_statistics
from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import make_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Report

_DIGITS = tuple(str(digit) for digit in range(10))
_STL_SIDE = 96
_UNLABELLED = "unlabeled_X.bin"
_BALANCED = "emnist-balanced"
_INT_MAGIC = 0xC02


def svhn(path: str, options: DataOptions, report: Report) -> RawData:
    """Return SVHN, 32 × 32 colour, 73,257 train and 26,032 test house numbers."""
    del path, options
    from torchvision.datasets import SVHN

    root = make_private(downloads_root() / "SVHN")
    parts: dict[str, Any] = {}
    names = [SVHN.split_list[split][1] for split in ("train", "test")]
    for split in ("train", "test"):
        url, name, md5 = SVHN.split_list[split]
        stored(root / name, md5, [url], report, names)
        parts[split] = SVHN(root, split=split)
        report("read", len(parts), 2)
    train, test = (np.ascontiguousarray(one.data.transpose(0, 2, 3, 1)) for one in parts.values())
    return _raw(train, parts["train"].labels, test, parts["test"].labels, _DIGITS)


def usps(path: str, options: DataOptions, report: Report) -> RawData:
    """Return USPS, 16 × 16 grey, 7,291 train and 2,007 test digits."""
    del path, options
    from torchvision.datasets import USPS

    root = make_private(downloads_root() / "USPS")
    parts: list[Any] = []
    names = [USPS.split_list[split][1] for split in ("train", "test")]
    for split in ("train", "test"):
        url, name, md5 = USPS.split_list[split]
        file = stored(root / name, md5, [url], report, names)
        try:
            parts.append(USPS(root, train=split == "train"))
        except (OSError, ValueError, EOFError) as error:
            raise _not_whole(file) from error
        report("read", len(parts), 2)
    train, test = parts
    return _raw(train.data[..., None], train.targets, test.data[..., None], test.targets, _DIGITS)


def stl10(path: str, options: DataOptions, report: Report) -> RawData:
    """Return STL-10, 96 × 96 colour, 5,000 train and 8,000 test images; no unlabelled ones."""
    del path, options
    from torchvision.datasets import STL10

    root = make_private(downloads_root())
    folder = root / STL10.base_folder
    listed: list[list[str]] = [*STL10.train_list, *STL10.test_list]
    wanted = {name: md5 for name, md5 in listed if name != _UNLABELLED}
    if not _is_whole(folder, wanted):
        archive = root / STL10.filename
        stored(archive, STL10.tgz_md5, [STL10.url], report, [STL10.filename])
        report("unpack", 0, 1)
        unpack_archive(archive, root, STL10.base_folder, skipped=[_UNLABELLED])
        if not _is_whole(folder, wanted):
            raise WorkbenchError(f"{folder}: is not a whole copy of this data set; delete it.")
    pixels = [_stl_images(folder / f"{part}_X.bin") for part in ("train", "test")]
    labels = [np.fromfile(folder / f"{part}_y.bin", np.uint8) - 1 for part in ("train", "test")]
    names = (folder / STL10.class_names_file).read_text().split()
    report("read", 1, 1)
    return _raw(pixels[0], labels[0], pixels[1], labels[1], tuple(names))


def qmnist(path: str, options: DataOptions, report: Report) -> RawData:
    """Return QMNIST, 28 × 28 grey: MNIST's training digits, and all 60,000 test digits."""
    del path, options
    from torchvision.datasets import QMNIST

    root = make_private(downloads_root() / "QMNIST" / "raw")
    arrays: list[Array] = []
    every = [entry for split in ("train", "test") for entry in QMNIST.resources[split]]
    names = [url.rpartition("/")[2] for url, _ in every]
    for number, ((url, md5), name) in enumerate(zip(every, names, strict=True)):
        file = stored(root / name, md5, [url], report, names)
        content = unpacked(file)
        arrays.append(_classes(content, file) if "labels" in name else parse_idx(content, 3, file))
        report("read", number + 1, len(every))
    train, train_targets, test, test_targets = arrays
    return _raw(train[..., None], train_targets, test[..., None], test_targets, _DIGITS)


def emnist_balanced(path: str, options: DataOptions, report: Report) -> RawData:
    """Return EMNIST's balanced split, 28 × 28 grey, 47 classes, 112,800 train and 18,800 test.

    Images are transposed, as published and as torchvision gives them.
    """
    del path, options
    from torchvision.datasets import EMNIST

    root = downloads_root() / "EMNIST" / "raw"
    file = stored(root / "gzip.zip", EMNIST.md5, [EMNIST.url], report, ["gzip.zip"])
    arrays: list[Array] = []
    try:
        with zipfile.ZipFile(file) as archive:
            for part in ("train", "test"):
                for what, axes in (("images-idx3", 3), ("labels-idx1", 1)):
                    packed = archive.read(f"gzip/{_BALANCED}-{part}-{what}-ubyte.gz")
                    arrays.append(parse_idx(gzip.decompress(packed), axes, file))
                    report("read", len(arrays), 4)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _not_whole(file) from error
    train, train_targets, test, test_targets = arrays
    names = tuple(EMNIST.classes_split_dict["balanced"])
    return _raw(train[..., None], train_targets, test[..., None], test_targets, names)


def _raw(
    train_NHWC: Array,
    train_N: Sequence[int] | Array,
    test_NHWC: Array,
    test_N: Sequence[int] | Array,
    classes: tuple[str, ...],
) -> RawData:
    mean, std = channel_statistics(train_NHWC)
    targets = (np.asarray(values).astype(np.int64) for values in (train_N, test_N))
    train_targets, test_targets = targets
    return RawData(train_NHWC, train_targets, test_NHWC, test_targets, classes, mean, std)


def _is_whole(folder: Path, wanted: dict[str, str]) -> bool:
    files = {folder / name: md5 for name, md5 in wanted.items()}
    return all(file.is_file() and md5_of(file) == md5 for file, md5 in files.items())


def _stl_images(file: Path) -> Array:
    """Return images (N, H, W, C) of a file that holds (N, C, W, H)."""
    stored_NCWH = np.fromfile(file, np.uint8).reshape(-1, 3, _STL_SIDE, _STL_SIDE)
    return np.ascontiguousarray(stored_NCWH.transpose(0, 3, 2, 1))


def _classes(content: bytes, where: Path) -> Array:
    """Return the classes of QMNIST's label file: (N, 8) big-endian integers, the class first."""
    header = np.frombuffer(content[:12], dtype=">i4")
    if len(header) < 3 or header[0] != _INT_MAGIC or len(content) != 12 + 4 * header[1] * header[2]:  # noqa: PLR2004
        raise _not_whole(where)
    return np.frombuffer(content[12:], dtype=">i4").reshape(header[1], header[2])[:, 0]


def _not_whole(file: Path) -> WorkbenchError:
    return WorkbenchError(f"{file}: is not a whole file of this data set; delete it.")
