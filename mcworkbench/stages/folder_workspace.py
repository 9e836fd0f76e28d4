"""The workspace of an attempt, on the folder of its stage.

Made by the attempt, under the stage's lock. It turns tensors into files and back, and knows
every place; stages know it as a `Workspace`. Tensors are stored on the CPU and C-contiguous.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any, final

from safetensors import serialize

from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.folders import canonical_json, publish_bytes, remove_quietly
from mcworkbench.runs import checkpoints
from mcworkbench.runs.events import ArtifactSaved, CheckpointSaved, SnapshotSaved
from mcworkbench.runs.names import check_file_name, is_file_name
from mcworkbench.runs.products import product_problem, remedy, snapshot_problem
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.workspace import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from mcworkbench.config.options.base import Options
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.request import StopLevel
    from mcworkbench.runs.stage_folder import AttemptFolder

NUM_KEPT = 2
_TENSORS = "tensors.safetensors"
_STATE = "state.json"
_SNAPSHOT = "snapshot.json"
_SNAPSHOT_FOLDER = "snapshots"


@final
class FolderWorkspace:
    """What a stage may do, done in its folder; see `Workspace`.

    Attributes:
        skipped_checkpoints: names of the damaged ones that `latest_checkpoint` passed over.
        kept_step: the step of the newest good checkpoint, None while there is none.
    """

    def __init__(
        self,
        folder: StageFolder,
        attempt: AttemptFolder,
        options: Options,
        *,
        device: str,
        threads: int,
        stop_level: Callable[[], StopLevel],
        tell: Callable[[Event], None],
    ) -> None:
        self.options = options
        self.device = device
        self.threads = threads
        self.skipped_checkpoints: tuple[str, ...] = ()
        self.kept_step: int | None = None
        self._folder = folder
        self._attempt = attempt
        self._stop_level = stop_level
        self._tell = tell
        self._document = folder.document()
        self._found: Checkpoint | None = None
        self._has_looked = False

    def has_input(self, role: str) -> bool:
        """Return whether the role is filled."""
        return role in self._document["inputs"]

    def input(self, role: str) -> Path:
        """Return the folder of the finished artifacts, or of the snapshot, of an input.

        Raises:
            WorkbenchError: the role is not filled, or its product is gone or damaged.
        """
        source = self._source(role)
        place = str(self._document.get("places", {}).get(role, ""))
        problem = product_problem(source)
        if problem is not None:
            cure = remedy(source, self._attempt.made_by())
        elif place:
            name = check_file_name(place.removeprefix(f"{_SNAPSHOT_FOLDER}/"))
            problem = snapshot_problem(source, name)
            # Another plan, not this one again: the stage itself is done and stays as it is.
            cure = "run this run's preset again, which trains that epoch anew"
            if problem is None:
                return source.snapshots / name
        else:
            return source.artifacts
        which = f"{source.key[:12]} {place}".rstrip()
        raise WorkbenchError(
            f"the input '{role}' (stage {which}) cannot be used: {problem}; {cure}."
        )

    def stop_level(self) -> StopLevel:
        """Return what the user wants."""
        return self._stop_level()

    def tell(self, event: Event) -> None:
        """Record an event at once."""
        self._tell(event)

    def latest_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint that verifies, or None; the same at every call."""
        if self._has_looked:
            return self._found
        self._has_looked = True
        path, rejected = checkpoints.newest_valid(self._folder.checkpoints)
        self.skipped_checkpoints = tuple(name for name, _ in rejected)
        if path is not None:
            files = checkpoints.read(path)
            document = json.loads(files[_STATE])
            self._found = Checkpoint(
                path.name,
                document["step"],
                document["epoch"],
                _unpack(files[_TENSORS]),
                document["state"],
            )
            self.kept_step = self._found.step
        return self._found

    def save_checkpoint(
        self, step: int, epoch: int, tensors: Mapping[str, Tensor], state: Mapping[str, Any]
    ) -> CheckpointSaved:
        """Publish a state to resume from, and let go of all but the newest two.

        Raises:
            WorkbenchError: it could not be written; earlier checkpoints are untouched.
        """
        began_s = time.monotonic()
        document = {"step": step, "epoch": epoch, "state": dict(state)}
        files = {_TENSORS: _pack(tensors), _STATE: canonical_json(document)}
        name = checkpoints.checkpoint_name(step, self._attempt.number)
        checkpoints.publish(self._folder.checkpoints / name, files)
        self.kept_step = step
        checkpoints.keep_newest(self._folder.checkpoints, NUM_KEPT)
        num_bytes = sum(map(len, files.values()))
        return CheckpointSaved(name, step, epoch, num_bytes, time.monotonic() - began_s)

    def save_snapshot(
        self,
        name: str,
        epoch: int,
        step: int,
        files: Mapping[str, bytes],
        tags: Sequence[str] = (),
    ) -> SnapshotSaved:
        """Keep files for good under a name; it replaces an earlier snapshot of the same name.

        Raises:
            WorkbenchError: it could not be written.
        """
        facts = canonical_json({"epoch": epoch, "step": step, "tags": list(tags)})
        folder = self._folder.snapshots / check_file_name(name)
        checkpoints.publish(folder, {**files, _SNAPSHOT: facts})
        return SnapshotSaved(name, epoch, step, tuple(tags))

    def save_artifact(self, name: str, content: bytes, kind: str) -> ArtifactSaved:
        """Publish one file of the product.

        Raises:
            WorkbenchError: it could not be written.
        """
        publish_bytes(self._folder.artifacts / check_file_name(name), content)
        return ArtifactSaved(name, kind, hashlib.sha256(content).hexdigest(), len(content))

    def artifact(self, name: str) -> Path | None:
        """Return a file of the product that this or an earlier attempt published, or None."""
        path = self._folder.artifacts / check_file_name(name)
        return path if path.is_file() else None

    def snapshot(self, name: str) -> Path | None:
        """Return the folder of a snapshot that this or an earlier attempt kept, or None."""
        path = self._folder.snapshots / check_file_name(name)
        return path if checkpoints.problem(path) is None else None

    def artifact_names(self) -> list[str]:
        """Return the names of all parts of the product, those of earlier attempts included."""
        names = (path.name for path in self._folder.artifacts.iterdir())
        return sorted(name for name in names if is_file_name(name))

    def forget_checkpoints(self) -> None:
        """Delete all checkpoints; only once the product is published."""
        for path in self._folder.checkpoints.iterdir():
            remove_quietly(path)

    def _source(self, role: str) -> StageFolder:
        inputs: dict[str, str] = self._document["inputs"]
        if role not in inputs:
            known = ", ".join(sorted(inputs)) or "none"
            raise InvalidInputError(f"this stage has no input '{role}'. Inputs: {known}.")
        return StageFolder(inputs[role])


def sweep(folder: StageFolder) -> None:
    """Put right what a killed attempt left half written; only under the stage's lock."""
    checkpoints.recover(folder.checkpoints)
    checkpoints.recover(folder.snapshots)
    for place in (folder.path, folder.artifacts, folder.checkpoints, folder.snapshots):
        for path in place.glob(".*"):
            if path.is_dir():
                remove_quietly(path)
            else:
                path.unlink(missing_ok=True)


def _pack(tensors: Mapping[str, Tensor]) -> bytes:
    if not tensors:
        return bytes(serialize({}))
    from safetensors.torch import save

    # A copy each: views share one storage, which safetensors refuses to store twice.
    return save(
        {
            name: tensor.detach().to("cpu", copy=True).contiguous()
            for name, tensor in tensors.items()
        }
    )


def _unpack(content: bytes) -> dict[str, Tensor]:
    if content == bytes(serialize({})):
        return {}
    from safetensors.torch import load

    return load(content)
