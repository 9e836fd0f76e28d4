"""What a run of an experiment would do, before there is one: reused, to be run, and how long.

Looks only: no folder, lock or memory of digests is written. Times come from earlier stages of
the same kind, network and data; where there are none, none is given.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, final

from pydantic import Field, TypeAdapter, ValidationError

from mcworkbench.config.options.model import AnyModelOptions
from mcworkbench.folders import canonical_json
from mcworkbench.plans.expand import expand
from mcworkbench.runs.checkpoints import list_checkpoints
from mcworkbench.runs.documents import integer, mapping, number
from mcworkbench.runs.stage_folder import StageFolder, stage_keys
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mcworkbench.config.experiment import Experiment
    from mcworkbench.plans.plan import Plan, PlannedNode

# reused: done before; busy: another run makes it now; begun: goes on from a checkpoint.
Fate = Literal["reused", "busy", "begun", "run"]
# What decides how long one epoch or one point takes, as far as options tell.
Signature: TypeAlias = bytes
_COSTLY = ("endpoint", "curve", "evaluate", "fge", "snapshot", "swa")
_DECIDES = (
    *("batch_size", "precision", "channels_last", "steps_per_epoch", "micro_batch", "optimizer"),
    *("deterministic", "train_examples", "bn_examples", "watch_every", "probe_points"),
)
_MAX_DEPTH = 8
_MODEL: TypeAdapter[AnyModelOptions] = TypeAdapter(
    Annotated[AnyModelOptions, Field(discriminator="name")]
)
_NEWEST = 20


@final
@dataclass(frozen=True, slots=True)
class PreviewNode:
    """One stage of the plan.

    Attributes:
        fate: what will become of it, see `Fate`.
        maker: the run that makes it now, where that is known and its fate is "busy".
        estimate_s: work time by earlier stages, None where nothing tells or nothing is to do.
    """

    name: str
    kind: str
    label: str
    key: str
    fate: Fate
    maker: str = ""
    estimate_s: float | None = None


@final
@dataclass(frozen=True, slots=True)
class PlanPreview:
    """Every stage in an order in which it could run.

    Attributes:
        estimate_s: work time of what will run as far as known, None where nothing is.
        num_unknown: trainings and evaluations to do that nothing earlier tells the time of.
        num_earlier: stages that the estimate comes from.
    """

    nodes: tuple[PreviewNode, ...]
    estimate_s: float | None
    num_unknown: int
    num_earlier: int

    @property
    def num_reused(self) -> int:
        """How many stages are done already."""
        return sum(node.fate == "reused" for node in self.nodes)

    def headline(self) -> str:
        """Return the totals in words: "2 of 7 stages reused, 5 will run"."""
        busy = sum(node.fate == "busy" for node in self.nodes)
        left = len(self.nodes) - self.num_reused - busy
        if left + busy == 0:
            return f"all {len(self.nodes)} stages reused: nothing is left to run"
        waits = f", {busy} being made" if busy else ""
        return f"{self.num_reused} of {len(self.nodes)} stages reused{waits}, {left} will run"

    def document(self) -> dict[str, Any]:
        """Return the whole as plain values, for JSON."""
        return {
            "reused": self.num_reused,
            "total": len(self.nodes),
            "seconds": self.estimate_s,
            "unknown": self.num_unknown,
            "nodes": [asdict(node) for node in self.nodes],
        }


def preview(experiment: Experiment, *, base: Path | None = None) -> PlanPreview:
    """Return what a run of the experiment would do now; nothing is written.

    Args:
        experiment: a validated preset.
        base: folder against which relative paths are taken; absent: the current one.

    Raises:
        InvalidInputError: something that it names does not exist.
    """
    plan = expand(experiment, base=base, writes=False)
    fates = {node.key: _fate(node) for node in plan.nodes.values()}
    wanted = {
        key: signature
        for node in plan.nodes.values()
        if fates[node.key][0] != "reused" and node.kind in _COSTLY
        for key, signature in [(node.key, _planned_signature(node, plan))]
    }
    seconds = _seconds_per_unit(set(wanted.values()) - {None}) if wanted else {}
    nodes = tuple(
        PreviewNode(
            node.name,
            node.kind,
            clean_line(node.label),
            node.key,
            *fates[node.key],
            _estimate(node, seconds.get(wanted.get(node.key) or b"", [])),
        )
        for node in plan.nodes.values()
    )
    costly = {node.key: node for node in nodes if node.key in wanted}
    known = [node.estimate_s for node in costly.values() if node.estimate_s is not None]
    return PlanPreview(
        nodes,
        sum(known) if known else None,
        len(costly) - len(known),
        sum(len(found) for found in seconds.values()),
    )


def _fate(node: PlannedNode) -> tuple[Fate, str]:
    if node.is_reused:
        return "reused", ""
    stage = StageFolder(node.key)
    if stage.is_locked():
        return "busy", stage.holder()
    return ("begun" if list_checkpoints(stage.checkpoints) else "run"), ""


def _estimate(node: PlannedNode, seconds: list[float]) -> float | None:
    options = node.options.model_dump(mode="json")
    return median(seconds) * _units(node.kind, options) if seconds else None


def _units(kind: str, options: Mapping[str, Any]) -> int:
    """Return how many epochs or points a stage has."""
    if kind == "evaluate":
        points = options.get("points")
        return len(points) if isinstance(points, list) else integer(points)
    stop = options.get("stop_at")
    return integer(options.get("epochs") if stop is None else stop)


def _planned_signature(node: PlannedNode, plan: Plan) -> Signature | None:
    inputs = {role: value.key for role, value in node.inputs.items()}
    known = {
        other.key: (
            other.options.model_dump(mode="json"),
            {role: value.key for role, value in other.inputs.items()},
        )
        for other in plan.nodes.values()
    }
    return _signature(node.kind, node.options.model_dump(mode="json"), inputs, known)


_Known: TypeAlias = dict[str, tuple["dict[str, Any]", "dict[str, str]"]]


def _signature(
    kind: str, options: Mapping[str, Any], inputs: Mapping[str, str], known: _Known
) -> Signature | None:
    """Return what stages must share to take as long per unit, None where that is not known."""
    model = options.get("model") or _model_of(inputs, known)
    if not model or "dataset" not in inputs:
        return None
    chosen = {name: options[name] for name in _DECIDES if name in options}
    return canonical_json([kind, _network(model), inputs["dataset"], chosen])


def _network(model: Any) -> Any:
    """Return what makes a network what it is: an option added since an earlier stage is none."""
    try:
        return _MODEL.validate_python(model).hashed()
    except ValidationError:
        return model


def _model_of(inputs: Mapping[str, str], known: _Known) -> Any:
    """Return the network that a path is made of: that of the first end it comes from."""
    for _ in range(_MAX_DEPTH):
        key = next((inputs[role] for role in ("first", "path", "start") if role in inputs), None)
        if key is None:
            return None
        options, inputs = known[key] if key in known else _stored(key)
        if options.get("model"):
            return options["model"]
    return None


def _stored(key: str) -> tuple[dict[str, Any], dict[str, str]]:
    document = StageFolder(key).document()
    inputs = mapping(document.get("inputs"))
    return mapping(document.get("options")), {
        role: value for role, value in inputs.items() if isinstance(value, str)
    }


def _seconds_per_unit(wanted: set[Signature | None]) -> dict[Signature, list[float]]:
    """Return what a unit took in finished stages of the wanted signatures, the newest ones."""
    found: dict[Signature, list[tuple[float, float]]] = {}
    for key in stage_keys():
        record = _finished(key)
        if record is not None and record[0] in wanted:
            found.setdefault(record[0], []).append(record[1:])
    return {
        signature: [seconds for _, seconds in sorted(times)[-_NEWEST:]]
        for signature, times in found.items()
    }


# A finished stage does not change.
_records: dict[tuple[str, float], tuple[Signature, float, float] | None] = {}


def _finished(key: str) -> tuple[Signature, float, float] | None:
    """Return signature, time of ending and seconds per unit of a finished stage."""
    stage = StageFolder(key)
    try:
        stamp = stage.result_path.stat().st_mtime
    except OSError:
        return None
    if (key, stamp) not in _records:
        _records[key, stamp] = _measured(stage, stamp)
    return _records[key, stamp]


def _measured(stage: StageFolder, stamp: float) -> tuple[Signature, float, float] | None:
    document, result = stage.document(), stage.result()
    kind = str(document.get("kind"))
    if result is None or kind not in _COSTLY:
        return None
    options, inputs = _stored(stage.key)
    signature = _signature(kind, options, inputs, {})
    units, seconds = _units(kind, options), number(result.get("seconds"))
    if signature is None or units <= 0 or seconds <= 0:
        return None
    return signature, stamp, seconds / units
