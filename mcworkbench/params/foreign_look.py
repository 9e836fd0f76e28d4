"""Look into many foreign checkpoints for names and shapes, without their values.

Called by `import_worker`, a process of its own that holds nothing worth stealing. Each file is
opened by a fork of it, with the limits of `foreign_child`: torch is loaded once, and a file that
hangs or ends its process costs only itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from safetensors import SafetensorError, safe_open

from mcworkbench.params import foreign_child
from mcworkbench.params.foreign import natural
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from pathlib import Path

LOOK_LIMIT_S = 30.0
_PIECE = 1 << 16


@final
@dataclass(frozen=True, slots=True)
class Look:
    """What a file seems to hold.

    Attributes:
        what: 'network', 'curve', 'optimizer' or 'refused'.
        shapes: of every tensor by its name there, in the file's order.
        epoch: where the file says it.
        curve: 'bezier' or 'polychain' where it is a curve of the reference.
        num_nodes: its nodes, ends included.
        problem: why it was refused.
    """

    what: str
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, "tuple[int, ...]"])
    epoch: int | None = None
    curve: str = ""
    num_nodes: int = 1
    problem: str = ""


def look_at(path: Path, *, time_limit_s: float = LOOK_LIMIT_S) -> Look:
    """Return what a `.pt` or `.safetensors` file holds; one that cannot be read says why."""
    facts = _in_fork(path, time_limit_s)
    if "refused" in facts:
        return Look("refused", problem=clean_line(str(facts["refused"]), limit=400))
    shapes = {str(name): tuple(shape) for name, shape in facts["shapes"].items()}
    nodes = next((s for n, s in shapes.items() if n.endswith("coeff_layer.range")), None)
    if nodes is None or len(nodes) != 1:
        return Look(facts["what"], shapes, facts["epoch"])
    is_bezier = any(name.endswith("coeff_layer.binom") for name in shapes)
    curve = "bezier" if is_bezier else "polychain"
    return Look("curve", shapes, facts["epoch"], curve, nodes[0])


def _in_fork(path: Path, time_limit_s: float) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(path, writer, time_limit_s)
    os.close(writer)
    try:
        answer = _read_all(reader, time.monotonic() + time_limit_s)
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with contextlib.suppress(ValueError):
        facts = json.loads(answer)
        if isinstance(facts, dict):
            return facts
    return {"refused": f"was not read within {time_limit_s:g} s, or ended its reader."}


def _answer(path: Path, writer: int, time_limit_s: float) -> None:
    """Write what the file holds and end this process; nothing else of it may run."""
    try:
        facts = _facts(path, time_limit_s)
        with os.fdopen(writer, "wb") as stream:
            stream.write(json.dumps(facts).encode())
    finally:
        os._exit(0)


def _facts(path: Path, time_limit_s: float) -> dict[str, Any]:
    try:
        foreign_child.limit(path.stat().st_size, max(1, round(time_limit_s)))
        if path.suffix.lower() == ".safetensors":
            return _header(path)
        return foreign_child.look(path)
    except foreign_child.RefusedError as refusal:
        return {"refused": str(refusal)}
    except OSError as error:
        return {"refused": (error.strerror or "cannot be read").lower()}


def _header(path: Path) -> dict[str, Any]:
    try:
        with safe_open(path, framework="pt") as file:
            names = sorted(file.keys(), key=natural)
            shapes = {name: list(file.get_slice(name).get_shape()) for name in names}
    except SafetensorError as error:
        raise foreign_child.RefusedError(
            f"is not a whole safetensors file ({clean_line(str(error))})."
        ) from error
    return {"what": "network", "epoch": None, "shapes": shapes}


def _read_all(reader: int, end: float) -> bytes:
    pieces: list[bytes] = []
    while (left := end - time.monotonic()) > 0:
        ready, _, _ = select.select([reader], [], [], left)
        if not ready:
            break
        piece = os.read(reader, _PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
    return b""
