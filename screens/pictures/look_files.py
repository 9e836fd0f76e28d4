"""Read the arrays behind looks: small npz files that may come from elsewhere or be half there.

Nothing is unpickled and nothing large is read; what has not the promised shape is None, as if it
were not there. Called in the feed's thread. Shape letters as in `looks`.
"""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from mcworkbench.reports.halfblocks import fitted, resized
from mcworkbench.screens.pictures.looks import ALONG, OVER, Between, Codes, Crossed, Reconstructions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Arrays = dict[str, Any]
# What the terminal can use: more pixels or images would only cost memory.
_MAX_SIDE, _MAX_IMAGES, _MAX_POSITIONS = 64, 16, 201
_MAX_BYTES = 256 * 1024 * 1024
_CHANNELS = (1, 3)


def read_arrays(path: Path) -> Arrays | None:
    """Return the arrays of an npz file by name, None where it is no such file or too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MAX_BYTES:
                return None
        with np.load(path, allow_pickle=False) as stored:
            found = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    # What is no array in there comes as bytes.
    return {name: value for name, value in found.items() if isinstance(value, np.ndarray)}


def path_reconstructions(path: Path, name: str, *, is_line: bool) -> Reconstructions | None:
    """Return the reconstructions along a path that a file holds."""
    found = read_arrays(path) or {}
    ts, outputs = _column(found.get("ts")), found.get("outputs")
    if ts is None or not _are_pictures(outputs, 5) or len(outputs) != len(ts):
        return None
    return _reconstructions(found, name, ALONG, ts.tolist(), outputs, is_line=is_line)


def epoch_reconstructions(files: Sequence[Path], name: str) -> Reconstructions | None:
    """Return the reconstructions at several epochs of one training, one file each.

    Files that cannot be used are left out, as are those of other images than the newest has.
    """
    read = [
        found for file in files if (found := read_arrays(file)) is not None and _is_strip(found)
    ]
    if not read:
        return None
    newest = read[-1]
    alike = [one for one in read if np.array_equal(one["inputs"], newest["inputs"])]
    by_epoch = {float(one["epoch"]): one for one in alike}
    epochs = sorted(by_epoch)
    joined = {
        **newest,
        **{key: np.stack([by_epoch[e][key] for e in epochs]) for key in ("outputs", "mse")},
    }
    return _reconstructions(joined, name, OVER, epochs, joined["outputs"], is_line=False)


def _is_strip(found: Arrays) -> bool:
    inputs, outputs, mse, epoch = (found.get(key) for key in ("inputs", "outputs", "mse", "epoch"))
    return (
        _are_pictures(outputs, 4)
        and _are_pictures(inputs, 4)
        and outputs.shape == inputs.shape
        and isinstance(mse, np.ndarray)
        and mse.shape == outputs.shape[:1]
        and isinstance(epoch, np.ndarray)
        and epoch.shape == ()
        and bool(np.isfinite(epoch))
    )


def _reconstructions(
    found: Arrays,
    name: str,
    axis: str,
    positions: list[float],
    outputs: NDArray[np.uint8],
    *,
    is_line: bool,
) -> Reconstructions | None:
    inputs, mse, labels = (found.get(key) for key in ("inputs", "mse", "labels"))
    if not _are_pictures(inputs, 4) or outputs.shape[1:] != inputs.shape:
        return None
    if not isinstance(mse, np.ndarray) or mse.shape != outputs.shape[:2]:
        return None
    count = min(len(inputs), _MAX_IMAGES)
    size = _kept_size(inputs.shape[1], inputs.shape[2])
    return Reconstructions(
        name,
        axis,
        is_line,
        tuple(positions),
        resized(inputs[:count], *size),
        resized(outputs[:, :count], *size),
        mse[:, :count].astype(np.float64),
        _labels(labels, count),
    )


def codes_of(path: Path, ends: tuple[str, str]) -> Codes | None:
    """Return the codes of both ends that a file holds, at most some thousands."""
    found = read_arrays(path) or {}
    first, last, turned = (found.get(key) for key in ("a", "b", "b_aligned"))
    explained = _column(found.get("explained"))
    if not _are_points(first) or not _are_points(last) or first.shape != last.shape:
        return None
    named = [(ends[0], first), (ends[1], last)]
    if _are_points(turned) and turned.shape == first.shape:
        named.append((f"{ends[1]}, aligned", turned))
    shares = explained.tolist() if explained is not None and len(explained) == 2 else [0.0, 0.0]  # noqa: PLR2004
    return Codes(
        tuple((name, points.astype(np.float64)) for name, points in named),
        _labels(found.get("labels"), len(first)),
        (shares[0], shares[1]),
    )


def crossed_of(path: Path) -> Crossed | None:
    """Return the errors of every encoder with every decoder that a file holds."""
    found = read_arrays(path) or {}
    ts, mse = _column(found.get("ts")), found.get("mse")
    if ts is None or not isinstance(mse, np.ndarray) or mse.shape != (len(ts), len(ts)):
        return None
    return Crossed(tuple(ts.tolist()), mse.astype(np.float64))


def between_of(path: Path, ends: tuple[str, str]) -> Between | None:
    """Return the pictures between the codes of two images that a file holds."""
    found = read_arrays(path) or {}
    parts, first, last = _column(found.get("s")), found.get("first"), found.get("last")
    if parts is None or not _are_pictures(first, 5) or not _are_pictures(last, 5):
        return None
    if first.shape != last.shape or first.shape[1] != len(parts):
        return None
    size = _kept_size(first.shape[2], first.shape[3])
    by_end = tuple(
        (name, resized(images[:_MAX_IMAGES], *size))
        for name, images in zip(ends, (first, last), strict=True)
    )
    return Between(tuple(parts.tolist()), by_end)


def _kept_size(height: int, width: int) -> tuple[int, int]:
    """Return height and width as they are kept: no side longer than a terminal can show."""
    if max(height, width) <= _MAX_SIDE:
        return height, width
    return fitted(height, width, _MAX_SIDE // 2, _MAX_SIDE)


def _column(values: Any) -> NDArray[np.float64] | None:
    """Return increasing finite numbers, None for anything else."""
    if not isinstance(values, np.ndarray) or values.ndim != 1 or values.dtype.kind not in "fiu":
        return None
    column = values.astype(np.float64)
    if not 0 < len(column) <= _MAX_POSITIONS or not np.isfinite(column).all():
        return None
    return column


def _are_pictures(values: Any, num_axes: int) -> TypeGuard[NDArray[np.uint8]]:
    return (
        isinstance(values, np.ndarray)
        and values.dtype == np.uint8
        and values.ndim == num_axes
        and values.shape[-1] in _CHANNELS
        and values.size > 0
    )


def _are_points(values: Any) -> TypeGuard[NDArray[np.floating]]:
    return (
        isinstance(values, np.ndarray)
        and values.dtype.kind == "f"
        and values.ndim == 2  # noqa: PLR2004
        and values.shape[1] == 2  # noqa: PLR2004
        and len(values) > 0
    )


def _labels(values: Any, count: int) -> NDArray[np.int64]:
    """Return the class of each example; all the first where they are not known."""
    is_usable = isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind in "iu"
    if not is_usable or len(values) < count:
        return np.zeros(count, dtype=np.int64)
    return np.maximum(values[:count], 0).astype(np.int64)
