"""Folders of image files, decoded once.

The loader is named by the catalogue and called by `decoded`. Pixels are decoded by a few threads
straight into one array; one unreadable file ends it, named.
Shape letters: N = images, S = side of the square.
"""

from __future__ import annotations

import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import psutil

from mcworkbench.config.sources import image_root, list_images, tree_digest
from mcworkbench.data.raw import Array, RawData, channel_statistics
from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image

    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Report

_CHUNK = 256
_MAX_THREADS = 8
_CHANNELS = 3


def load(path: str, options: DataOptions, report: Report) -> RawData:
    """Return the images of PATH/train and PATH/test as RGB squares of `options.image_size`.

    The short side is resized (bilinear, antialiased), then the centre cut out, as torchvision
    does; classes are the folder names in alphabetical order. Mean and standard deviation are
    those of the training images.

    Raises:
        InvalidInputError: the layout is wrong, a file cannot be decoded or changed after the
            plan was made, or the pixels would not fit into memory.
    """
    listing = list_images(path)
    side = options.image_size
    num_images = sum(len(files) for part in listing.values() for files in part.values())
    check_memory(f"imagefolder:{path}", num_images, side)
    digests: list[tuple[str, str]] = []
    root = image_root(path)
    decoded: dict[str, tuple[Array, Array]] = {}
    for part, classes in listing.items():
        files = [file for members in classes.values() for file in members]
        sizes = [len(members) for members in classes.values()]
        shas, pixels = decode_all(
            files,
            lambda file: (root / file).read_bytes(),
            options,
            report,
            (len(digests), num_images),
        )
        digests += zip(files, shas, strict=True)
        decoded[part] = pixels, np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    if options.digest and options.digest != tree_digest(digests):
        raise InvalidInputError(
            f"imagefolder:{path}: files changed after the run was planned; start it anew."
        )
    mean, std = channel_statistics(decoded["train"][0])
    shown = tuple(clean_line(name) for name in listing["train"])
    return RawData(*decoded["train"], *decoded["test"], classes=shown, mean=mean, std=std)


def check_memory(where: str, num_images: int, side: int) -> None:
    """Pass where the decoded pixels fit into memory.

    Raises:
        InvalidInputError: they do not.
    """
    needed = num_images * side * side * _CHANNELS
    available = psutil.virtual_memory().available
    if needed > available:
        raise InvalidInputError(
            f"{where}: {num_images} images of {side} × {side} need "
            f"{needed / 1e9:.1f} GB of memory and {available / 1e9:.1f} GB are free; lower "
            "[data] image_size."
        )


def decode_all(
    names: Sequence[str],
    read: Callable[[str], bytes],
    options: DataOptions,
    report: Report,
    progress: tuple[int, int] = (0, 0),
) -> tuple[list[str], Array]:
    """Return the SHA-256 of each file and all pixels, uint8 (N, S, S, 3).

    Args:
        names: of the files, in the order in which they are stored.
        read: returns the content of a file; called from several threads.
        options: the [data] section: side and crop.
        report: told how many are decoded.
        progress: how many were decoded before, and how many there are; absent: these alone.
    """
    done, total = progress[0], progress[1] or len(names)
    side = options.image_size
    pixels = np.empty((len(names), side, side, _CHANNELS), dtype=np.uint8)
    starts = range(0, len(names), _CHUNK)
    shas: list[str] = []

    def decode_chunk(start: int) -> list[str]:
        chunk = names[start : start + _CHUNK]
        return [
            _decode(name, read, options.crop, pixels[start + place])
            for place, name in enumerate(chunk)
        ]

    pool = ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1))
    try:
        for found in pool.map(decode_chunk, starts):
            shas += found
            report("decode", done + len(shas), total)
    finally:
        # A bad file or a stop request must not wait for the rest of the folder.
        pool.shutdown(cancel_futures=True)
    return shas, pixels


def _decode(name: str, read: Callable[[str], bytes], crop: int, pixels_SSC: Array) -> str:
    from PIL import Image

    try:
        content = read(name)
        with Image.open(io.BytesIO(content)) as image:
            whole = image.convert("RGB")
            cut = _centre(whole, crop) if crop else whole
            pixels_SSC[:] = np.asarray(_square(cut, len(pixels_SSC)))
    # Decoders raise whatever a damaged file leads them into; the user needs the file's name.
    except Exception as error:
        raise InvalidInputError(
            f"{clean_line(name)}: cannot be decoded as an image "
            f"({clean_line(str(error)) or type(error).__name__}); repair or remove it."
        ) from error
    return hashlib.sha256(content).hexdigest()


def _centre(image: Image.Image, crop: int) -> Image.Image:
    """Return the middle square of `crop` pixels, less where the image is smaller."""
    width, height = image.size
    side = min(crop, width, height)
    left, top = round((width - side) / 2), round((height - side) / 2)
    return image.crop((left, top, left + side, top + side))


def _square(image: Image.Image, side: int) -> Image.Image:
    from PIL import Image as Pillow

    width, height = image.size
    short = min(width, height)
    if short != side:
        # Integer division of the long side, as torchvision's Resize rounds.
        width, height = side * width // short, side * height // short
        image = image.resize((width, height), Pillow.Resampling.BILINEAR)
    left, top = round((width - side) / 2), round((height - side) / 2)
    if (width, height) != (side, side):
        image = image.crop((left, top, left + side, top + side))
    return image
