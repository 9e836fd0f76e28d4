"""Which files a data set of the user's own consists of, and one digest over them.

Torch-free ground: the interface computes stage keys from it, the engine checks that what it
decodes is what the plan named. Nothing is cached here; the plan's memory of digests is read.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcworkbench import catalogue
from mcworkbench.errors import InvalidInputError, nearest
from mcworkbench.folders import cache_root, canonical_json, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable

PARTS = ("train", "test")
IMAGE_SUFFIXES = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
_LAYOUT = "expected is PATH/train/CLASS/*.jpg and PATH/test/CLASS/*.jpg (or .png, …)"


def parse(name: str, where: str = "[data] name") -> tuple[catalogue.Source, str, str]:
    """Return the catalogue entry, its name and the path ('' where it takes none) of a data set.

    Args:
        name: the full name.
        where: the key that names it.

    Raises:
        InvalidInputError: nothing goes by that name, or a path is missing or too much.
    """
    head, path = catalogue.split_source(name)
    source: catalogue.Source = catalogue.find(catalogue.DATASETS, "data set", head, where=where)
    if bool(source.takes_path) != bool(path):
        example = f"{head}:{source.takes_path}" if source.takes_path else head
        raise InvalidInputError(f"{where} = '{name}': write '{example}'.")
    return source, head, path


def digest_memory() -> Path:
    """Return the file where plans remember the digest of every path they have looked at."""
    return cache_root() / "digests.json"


def other_places(name: str, digest: str) -> list[str]:
    """Return further names of a data set of the user's own, the one looked at last first.

    A folder that was moved has another path and the same digest; whoever planned a run with its
    present path left both in the memory of digests. They are guesses: content decides.
    """
    head, path = catalogue.split_source(name)
    memory: Any = read_json(digest_memory())
    if not path or not digest or not isinstance(memory, dict):
        return []
    known = [
        place
        for place, entry in memory.items()
        if isinstance(entry, dict) and entry.get("digest") == digest and place != path
    ]
    return [f"{head}:{place}" for place in reversed(known)]


def image_root(path: str) -> Path:
    """Return the folder that `imagefolder:PATH` names.

    Raises:
        InvalidInputError: it, or its train/ or test/, is absent; the sentence tells the layout.
    """
    root = Path(path).expanduser()
    for folder in (root, *(root / part for part in PARTS)):
        if not path or not folder.is_dir():
            raise InvalidInputError(f"imagefolder:{path}: there is no folder {folder}; {_LAYOUT}.")
    return root


def list_images(path: str) -> dict[str, dict[str, list[str]]]:
    """Return part → class → image files, classes and files in alphabetical order.

    Files are named relative to the root, with slashes: "train/cat/0001.jpg".

    Hidden files, folders and files without an image suffix are left out; a class may have
    folders of its own.

    Raises:
        InvalidInputError: a folder is absent, a class has no image, or the parts differ in
            their classes.
    """
    root = image_root(path)
    found: dict[str, dict[str, list[str]]] = {}
    for part in PARTS:
        folders = sorted(
            (entry for entry in (root / part).iterdir() if _is_shown(entry) and entry.is_dir()),
            key=lambda entry: entry.name,
        )
        found[part] = {folder.name: _images_in(root, folder) for folder in folders}
        empty = [name for name, files in found[part].items() if not files]
        if empty or not found[part]:
            place = root / part / empty[0] if empty else root / part
            raise InvalidInputError(f"imagefolder:{path}: {place} holds no images; {_LAYOUT}.")
    _check_classes(path, found)
    return found


def tree_digest(entries: Iterable[tuple[str, str]]) -> str:
    """Return one SHA-256 over (relative path, SHA-256 of the file), whatever their order."""
    return hashlib.sha256(canonical_json(sorted(entries))).hexdigest()


def _is_shown(entry: Path) -> bool:
    return not entry.name.startswith(".")


def _images_in(root: Path, folder: Path) -> list[str]:
    images: list[str] = []
    # Plain strings: a Path for each of 60,000 files would cost the interface a second per look.
    for place, names, files in os.walk(folder):
        names[:] = [name for name in names if not name.startswith(".")]
        prefix = Path(place).relative_to(root).as_posix()
        images += [
            f"{prefix}/{file}"
            for file in files
            if not file.startswith(".") and os.path.splitext(file)[1].lower() in IMAGE_SUFFIXES  # noqa: PTH122
        ]
    try:
        "".join(images).encode()
    except UnicodeEncodeError as error:
        raise InvalidInputError(f"{folder}: a file's name is not UTF-8; rename it.") from error
    return sorted(images)


def _check_classes(path: str, found: dict[str, dict[str, list[str]]]) -> None:
    for part, other in (PARTS, PARTS[::-1]):
        for name in found[part]:
            if name not in found[other]:
                guess = nearest(name, found[other])
                hint = f" (there is '{guess}')" if guess else ""
                raise InvalidInputError(
                    f"imagefolder:{path}: class '{name}' is in {part}/ but not in {other}/{hint}; "
                    "both must have the same class folders."
                )
