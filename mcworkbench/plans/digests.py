"""What stands for a data set's content in a stage key: computed by the interface, torch-free.

Published and built-in sets have a fixed string in the catalogue. Files of the user's own are
hashed, and remembered in `cache_root()/digests.json` until a size or a time of change differs.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from mcworkbench import folders
from mcworkbench.config.plain_images import ImageFiles, find_celeba, list_flat, whole_digest
from mcworkbench.config.sources import digest_memory, image_root, list_images, parse, tree_digest
from mcworkbench.config.user_class import code_digest
from mcworkbench.errors import InvalidInputError

_MAX_REMEMBERED = 1000
_PLAIN_IMAGES = {"images": list_flat, "celeba": find_celeba}
# By place: what the files looked like and their digest, for looks that may write nothing.
_seen: dict[str, tuple[str, str]] = {}


def source_digest(name: str, *, writes: bool = True, base: Path | None = None) -> str:
    """Return the digest of what a data set's full name stands for.

    A fixed string for sets that are built in or published, the SHA-256 of an arrays file, or one
    over the sorted (relative path, SHA-256) of an image folder, or of a module of trusted code.

    Args:
        name: the full name.
        writes: whether a new digest is remembered on the disk, or in this process only.
        base: folder in which code of the user's own is looked for first; absent: the current one.

    Raises:
        InvalidInputError: no such data set, or its files are not there; the sentence says what
            is expected.
    """
    source, head, path = parse(name)
    if source.checksum:
        return source.checksum
    if source.takes_path == "CODE":
        return code_digest(path, base or Path.cwd())
    if head in _PLAIN_IMAGES:
        return _images_digest(_PLAIN_IMAGES[head](path), writes=writes)
    if head == "imagefolder":
        return _folder_digest(path, writes=writes)
    return _file_digest(head, path, writes=writes)


def _file_digest(head: str, path: str, *, writes: bool) -> str:
    file = Path(path).expanduser()
    if not file.is_file():
        raise InvalidInputError(f"[data] name = '{head}:{path}': there is no file {file}.")
    return _remembered(file, file.parent, [file.name], writes=writes)


def _folder_digest(path: str, *, writes: bool) -> str:
    listing = list_images(path)
    files = [file for part in listing.values() for members in part.values() for file in members]
    root = image_root(path)
    return _remembered(root, root, files, writes=writes)


def _images_digest(files: ImageFiles, *, writes: bool) -> str:
    """Return the digest of images without classes: of the tree, or of the zip and its list."""
    if files.is_zip:
        digest = _remembered(files.place, files.place.parent, [files.place.name], writes=writes)
    else:
        names = [*files.train, *files.test]
        digest = _remembered(files.place, files.place, names, writes=writes)
    lists = [_remembered(one, one.parent, [one.name], writes=writes) for one in files.beside]
    return whole_digest(digest, lists)


def _remembered(source: Path, root: Path, files: list[str], *, writes: bool) -> str:
    """Return the digest of `source`, from memory where names, sizes and times are unchanged."""
    memory_file = digest_memory()
    place = str(source.resolve())
    try:
        stamp = _stamp(root, files)
        read = folders.read_json(memory_file)
        memory: dict[str, Any] = read if isinstance(read, dict) else {}
        known = memory.get(place)
        if isinstance(known, dict) and known.get("stamp") == stamp:
            return str(known["digest"])
        if place in _seen and _seen[place][0] == stamp:
            digest = _seen[place][1]
        else:
            shas = [folders.file_sha256(root / file) for file in files]
            digest = shas[0] if source != root else tree_digest(zip(files, shas, strict=True))
    except OSError as error:
        raise InvalidInputError(
            f"{error.filename or source}: cannot be read ({(error.strerror or 'error').lower()})."
        ) from error
    _seen[place] = (stamp, digest)
    if not writes:
        return digest
    folders.make_private(memory_file.parent)
    kept = dict(list(memory.items())[-_MAX_REMEMBERED:])
    folders.publish_json(memory_file, {**kept, place: {"stamp": stamp, "digest": digest}})
    return digest


def _stamp(root: Path, files: list[str]) -> str:
    entries: list[tuple[str, int, int]] = []
    for file in files:
        seen = os.stat(f"{root}/{file}")  # noqa: PTH116 - thousands of files at each look
        entries.append((file, seen.st_size, seen.st_mtime_ns))
    return hashlib.sha256(folders.canonical_json(entries)).hexdigest()
