"""The child process that turns products into files for other programs.

Started by `mcworkbench export` as `python -m mcworkbench.export_worker`: it reads one JSON job
from its input, writes one file, and says on its output what that holds. A sentence for the user
goes to its errors, with exit code 2 where the job is at fault.
Shape letters: K = nodes, D = padded parameters.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from mcworkbench.config.user_class import permit
from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import publish_bytes
from mcworkbench.library import Run
from mcworkbench.models.product import NETWORK_FILE, open_flat
from mcworkbench.params.batch_norm import has_batch_norm
from mcworkbench.params.export import curve_state
from mcworkbench.params.store import network_bytes, read_tensors
from mcworkbench.paths.path import open_path
from mcworkbench.runs.products import check_product
from mcworkbench.runs.stage_folder import StageFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


def main() -> int:
    """Do the one job and return the exit code."""
    job: dict[str, Any] = json.loads(sys.stdin.read())
    try:
        sys.stdout.write(perform(job) + "\n")
    except WorkbenchError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def perform(job: Mapping[str, Any]) -> str:
    """Write the file of a job and return one line about it.

    Args:
        job: "run" and "node", the "product" folder, "t" or None, "epoch", "format" pt or
            safetensors, the "target" file, and whether classes of the user's are "trusted".

    Raises:
        WorkbenchError: the product is damaged, or the file cannot be written.
    """
    if job.get("trusted"):
        permit()
    folder = Path(job["product"])
    check_product(StageFolder(folder.parent.name), job["run"], f"{job['run']}/{job['node']}")
    content: Mapping[str, Any]
    if not (folder / "path.json").is_file():
        tensors = read_tensors(folder / NETWORK_FILE)
        content, words = tensors, "a network's state dict"
    elif job["t"] is not None:
        module = Run(job["run"]).path(job["node"]).at(float(job["t"]))
        tensors = dict(module.state_dict())
        refreshed = ", batch norm refreshed" if has_batch_norm(module) else ""
        content, words = tensors, f"the network at t = {job['t']:g}{refreshed}"
    else:
        tensors = _curve(folder)
        content = _checkpoint(int(job["epoch"]), tensors)
        words = "a curve as the reference stores it"
    data = network_bytes(tensors) if job["format"] == "safetensors" else _pickled(content)
    publish_bytes(Path(job["target"]), data)
    num_values = sum(tensor.numel() for tensor in tensors.values())
    return f"{words}: {len(tensors)} tensors, {num_values:,} values"


def _curve(folder: Path) -> dict[str, Tensor]:
    flat = open_flat(folder, device="cpu")
    path = open_path(folder, flat.layout)
    num_nodes = path.curve.num_nodes
    return curve_state(
        path.nodes_KD, path.layout, path.curve_name, num_nodes, buffers=flat.buffers()
    )


def _checkpoint(epoch: int, state: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return what the reference's scripts load: epoch, model_state, optimizer_state.

    Its scripts read the optimiser only to train on, which starts anew from an empty one.
    """
    return {"epoch": epoch, "model_state": _cloned(state), "optimizer_state": {}}


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
