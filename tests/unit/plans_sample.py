"""Presets as text, and stages that look finished, begun or running to a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench.config.loading import build_experiment
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.folders import canonical_json, publish_bytes
from mcworkbench.plans.expand import expand
from mcworkbench.plans.launch import Launched, create_run
from mcworkbench.runs import checkpoints
from mcworkbench.runs.actions import create_stage
from mcworkbench.runs.stage_folder import StageFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.plans.plan import Plan, PlannedNode

GOOD = (Path(__file__).resolve().parents[1] / "data" / "presets" / "good.toml").read_text()


def plan_of(*overrides: str, text: str = GOOD, salt: str = "", base: Path | None = None) -> Plan:
    experiment, _ = build_experiment(parse_toml(text, "p.toml"), overrides)
    return expand(experiment, salt=salt, base=base)


def launched(*overrides: str, name: str, text: str = GOOD, fresh: bool = False) -> Launched:
    """Return a run whose folders are written and that nobody has started."""
    experiment, file = build_experiment(parse_toml(text, "p.toml"), overrides)
    return create_run(experiment, file, name=name, fresh=fresh)


def finish(
    node: PlannedNode,
    *,
    snapshots: Sequence[str] = (),
    summary: Mapping[str, float] | None = None,
) -> None:
    """Let a stage look finished, with a product of one byte and with snapshots."""
    folder = create_stage(node.key, node.document())
    attempt = folder.new_attempt("20260101-000000-curve-aaaaaa")
    publish_bytes(folder.artifacts / "product", b"x")
    for snapshot in snapshots:
        checkpoints.publish(folder.snapshots / snapshot, {"product": b"x"})
    folder.publish_result(
        attempt, product="any", summary=summary or {}, artifacts=["product"], seconds=1.0
    )


def interrupt(key: str, *, epoch: int) -> None:
    """Let a stage look begun and left within an epoch."""
    folder = StageFolder(key)
    folder.new_attempt("20260101-000000-curve-aaaaaa")
    state = canonical_json({"step": 7, "epoch": epoch, "state": {}})
    checkpoints.publish(
        folder.checkpoints / checkpoints.checkpoint_name(7, 1), {"state.json": state}
    )
