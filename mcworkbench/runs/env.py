"""What an attempt ran with, for its env.json: enough to say whether a resume can be exact.

No user, host or path names, because reports show it; versions come from installed metadata, so
torch is not imported here. Called by the worker before its first event.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mcworkbench

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGES = ("mcworkbench", "torch", "torchvision", "numpy", "scipy", "scikit-learn", "safetensors")
_VARIABLES = (
    "OMP_NUM_THREADS",
    "OMP_WAIT_POLICY",
    "MKL_NUM_THREADS",
    "CUDA_VISIBLE_DEVICES",
    "CUBLAS_WORKSPACE_CONFIG",
)
# What can change the bits of a result; the rest is for people.
_DECISIVE = (
    "python",
    "packages",
    "machine",
    "device",
    "device_name",
    "cuda",
    "cudnn",
    "deterministic",
    "tf32_matmul",
    "tf32_cudnn",
    "threads",
    "code",
)


def environment(
    *, run: str, device: str, threads: int, device_name: str = "", **more: Any
) -> dict[str, Any]:
    """Return what this process runs with, as plain JSON.

    Args:
        run: the id of the run that made the attempt.
        device: as torch names it, e.g. "cuda:0".
        threads: of torch, within one operation.
        device_name: the model of the device, where known.
        more: further facts that only the worker knows, e.g. cuda and cudnn versions.
    """
    return {
        "format": 1,
        "run": run,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "num_cpus": os.cpu_count(),
        "packages": package_versions(),
        "device": device,
        "device_name": device_name,
        "threads": threads,
        "variables": {name: os.environ[name] for name in _VARIABLES if name in os.environ},
        "code": code_digest(),
        **more,
    }


def package_versions() -> dict[str, str]:
    """Return the installed version of every package that can change a number."""
    versions: dict[str, str] = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name == "mcworkbench":
                versions[name] = mcworkbench.__version__
    return versions


@functools.cache
def code_digest() -> str:
    """Return the SHA-256 of our own source files, screens left out, as 64 hex digits."""
    root = Path(mcworkbench.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if relative.parts[0] == "screens":
            continue
        name, content = relative.as_posix().encode(), path.read_bytes()
        digest.update(len(name).to_bytes(8) + name + len(content).to_bytes(8) + content)
    return digest.hexdigest()


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return one line for each fact that differs and can change the bits of a result.

    A fact that only one side knows is no difference: older formats knew less. A graphics
    processor that was not told to be deterministic differs from itself.
    """
    found: list[str] = []
    if str(new.get("device")).startswith("cuda") and new.get("deterministic") is False:
        found.append("deterministic = false lets the device add in any order")
    for name in _DECISIVE:
        if name not in old or name not in new or old[name] == new[name]:
            continue
        if isinstance(old[name], dict) and isinstance(new[name], dict):
            shared = sorted(old[name].keys() & new[name].keys())
            found += [
                f"{part} {old[name][part]} before, {new[name][part]} now"
                for part in shared
                if old[name][part] != new[name][part]
            ]
        elif name == "code":
            found.append("the workbench's own code has changed")
        else:
            found.append(f"{name} {old[name]} before, {new[name]} now")
    return found
