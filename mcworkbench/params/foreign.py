"""Checkpoints made elsewhere: read them without trusting them.

Called by `mcworkbench import` and by `file:` references in presets. A `.pt` file is opened only
by a short-lived child process (`foreign_child`), with `weights_only=True` and limits on memory
and time; this process reads the safetensors that the child leaves. There is no other way in:
a file that torch refuses stays refused, because who wrote it could choose to be refused.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, final

from torch import Tensor

import mcworkbench
from mcworkbench import folders
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.params.mapping import Mapped, map_curve, map_network, map_optimizer
from mcworkbench.params.store import read_tensors
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Foreign", "Mapped", "map_curve", "map_network", "map_optimizer", "read_foreign"]

TIME_LIMIT_S = 300.0
_COEFFICIENTS = re.compile(r"(?:.*\.)?coeff_layer\.(binom|range|rev_range)")
_MIN_NODES = 2
_DIGITS = re.compile(r"(\d+)")
_SEQUENCE_END = 1_000_000


@final
@dataclass(frozen=True)
class Foreign:
    """The tensors of a checkpoint made elsewhere, as they were named there.

    Attributes:
        tensors: every tensor of its state dict, floats as float32, in the file's order.
        curve: 'bezier' or 'polychain' where the file holds a curve, else None.
        num_nodes: K of the curve, ends included; 1 for a single network.
        epoch: the epoch it was saved at, where it says so.
        is_ordered: whether the order of `tensors` is the writer's (.safetensors files keep none).
        source: the file, for messages.
        optimizer: its optimiser's tensors by name, each for every parameter in turn; may be empty.
    """

    tensors: dict[str, Tensor]
    curve: str | None
    num_nodes: int
    epoch: int | None
    is_ordered: bool = True
    source: str = "checkpoint"
    optimizer: dict[str, tuple[Tensor, ...]] = field(default_factory=dict[str, tuple[Tensor, ...]])


def read_foreign(path: Path, *, time_limit_s: float = TIME_LIMIT_S) -> Foreign:
    """Return what a `.pt` (any torch format) or `.safetensors` checkpoint holds.

    Raises:
        InvalidInputError: the file is missing, damaged, too large for the limits, or can only be
            read by running code it names. Nothing in it was run.
        WorkbenchError: the reading process could not be started.
    """
    if not path.is_file():
        raise InvalidInputError(
            f"{path}: is not a file; give the path of a .pt or .safetensors file."
        )
    if path.suffix.lower() == ".safetensors":
        tensors = read_tensors(path)
        names = sorted(tensors, key=natural)
        return _foreign(path, {name: tensors[name] for name in names}, None, is_ordered=False)
    scratch = folders.scratch_folder(folders.make_private(folders.cache_root()))
    try:
        facts = _run_child(path, scratch, time_limit_s)
        tensors = read_tensors(scratch / "tensors.safetensors")
        # Safetensors sorts by type and name; the child tells the order of the state dict.
        ordered = {name: tensors[name] for name in cast("list[str]", facts["order"])}
        found = _foreign(path, ordered, cast("int | None", facts["epoch"]), is_ordered=True)
        return replace(found, optimizer=_by_name(read_tensors(scratch / "optimizer.safetensors")))
    finally:
        folders.remove_quietly(scratch)


def _run_child(path: Path, scratch: Path, time_limit_s: float) -> dict[str, Any]:
    """Convert `path` into `scratch` in a child process and return the facts it tells."""
    package_root = str(Path(mcworkbench.__file__).resolve().parents[1])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [package_root, os.environ.get("PYTHONPATH")])),
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
    }
    environment.pop("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", None)
    # -P and the scratch folder: a torch.py beside the checkpoint must not be imported.
    command = [sys.executable, "-P", "-m", "mcworkbench.params.foreign_child"]
    command += [str(path.resolve()), str(scratch), str(max(1, round(time_limit_s)))]
    try:
        ended = subprocess.run(
            command,
            cwd=scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=time_limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InvalidInputError(
            f"{path}: was not read within {time_limit_s:g} s, so reading was ended; save its "
            "state_dict alone, or as .safetensors, and import that."
        ) from error
    except OSError as error:
        raise WorkbenchError(
            f"{path}: the process that reads foreign files did not start "
            f"({clean_line(str(error))})."
        ) from error
    facts = folders.read_json(scratch / "facts.json")
    if ended.returncode == 0 and isinstance(facts, dict) and "order" in facts:
        return cast("dict[str, Any]", facts)
    if isinstance(facts, dict) and "refused" in facts:
        raise InvalidInputError(f"{path}: {clean_line(str(facts['refused']), limit=600)}")
    talk = ended.stderr.decode(errors="replace").strip().splitlines()
    detail = clean_line(talk[-1]) if talk else f"exit status {ended.returncode}"
    raise InvalidInputError(
        f"{path}: the process that reads foreign files ended without a result ({detail}); save its "
        "state_dict alone, or as .safetensors, and import that."
    )


def _foreign(
    path: Path, tensors: dict[str, Tensor], epoch: int | None, *, is_ordered: bool
) -> Foreign:
    if not tensors:
        raise InvalidInputError(
            f"{path}: holds no tensors; give a file with a network's state_dict."
        )
    curve, num_nodes = _curve_of(tensors, path)
    return Foreign(tensors, curve, num_nodes, epoch, is_ordered, str(path))


def _by_name(tensors: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, ...]]:
    """Return the tensors of "NAME.PLACE" by name, in the order of their places."""
    found: dict[str, tuple[Tensor, ...]] = {}
    for key in sorted(tensors, key=natural):
        name = key.rpartition(".")[0]
        found[name] = (*found.get(name, ()), tensors[key])
    return found


def _curve_of(tensors: Mapping[str, Tensor], path: Path) -> tuple[str | None, int]:
    """Return the curve's name and number of nodes; (None, 1) for a single network."""
    found = {
        match[1]: tensor
        for name, tensor in tensors.items()
        if (match := _COEFFICIENTS.fullmatch(name))
    }
    if "range" not in found:
        return None, 1
    if found["range"].ndim != 1 or found["range"].numel() < _MIN_NODES:
        raise InvalidInputError(
            f"{path}: coeff_layer.range has shape {tuple(found['range'].shape)}, but a curve has "
            "one number per node and at least 2 nodes."
        )
    return ("bezier" if "binom" in found else "polychain"), found["range"].numel()


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return a sort key that puts layer 10 after layer 9."""
    return tuple(
        (int(part) if part.isdecimal() else _SEQUENCE_END, part) for part in _DIGITS.split(name)
    )
