"""Read what autoencoders of a run made visible: pictures along paths, strips, codes.

The only file of this room that opens picture files; numpy alone. What is not whole, or has other
shapes than it should, is left out: a run folder may come from someone else.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np
import numpy.typing as npt

from mcworkbench.reports.document import PathSummary
from mcworkbench.reports.gather import is_vouched_for

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.reports.document import RunSummary
    from mcworkbench.runs.views import NodeView, RunView

Arrays = dict[str, npt.NDArray[Any]]
GIF_FILE = "path.gif"
# Number of axes of every array that a file of a kind must hold, and whether it holds pixels.
_SHAPES: dict[str, dict[str, tuple[int, bool]]] = {
    "strip": {"inputs": (4, True), "outputs": (4, True), "mse": (1, False)},
    "path": {"ts": (1, False), "inputs": (4, True), "outputs": (5, True), "mse": (2, False)},
    "latent": {"a": (2, False), "b": (2, False), "b_aligned": (2, False), "labels": (1, False)},
    "cross": {"ts": (1, False), "mse": (2, False)},
    "interpolation": {"s": (1, False), "first": (5, True), "last": (5, True)},
}
_MAX_BYTES = 256 * 1024 * 1024


@final
@dataclass(frozen=True, slots=True)
class Sight:
    """One file of pictures or codes.

    Attributes:
        node: the stage that made it.
        what: which arrays it holds, see docs/architecture.md.
        path: the evaluated path it belongs to, None for networks and codes.
        pair: both ends in words, "" where they are not known.
        gif: the animation beside it, b"" where there is none.
    """

    node: str
    what: str
    path: PathSummary | None
    pair: str
    arrays: Arrays
    gif: bytes = b""


def sights_of(run: RunView, summary: RunSummary) -> list[Sight]:
    """Return what finished stages made visible, of a training the newest strip only."""
    found: list[Sight] = []
    for node in run.nodes.values():
        pictures = node.view.pictures
        if not pictures or not is_vouched_for(node.view):
            continue
        newest = {event.what: event for event in pictures}
        path = _path_of(node, summary)
        pair = path.pair_label if path is not None else ""
        for what, event in newest.items():
            arrays = read_arrays(node.view.artifacts / event.name, what)
            if arrays:
                shown = path if what == "path" else None
                gif = _bytes(node.view.artifacts / GIF_FILE) if what == "path" else b""
                found.append(Sight(node.name, what, shown, pair, arrays, gif))
    return found


def read_arrays(file: Path, what: str) -> Arrays:
    """Return the arrays of a picture file, {} where it is not what it should be."""
    wanted = _SHAPES.get(what, {})
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name]) for name in stored.files}
    # numpy passes on whatever its zip and header readers stumble over.
    except (OSError, ValueError, EOFError, TypeError, KeyError, zipfile.BadZipFile, MemoryError):
        return {}
    for name, (num_axes, is_pixels) in wanted.items():
        values = arrays.get(name)
        if values is None or values.ndim != num_axes or 0 in values.shape:
            return {}
        if is_pixels and (values.dtype != np.uint8 or values.shape[-1] not in (1, 3)):
            return {}
        if not is_pixels and values.dtype.kind not in "fiu":
            return {}
    return arrays if wanted and _fits(arrays, what) else {}


def _fits(arrays: Arrays, what: str) -> bool:
    """Return whether the arrays of a file belong together."""
    if what == "strip":
        return arrays["inputs"].shape == arrays["outputs"].shape
    if what == "path":
        shape = (len(arrays["ts"]), *arrays["inputs"].shape)
        return arrays["outputs"].shape == shape and arrays["mse"].shape == shape[:2]
    if what == "latent":
        num = len(arrays["labels"])
        return all(arrays[name].shape == (num, 2) for name in ("a", "b", "b_aligned"))
    if what == "cross":
        return arrays["mse"].shape == (len(arrays["ts"]),) * 2
    return arrays["first"].shape == arrays["last"].shape


def _path_of(node: NodeView, summary: RunSummary) -> PathSummary | None:
    """Return the evaluated path of the path that a node looked at."""
    source = node.inputs.get("path", "")
    return next((path for path in summary.paths if path.path == source), None)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes() if file.stat().st_size <= _MAX_BYTES else b""
    except OSError:
        return b""
