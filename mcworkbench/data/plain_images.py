"""Images without classes: a folder of any layout, and CelebA from a folder or its zip file.

The loaders are named by the catalogue and called by `decoded`. Every image has the target 0:
what autoencoders are trained on are the images themselves.
"""

from __future__ import annotations

import threading
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from mcworkbench.config.plain_images import ImageFiles, find_celeba, list_flat, whole_digest
from mcworkbench.config.sources import tree_digest
from mcworkbench.data.folder import check_memory, decode_all
from mcworkbench.data.raw import RawData, channel_statistics
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import file_sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Report


def flat(path: str, options: DataOptions, report: Report) -> RawData:
    """Return the images of a folder as RGB squares of `options.image_size`.

    Raises:
        InvalidInputError: there are too few, one cannot be decoded, or files changed since the
            plan was made.
    """
    return _decoded(list_flat(path), f"images:{path}", options, report)


def celeba(path: str, options: DataOptions, report: Report) -> RawData:
    """Return CelebA's aligned faces as RGB squares of `options.image_size`.

    Raises:
        InvalidInputError: they are not there, one cannot be decoded, or files changed since the
            plan was made.
    """
    return _decoded(find_celeba(path), f"celeba:{path}", options, report)


def _decoded(files: ImageFiles, where: str, options: DataOptions, report: Report) -> RawData:
    names = (*files.train, *files.test)
    check_memory(where, len(names), options.image_size)
    if files.is_zip:
        with zipfile.ZipFile(files.place) as archive:
            shas, pixels = decode_all(names, _from_zip(archive), options, report)
    else:
        shas, pixels = decode_all(
            names, lambda name: (files.place / name).read_bytes(), options, report
        )
    images = (
        file_sha256(files.place) if files.is_zip else tree_digest(zip(names, shas, strict=True))
    )
    digest = whole_digest(images, [file_sha256(one) for one in files.beside])
    if options.digest and options.digest != digest:
        raise InvalidInputError(f"{where}: files changed after the run was planned; start it anew.")
    num_train = len(files.train)
    mean, std = channel_statistics(pixels[:num_train])
    targets = np.zeros(len(names), dtype=np.int64)
    return RawData(
        pixels[:num_train],
        targets[:num_train],
        pixels[num_train:],
        targets[num_train:],
        classes=("image",),
        mean=mean,
        std=std,
    )


def _from_zip(archive: zipfile.ZipFile) -> Callable[[str], bytes]:
    # One file descriptor for all threads: reading is short beside decoding.
    lock = threading.Lock()

    def read(name: str) -> bytes:
        with lock:
            return archive.read(name)

    return read
