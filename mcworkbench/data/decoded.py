"""The cache of decoded data sets: each source is read once per machine, whole or not at all.

Called by `dataset`. A cached set lies in `cache_root()/decoded/<digest>/`: one .npy per array
and meta.json with sizes and SHA-256. It is made aside and renamed into place, so two processes
decoding at once cannot mix; the one that comes second drops its copy. Deletable at any time.
Shape letters: N = examples, C, H, W = image axes.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from mcworkbench import catalogue, folders
from mcworkbench.config.sources import parse
from mcworkbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Array, RawData, Report

_FORMAT = 1
META = "meta.json"
# Data sets that are image files, decoded to the size that [data] asks for.
IMAGE_FILES = ("imagefolder", "images", "celeba")
ARRAYS = ("train_inputs", "train_targets", "test_inputs", "test_targets")


def decode(name: str, options: DataOptions, report: Report) -> Path:
    """Return the folder of the decoded data set, made now unless it is there and whole.

    Images are stored as uint8 (N, C, H, W), features and values as float32, classes as int64.

    Args:
        name: the data set's full name, e.g. "digits" or "imagefolder:PATH".
        options: the [data] section; only what changes pixels takes part in the cache's name.
        report: told the phase, what is done and the total; may raise to abort.

    Raises:
        InvalidInputError: no such data set, or its files cannot be used.
        WorkbenchError: it cannot be downloaded, or the cache not written.
    """
    source, head, path = parse(name)
    root = folders.make_private(folders.cache_root() / "decoded")
    digest = options.digest or source.checksum
    load = catalogue.resolve(source.loader)
    if not digest:
        # Nobody named the content: what is cached under the path could be older than the file.
        return _publish(load(path, options, report), root, None)
    target = root / _cache_name(head, digest, options)
    if is_whole(target):
        return target
    return _publish(load(path, options, report), root, target)


def is_whole(folder: Path) -> bool:
    """Return whether every array is there with the size and SHA-256 that meta.json tells."""
    meta = folders.read_json(folder / META)
    if not isinstance(meta, dict) or meta.get("format") != _FORMAT:
        return False
    files: Mapping[str, Mapping[str, Any]] = meta.get("files", {})
    try:
        return set(files) == {f"{name}.npy" for name in ARRAYS} and all(
            (folder / name).stat().st_size == entry["bytes"]
            and folders.file_sha256(folder / name) == entry["sha256"]
            for name, entry in files.items()
        )
    except (OSError, KeyError, TypeError, AttributeError):
        return False


def content_digest(meta: Mapping[str, Any]) -> str:
    """Return one SHA-256 over the arrays of a decoded set, from its meta.json."""
    return hashlib.sha256(folders.canonical_json(meta["files"])).hexdigest()


def _cache_name(head: str, digest: str, options: DataOptions) -> str:
    decides: dict[str, Any] = {"format": _FORMAT, "name": head, "digest": digest}
    if head in IMAGE_FILES:
        decides["image_size"] = options.image_size
        # Left out where it is off: older caches know no crop.
        decides |= {"crop": options.crop} if options.crop else {}
    return hashlib.sha256(folders.canonical_json(decides)).hexdigest()[:32]


def _publish(raw: RawData, root: Path, target: Path | None) -> Path:
    """Write `raw` aside and rename it to `target`, or to a name made of its content."""
    scratch = folders.scratch_folder(root)
    try:
        files = {
            f"{name}.npy": _write_array(scratch / f"{name}.npy", getattr(raw, name))
            for name in ARRAYS
        }
        meta = {
            "format": _FORMAT,
            "classes": list(raw.classes),
            "mean": list(raw.mean),
            "std": list(raw.std),
            "files": files,
        }
        folders.publish_json(scratch / META, meta)
        if target is None:
            whole = hashlib.sha256(folders.canonical_json(meta)).hexdigest()[:32]
            target = root / f"content-{whole}"
        return _rename(scratch, target)
    finally:
        folders.remove_quietly(scratch)


def _rename(scratch: Path, target: Path) -> Path:
    if target.exists() and not is_whole(target):
        damaged = scratch.with_name(f"{scratch.name}-damaged")
        target.rename(damaged)
        folders.remove_quietly(damaged)
    try:
        folders.publish_folder(scratch, target)
    except WorkbenchError:
        # Another process was faster: its copy holds the same bytes.
        if not is_whole(target):
            raise
    return target


def _write_array(file: Path, values: Array) -> dict[str, Any]:
    stored = values.transpose(0, 3, 1, 2) if values.dtype == np.uint8 else values
    try:
        with file.open("xb") as opened:
            np.save(opened, np.ascontiguousarray(stored), allow_pickle=False)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise folders.storage_error(file, error) from error
    return {"bytes": file.stat().st_size, "sha256": folders.file_sha256(file)}
