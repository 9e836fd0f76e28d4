"""All that a stage knows of the world: its options, its inputs, and where its facts go.

Stages are written against `Workspace`; the worker supplies one. A stage never makes a path of
its own and never writes a file: it hands over tensors and bytes, and yields what came back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor  # noqa: TC004 - nothing in this room may load torch.

    from mcworkbench.config.options.base import Options
    from mcworkbench.runs.events import ArtifactSaved, CheckpointSaved, Event, SnapshotSaved
    from mcworkbench.runs.request import StopLevel


@final
@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state to resume from, verified: what `save_checkpoint` was given, on the CPU."""

    name: str
    step: int
    epoch: int
    tensors: dict[str, Tensor]
    state: dict[str, Any]


@final
class Stopped(Exception):  # noqa: N818 - a request was obeyed, nothing went wrong.
    """Raised by a stage that ends on request, after its checkpoint.

    Attributes:
        step: where a later attempt resumes.
    """

    def __init__(self, step: int) -> None:
        super().__init__(f"stopped at step {step}")
        self.step = step


class Workspace(Protocol):
    """One attempt's view of its stage."""

    @property
    def options(self) -> Options:
        """The stage's options, complete and checked; an instance of its kind's class."""
        ...

    @property
    def device(self) -> str:
        """Where to compute, as torch names it: "cpu" or "cuda:0"."""
        ...

    @property
    def threads(self) -> int:
        """How many processor threads this attempt may use."""
        ...

    def has_input(self, role: str) -> bool:
        """Return whether the role, e.g. "start", is filled."""
        ...

    def input(self, role: str) -> Path:
        """Return the folder of the finished artifacts of an input.

        Raises:
            WorkbenchError: the role is not filled, or its product is gone.
        """
        ...

    def stop_level(self) -> StopLevel:
        """Return what the user wants; cheap enough for every log interval."""
        ...

    def latest_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint that verifies, or None; the same at every call."""
        ...

    def save_checkpoint(
        self, step: int, epoch: int, tensors: Mapping[str, Tensor], state: Mapping[str, Any]
    ) -> CheckpointSaved:
        """Publish a state to resume from; the tensors are copied before this returns.

        Raises:
            WorkbenchError: it could not be written; earlier checkpoints are untouched.
        """
        ...

    def save_snapshot(
        self,
        name: str,
        epoch: int,
        step: int,
        files: Mapping[str, bytes],
        tags: Sequence[str] = (),
    ) -> SnapshotSaved:
        """Keep the product as it is now, under a name such as "epoch-32" or "best".

        It replaces an earlier snapshot of the same name.
        """
        ...

    def artifact(self, name: str) -> Path | None:
        """Return a file of the product that this or an earlier attempt published, or None."""
        ...

    def snapshot(self, name: str) -> Path | None:
        """Return the folder of a snapshot that this or an earlier attempt kept, or None."""
        ...

    def tell(self, event: Event) -> None:
        """Record an event at once, from inside a library call that reports by callback."""
        ...

    def save_artifact(self, name: str, content: bytes, kind: str) -> ArtifactSaved:
        """Publish one file of the product, e.g. "network.safetensors"."""
        ...
