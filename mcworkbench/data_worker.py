"""The child process that fetches or checks one data set for `mcworkbench data`.

Started as `python -m mcworkbench.data_worker`: it reads one JSON job from its input, tells its
progress on its errors, and writes one JSON document to its output. A sentence for the user ends
it with the exit code of its error.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.user_class import permit
from mcworkbench.data import decoded
from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EVERY_S = 1.0


def main() -> int:
    """Do the one job and return the exit code."""
    job: dict[str, Any] = json.loads(sys.stdin.read())
    try:
        sys.stdout.write(json.dumps(perform(job)) + "\n")
    except WorkbenchError as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        return error.exit_code
    return 0


def perform(job: Mapping[str, Any]) -> dict[str, Any]:
    """Decode a data set, fetching it where it is absent, and describe what came out.

    Args:
        job: "name" of the data set, "digest" of its source, "image_size", and whether code of
            the user's own is "trusted".

    Raises:
        WorkbenchError: it cannot be fetched or decoded.
    """
    if job["trusted"]:
        permit()
    options = DataOptions(name=job["name"], digest=job["digest"], image_size=job["image_size"])
    last = 0.0

    def report(phase: str, done: int, total: int) -> None:
        nonlocal last
        if done == total or time.monotonic() - last >= _EVERY_S:
            last = time.monotonic()
            sys.stderr.write(json.dumps({"phase": phase, "done": done, "total": total}) + "\n")
            sys.stderr.flush()

    folder = decoded.decode(options.name, options, report)
    return described(folder)


def described(folder: Path) -> dict[str, Any]:
    """Return examples, shapes, classes, scaling, sizes and digest of a decoded data set."""
    meta = read_json(folder / decoded.META)
    parts: dict[str, Any] = {}
    for part in ("train", "test"):
        inputs = np.load(folder / f"{part}_inputs.npy", mmap_mode="r", allow_pickle=False)
        targets = np.load(folder / f"{part}_targets.npy", mmap_mode="r", allow_pickle=False)
        parts[part] = {
            "examples": len(inputs),
            "shape": list(inputs.shape[1:]),
            "dtype": str(inputs.dtype),
        }
        if targets.dtype.kind == "i":
            counts = np.bincount(targets, minlength=len(meta["classes"]))
            parts[part]["per_class"] = [int(count) for count in counts]
        else:
            parts[part]["targets"] = list(targets.shape[1:])
    return {
        **parts,
        "classes": meta["classes"],
        "mean": meta["mean"],
        "std": meta["std"],
        "bytes": sum(entry["bytes"] for entry in meta["files"].values()),
        "sha256": decoded.content_digest(meta),
        "folder": str(folder),
    }


if __name__ == "__main__":
    sys.exit(main())
