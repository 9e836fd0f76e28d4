"""The child process that opens a foreign `.pt` file: `python -m ... IN OUT SECONDS`.

Started by `foreign.read_foreign`; lives for one file. `foreign_look` calls `limit` and `look`, in
a process for one file, too. Leaves OUT/tensors.safetensors,
OUT/optimizer.safetensors ("NAME.PLACE" of each parameter in turn; empty where there is none) and
OUT/facts.json ({"order", "epoch"}), or facts.json with {"refused": sentence} and status 3.
Must never load with weights_only=False and never retry in another way.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import re
import resource
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, cast

import psutil
import torch

from mcworkbench.params.store import network_bytes
from mcworkbench.text import clean_line

REFUSED = 3
_HEADROOM_BYTES = 2**30
# Read, converted to float32 and serialised: up to 8 copies of a float16 file live at once.
_COPIES = 8
_STATE_KEYS = ("model_state", "model_state_dict", "state_dict", "model", "net", "network", "params")
_NOT_A_NETWORK = re.compile(r"optim|sched|scaler|rng|ema", re.IGNORECASE)
_OPTIMIZER = frozenset({"state", "param_groups"})
_OPTIMIZER_KEYS = ("optimizer_state", "optimizer_state_dict", "optimizer")
_GLOBAL = re.compile(r"GLOBAL ([\w.]+)")
_MAX_DEPTH = 3
_NOT_A_CHECKPOINT = (
    "is damaged, or not a checkpoint of plain tensors; nothing in it was run. Save the network "
    "with torch.save(model.state_dict(), 'network.pt')."
)


class RefusedError(Exception):
    """A sentence, without the file's name, for the user."""


def main(arguments: list[str]) -> int:
    """Convert one file and return the exit status."""
    source, out, seconds = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    limit(source.stat().st_size, seconds)
    try:
        facts = _convert(source, out)
    except RefusedError as refusal:
        (out / "facts.json").write_text(json.dumps({"refused": str(refusal)}))
        return REFUSED
    (out / "facts.json").write_text(json.dumps(facts))
    return 0


def limit(file_bytes: int, seconds: int) -> None:
    """Bound what the file can cost: memory and disk by its size, and processor time."""
    headroom = _HEADROOM_BYTES + _COPIES * file_bytes
    # Torch's own libraries map gigabytes of addresses before any tensor exists.
    mapped = psutil.Process().memory_info().vms
    limits = {
        resource.RLIMIT_AS: mapped + headroom,
        resource.RLIMIT_FSIZE: headroom,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_CORE: 0,
    }
    for kind, wanted in limits.items():
        # Where the system knows no such limit, the parent's time limit still holds.
        with contextlib.suppress(ValueError, OSError):
            _, hard = resource.getrlimit(kind)
            value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(kind, (value, value))


def _convert(source: Path, out: Path) -> dict[str, Any]:
    with _refusing():
        loaded = _loaded(source, "cpu")
        state, epoch = _state_dict(loaded)
        tensors = {name: _plain_tensor(name, tensor) for name, tensor in state.items()}
        (out / "tensors.safetensors").write_bytes(network_bytes(tensors))
        (out / "optimizer.safetensors").write_bytes(network_bytes(_optimizer_state(loaded)))
    return {"order": list(tensors), "epoch": epoch}


def look(source: Path) -> dict[str, Any]:
    """Return what a file holds without its values: "what", "epoch", "shapes" by name, in order.

    Raises:
        RefusedError: it cannot be read, or holds no tensors; nothing in it was run.
    """
    with _refusing():
        # Nothing is read for tensors on the meta device but their descriptions.
        loaded = _loaded(source, "meta")
        if isinstance(loaded, Mapping) and {str(key) for key in loaded} >= _OPTIMIZER:
            return {"what": "optimizer", "epoch": None, "shapes": {}}
        state, epoch = _state_dict(loaded)
        plain = {name: _plain_tensor(name, tensor) for name, tensor in state.items()}
    shapes = {name: list(tensor.shape) for name, tensor in plain.items()}
    return {"what": "network", "epoch": epoch, "shapes": shapes}


def _loaded(source: Path, device: str) -> object:
    return torch.load(source, map_location=device, weights_only=True)


