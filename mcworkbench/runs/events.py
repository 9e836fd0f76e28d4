"""The facts a stage tells, as frozen records of plain values, in the past tense.

Stages yield them, the worker appends them to one attempt's events.jsonl, and screens, headless
progress and reports fold them. A number that is not finite is stored as null and read as NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StageStarted:
    """An attempt began; `step` is where it resumed (0 when it started anew)."""

    kind: str
    step: int = 0
    resumed_from: str | None = None
    skipped_checkpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """Work done so far in a phase; `rate` in units per second, `eta_s` seconds left.

    `values` holds means since the last such event, e.g. train_loss, and the current lr.
    """

    phase: str
    done: int
    total: int
    unit: str
    step: int = 0
    rate: float | None = None
    eta_s: float | None = None
    values: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class EpochFinished:
    """One pass over the training split ended.

    `values` holds numbers by "<split>_<metric>", e.g. train_loss, test_accuracy; fractions.
    """

    epoch: int
    epochs: int
    step: int
    lr: float
    seconds: float
    values: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class ProbeEvaluated:
    """Loss along t on a fixed training subset, while a curve trains."""

    epoch: int
    step: int
    ts: tuple[float, ...]
    values: dict[str, tuple[float, ...]] = field(default_factory=dict[str, "tuple[float, ...]"])


@dataclass(frozen=True, slots=True)
class PathPointEvaluated:
    """All statistics of one point of a path; `index` counts positions in increasing t."""

    index: int
    total: int
    t: float
    step: int
    values: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class MemberCaptured:
    """A network was scored for an ensemble; members count from 1.

    Index 0 is the network that training began from: scored like the others, but no member.
    `values` are its own scores by "<split>_<metric>", `ensemble` those of all members so far,
    this one included (empty at index 0). `distances` holds "from_start", "to_last" and
    "cosine_to_last" in weight space, as far as they exist; `t` is its position on a path.
    """

    index: int
    total: int
    name: str
    epoch: int
    step: int
    values: dict[str, float] = field(default_factory=dict[str, float])
    ensemble: dict[str, float] = field(default_factory=dict[str, float])
    distances: dict[str, float] = field(default_factory=dict[str, float])
    t: float | None = None


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A resume checkpoint was published."""

    name: str
    step: int
    epoch: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SnapshotSaved:
    """A kept state was published: parameters, buffers and optimiser at an epoch."""

    name: str
    epoch: int
    step: int
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArtifactSaved:
    """A part of the product was published; `sha256` of the file."""

    name: str
    kind: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class PicturesSaved:
    """Pictures or codes of fixed test images were published: small arrays for numpy alone.

    `name` is the file among the artifacts; `what` says which arrays it holds ("strip", "path",
    "latent", "cross", "interpolation"); `epoch` is 0 outside a training; `values` are means over
    its images.
    """

    name: str
    what: str
    epoch: int
    step: int
    images: int
    values: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Metric:
    """A user-defined value; everything the workbench knows has a record of its own."""

    name: str
    value: float
    step: int


@dataclass(frozen=True, slots=True)
class Noted:
    """One harmless line of talk for the log."""

    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know; the stage went on."""

    text: str


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """The stage noticed a stop request."""

    want: str


@dataclass(frozen=True, slots=True)
class StageFinished:
    """The product is published; `summary` holds its headline numbers."""

    summary: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class StageStopped:
    """The stage ended on request, at a step from which it can resume."""

    step: int
    reason: str


@dataclass(frozen=True, slots=True)
class StageFailed:
    """The stage ended with an error: one sentence, and its type for the log."""

    error: str
    message: str


Event = (
    StageStarted
    | Progress
    | EpochFinished
    | ProbeEvaluated
    | PathPointEvaluated
    | MemberCaptured
    | CheckpointSaved
    | SnapshotSaved
    | ArtifactSaved
    | PicturesSaved
    | Metric
    | Noted
    | Warned
    | RequestSeen
    | StageFinished
    | StageStopped
    | StageFailed
)
