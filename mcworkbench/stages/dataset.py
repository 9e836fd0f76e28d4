"""Decode a data set into the cache once, split it, and publish what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.config.options.data import DataOptions
from mcworkbench.data.dataset import DATASET_FILE, write_dataset
from mcworkbench.folders import canonical_json
from mcworkbench.runs.events import Noted, Progress
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.workspace import Stopped

if TYPE_CHECKING:
    from collections.abc import Generator

    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish dataset.json; returns how many examples each split has."""
    options = workspace.options
    assert isinstance(options, DataOptions)

    def report(phase: str, done: int, total: int) -> None:
        if workspace.stop_level() >= StopLevel.now:
            raise Stopped(0)
        workspace.tell(Progress(phase, done, total, "items"))

    document = write_dataset(options, report)
    counts: dict[str, int] = document["counts"]
    total = sum(counts.values())
    yield Progress("decoding", total, total, "examples")
    yield Noted(", ".join(f"{count} {name}" for name, count in counts.items()))
    yield workspace.save_artifact(DATASET_FILE, canonical_json(document), "dataset")
    return {f"num_{name}": count for name, count in counts.items()}