@contextlib.contextmanager
def _refusing() -> Generator[None]:
    """Turn whatever goes wrong with a file into one sentence about it."""
    try:
        yield
    except RefusedError:
        raise
    except pickle.UnpicklingError as error:
        raise RefusedError(_unpickling_sentence(str(error))) from error
    except Exception as error:
        raise RefusedError(_damage_sentence(error)) from error


def _state_dict(loaded: object) -> tuple[dict[str, torch.Tensor], int | None]:
    """Return the network's tensors wherever the file keeps them, and its epoch if it tells."""
    epoch: int | None = None
    value = loaded
    for _ in range(_MAX_DEPTH):
        if not isinstance(value, Mapping):
            break
        mapping = cast("Mapping[object, object]", value)
        told = mapping.get("epoch")
        if epoch is None and isinstance(told, int) and not isinstance(told, bool):
            epoch = told
        inner = _inner(mapping)
        if inner is None:
            return _tensors(mapping), epoch
        value = inner
    raise RefusedError(_no_state_sentence(loaded))


def _optimizer_state(loaded: object) -> dict[str, torch.Tensor]:
    """Return the optimiser's tensors beside a network, "NAME.PLACE" in its order of parameters.

    {} where there is none, or none that can be understood: the network can be had without.
    """
    parts = cast("Mapping[str, Any]", loaded) if isinstance(loaded, Mapping) else {}
    kept: Any = next((parts[key] for key in _OPTIMIZER_KEYS if key in parts), None)
    with contextlib.suppress(AttributeError, KeyError, TypeError, RefusedError):
        places = [place for group in kept["param_groups"] for place in group["params"]]
        return {
            f"{name}.{place}": _plain_tensor(name, value)
            for place, key in enumerate(places)
            for name, value in kept["state"].get(key, {}).items()
            if isinstance(value, torch.Tensor)
        }
    return {}


def _inner(mapping: Mapping[object, object]) -> Mapping[object, object] | None:
    """Return the part of a checkpoint that holds its network; None when it is all network."""
    parts = {
        str(name): cast("Mapping[object, object]", part)
        for name, part in mapping.items()
        if isinstance(part, Mapping)
    }
    for name in _STATE_KEYS:
        if name in parts:
            return parts[name]
    if any(isinstance(value, torch.Tensor) for value in mapping.values()):
        return None
    likely = [part for name, part in parts.items() if not _NOT_A_NETWORK.search(name)]
    return likely[0] if len(likely) == 1 else None


def _tensors(mapping: Mapping[object, object]) -> dict[str, torch.Tensor]:
    found = {
        name: value
        for name, value in mapping.items()
        if isinstance(name, str) and isinstance(value, torch.Tensor)
    }
    if not found:
        raise RefusedError(_no_state_sentence(mapping))
    return found


def _plain_tensor(name: str, tensor: torch.Tensor) -> torch.Tensor:
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_complex():
        raise RefusedError(
            f"the tensor '{clean_line(name)}' is sparse, quantised or complex; only plain real "
            "tensors can be imported."
        )
    return tensor.detach()


def _no_state_sentence(loaded: object) -> str:
    if isinstance(loaded, Mapping):
        keys = ", ".join(f"'{clean_line(str(key), limit=40)}'" for key in list(loaded)[:8])
        held = f"a dict of {keys}" if keys else "an empty dict"
    else:
        held = f"a {type(loaded).__name__}"
    return (
        f"holds {held} and no state_dict among it; save one with "
        "torch.save(model.state_dict(), 'network.pt')."
    )


def _unpickling_sentence(message: str) -> str:
    match = _GLOBAL.search(message)
    if match is None:
        return _NOT_A_CHECKPOINT
    return (
        f"refused, because reading it means running '{clean_line(match[1])}', which a checkpoint "
        "of plain tensors never asks for; nothing in it was run. Save the network with "
        "torch.save(model.state_dict(), 'network.pt')."
    )


def _damage_sentence(error: Exception) -> str:
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return (
            "needs far more memory than its size on disk explains, so reading was ended; save its "
            "state_dict alone, or as .safetensors."
        )
    if not isinstance(error, RuntimeError) or not str(error).strip():
        # The unpickler meets other files' bytes as a stray KeyError, EOFError and the like.
        return _NOT_A_CHECKPOINT
    reason = clean_line(str(error).strip().splitlines()[0])
    return (
        f"cannot be read as a torch checkpoint ({reason}); save the network with "
        "torch.save(model.state_dict(), 'network.pt')."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
