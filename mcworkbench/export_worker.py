"""The child process that turns products into files for other programs.

Started by `mcworkbench export` as `python -m mcworkbench.export_worker`: it reads one JSON job
from its input (or several), writes one file each, and says on its output what that holds. A
sentence for the user goes to its errors, with exit code 2 where the job is at fault.
Shape letters: K = nodes, D = padded parameters.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mcworkbench import catalogue
from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.user_class import permit
from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import publish_bytes
from mcworkbench.library import Run
from mcworkbench.models.product import NETWORK_FILE, OPTIMIZER_FILE, open_flat
from mcworkbench.params.batch_norm import has_batch_norm
from mcworkbench.params.export import curve_state
from mcworkbench.params.keras import keras_curve, keras_network
from mcworkbench.params.store import network_bytes, read_tensors
from mcworkbench.params.vectors import named_views
from mcworkbench.paths.path import open_path
from mcworkbench.runs.products import check_product, snapshot_problem
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.training.optimizers import state_by_tensor
from mcworkbench.training.schedules import learning_rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from mcworkbench.config.options.training import TrainingOptions


def main() -> int:
    """Do the one job, or those under "jobs", and return the exit code."""
    asked: dict[str, Any] = json.loads(sys.stdin.read())
    try:
        for job in asked.get("jobs", [asked]):
            sys.stdout.write(perform(job) + "\n")
            sys.stdout.flush()
    except WorkbenchError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def perform(job: Mapping[str, Any]) -> str:
    """Write the file of a job and return one line about it.

    Args:
        job: "run" and "node", the "product" folder, the "place" of a snapshot beside it, "t" or
            None, "epoch", "format" pt, safetensors, checkpoint (as the reference saves
            everything) or keras, the "target" file, and whether classes of the user's are
            "trusted".

    Raises:
        WorkbenchError: the product is damaged, or the file cannot be written.
    """
    if job.get("trusted"):
        permit()
    whole = Path(job["product"])
    stage = StageFolder(whole.parent.name)
    check_product(stage, job["run"], f"{job['run']}/{job['node']}")
    folder = _snapshot(stage, job["place"]) if job.get("place") else whole
    if job["format"] == "keras":
        data, count = _keras(folder)
        publish_bytes(Path(job["target"]), data)
        return f"weights by Keras's names: {count} arrays"
    content: Mapping[str, Any]
    if not (folder / "path.json").is_file():
        tensors = _network(folder)
        content, words = tensors, "a network's state dict"
        if job["format"] == "checkpoint":
            content = _checkpoint(folder, whole, int(job["epoch"]), tensors)
    elif job["t"] is not None:
        module = Run(job["run"]).path(job["node"]).at(float(job["t"]))
        tensors = dict(module.state_dict())
        refreshed = ", batch norm refreshed" if has_batch_norm(module) else ""
        content, words = tensors, f"the network at t = {job['t']:g}{refreshed}"
    else:
        tensors = _curve(folder)
        content = _checkpoint(folder, whole, int(job["epoch"]), tensors)
        words = "a curve as the reference stores it"
    data = network_bytes(tensors) if job["format"] == "safetensors" else _pickled(content)
    publish_bytes(Path(job["target"]), data)
    num_values = sum(tensor.numel() for tensor in tensors.values())
    return f"{words}: {len(tensors)} tensors, {num_values:,} values"


def _network(folder: Path) -> dict[str, Tensor]:
    """Return a network's tensors in the order of its module: a safetensors file keeps none."""
    tensors = read_tensors(folder / NETWORK_FILE)
    names = open_flat(folder, device="cpu").module.state_dict()
    return {name: tensors[name] for name in names if name in tensors} | tensors


def _snapshot(stage: StageFolder, name: str) -> Path:
    problem = snapshot_problem(stage, name)
    if problem is not None:
        raise WorkbenchError(f"the snapshot {name} cannot be used: {problem}.")
    return stage.snapshots / name


def _curve(folder: Path) -> dict[str, Tensor]:
    flat = open_flat(folder, device="cpu")
    path = open_path(folder, flat.layout)
    num_nodes = path.curve.num_nodes
    return curve_state(
        path.nodes_KD, path.layout, path.curve_name, num_nodes, buffers=flat.buffers()
    )


def _keras(folder: Path) -> tuple[bytes, int]:
    flat = open_flat(folder, device="cpu")
    if (folder / "path.json").is_file():
        path = open_path(folder, flat.layout)
        nodes = [named_views(node_D, path.layout, with_aliases=True) for node_D in path.nodes_KD]
        arrays = keras_curve(flat.module, nodes)
    else:
        arrays = keras_network(flat.module, read_tensors(folder / NETWORK_FILE))
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue(), len(arrays)


def _checkpoint(
    folder: Path, whole: Path, epoch: int, state: Mapping[str, Tensor]
) -> dict[str, Any]:
    """Return what the reference's scripts load: epoch, model_state, optimizer_state."""
    optimizer = _optimizer(folder, whole, epoch)
    return {"epoch": epoch, "model_state": _cloned(state), "optimizer_state": optimizer}


def _optimizer(folder: Path, whole: Path, epoch: int) -> dict[str, Any]:
    """Return the optimiser's state over separate tensors; {} for what was not trained here.

    Where none was kept, as for members of ensembles, it holds no momentum yet.
    """
    document = StageFolder(whole.parent.name).document()
    if document.get("kind") not in {"endpoint", "curve"}:
        return {}
    kind = catalogue.resolve(catalogue.STAGES[document["kind"]].options)
    options: TrainingOptions = kind.model_validate(document["options"])
    kept = folder / OPTIMIZER_FILE
    tensors = read_tensors(kept) if kept.is_file() else {}
    num_rows, weight_decay = 1, options.weight_decay
    if isinstance(options, CurveOptions):
        # Its curves are pulled by a term of the loss.
        num_rows, weight_decay = options.num_nodes - options.fix_start - options.fix_end, 0.0
    lr = learning_rate(options, max(0, min(epoch, options.last_epoch) - 1), 1)
    layout = open_flat(folder, device="cpu").layout
    return state_by_tensor(
        options, lr, layout, tensors, weight_decay=weight_decay, num_rows=num_rows
    )


def _cloned(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }


def _pickled(content: Mapping[str, Any]) -> bytes:
    """Return what `torch.load(weights_only=True)` reads: plain values and tensors of their own."""
    own = _cloned(content) if "model_state" not in content else dict(content)
    buffer = io.BytesIO()
    torch.save(own, buffer)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
