"""A workspace that keeps everything in memory, for tests of stages without processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcworkbench.runs.events import ArtifactSaved, CheckpointSaved, Event, SnapshotSaved
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.workspace import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from mcworkbench.config.options.base import Options


class MemoryWorkspace:
    """Real inputs, an in-memory checkpoint store, artifacts in a folder of the test's."""

    def __init__(
        self, options: Options, folder: Path, inputs: Mapping[str, Path] | None = None
    ) -> None:
        self.options = options
        self.device = "cpu"
        self.threads = 1
        self.folder = folder
        self.inputs = dict(inputs or {})
        self.checkpoints: list[Checkpoint] = []
        self.snapshots: dict[str, dict[str, bytes]] = {}
        self.level = StopLevel.none
        self.stop_after_calls: int | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def has_input(self, role: str) -> bool:
        return role in self.inputs

    def input(self, role: str) -> Path:
        return self.inputs[role]

    def stop_level(self) -> StopLevel:
        if self.stop_after_calls is not None:
            self.stop_after_calls -= 1
            if self.stop_after_calls < 0:
                return StopLevel.now
        return self.level

    def latest_checkpoint(self) -> Checkpoint | None:
        return self.checkpoints[-1] if self.checkpoints else None

    def save_checkpoint(
        self, step: int, epoch: int, tensors: Mapping[str, Tensor], state: Mapping[str, Any]
    ) -> CheckpointSaved:
        copied = {name: value.detach().clone() for name, value in tensors.items()}
        self.checkpoints.append(Checkpoint(f"step-{step}", step, epoch, copied, dict(state)))
        return CheckpointSaved(f"step-{step}", step, epoch, 0, 0.0)

    def save_snapshot(
        self,
        name: str,
        epoch: int,
        step: int,
        files: Mapping[str, bytes],
        tags: Sequence[str] = (),
    ) -> SnapshotSaved:
        self.snapshots[name] = dict(files)
        return SnapshotSaved(name, epoch, step, tuple(tags))

    def save_artifact(self, name: str, content: bytes, kind: str) -> ArtifactSaved:
        (self.folder / name).write_bytes(content)
        return ArtifactSaved(name, kind, "", len(content))

    def artifact(self, name: str) -> Path | None:
        path = self.folder / name
        return path if path.is_file() else None

    def snapshot(self, name: str) -> Path | None:
        if name not in self.snapshots:
            return None
        # Beside the product, as in a stage's folder, and not a part of it.
        folder = self.folder.with_name(f"{self.folder.name}-snapshots") / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in self.snapshots[name].items():
            (folder / file).write_bytes(content)
        return folder

    def tell(self, event: Event) -> None:
        del event


def drive(generator: Any) -> tuple[list[Event], dict[str, float]]:
    """Return every event of a stage and what it returned."""
    events: list[Event] = []
    while True:
        try:
            events.append(next(generator))
        except StopIteration as stop:
            return events, stop.value
