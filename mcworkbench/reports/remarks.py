"""The sentences a reader needs beside the numbers: what was watched, refreshed, unfinished.

Pure; called by `reports.summary`, shown by every report.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mcworkbench.reports.quantities import quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.reports.document import Conditions, EndSummary, NodeSummary, PathSummary

TEST_WATCHED = (
    "Test watched: no validation split was held out, so the test set was looked at while "
    "training (as in the published recipes); test numbers are not those of unseen data."
)
BATCH_NORM = (
    "An end's own test error differs from the path's value at t = 0 or t = 1 although the "
    "parameters are the same: the end keeps the batch-norm statistics it gathered while training, "
    "whereas every point of a path gets fresh ones, recomputed on training examples."
)


def remarks(
    data: Mapping[str, Any],
    paths: Sequence[PathSummary],
    ends: Sequence[EndSummary],
    nodes: Sequence[NodeSummary],
) -> list[str]:
    """Return the sentences that hold for this run, the gravest first."""
    found = [
        f"{node.label} failed: {node.message or 'see its log'}"
        for node in nodes
        if node.state == "failed"
    ]
    unfinished = [
        f"{path.method} ({len(path.ts)} of {path.num_points} points)"
        for path in paths
        if path.partial
    ]
    if unfinished:
        found.append(
            f"Partial: {', '.join(unfinished)} not fully evaluated yet; minima, maxima, averages "
            "and barriers are those of the points so far."
        )
    if _is_watched(data, nodes):
        found.append(TEST_WATCHED)
    measured = any(math.isfinite(end.on_path) for end in ends)
    if measured and any(path.conditions.bn_refreshed for path in paths):
        found.append(BATCH_NORM)
    found += [f"{node.label}: {text}" for node in nodes for text in node.warnings]
    return found


def _is_watched(data: Mapping[str, Any], nodes: Sequence[NodeSummary]) -> bool:
    """Return whether training looked at the test set; without training nobody did."""
    trainings = ("endpoint", "curve", "fge", "snapshot", "swa")
    is_trained = any(node.kind in trainings for node in nodes)
    return bool(data) and data.get("validation", "none") == "none" and is_trained


def conditions_sentence(conditions: Conditions, *, task: str = "classification") -> str:
    """Return how the points of a path were measured, in one sentence."""
    parts = [
        _examples(conditions),
        _scaled(conditions.normalize, task),
        _transform(conditions.augmented),
        _decay(conditions.weight_decay, quantity("nll", task=task).word),
        _batch_norm(conditions),
        "" if conditions.seed is None else f"subset seed {conditions.seed}",
        _watched(conditions),
    ]
    return "; ".join(part for part in parts if part) + "."


def _scaled(normalize: str, task: str) -> str:
    return f"pixels scaled: {normalize}" if normalize and task == "classification" else ""


def _watched(conditions: Conditions) -> str:
    if conditions.validation != "none":
        return f"validation = {conditions.validation}"
    return "test watched (validation = none)" if conditions.trained else ""


def _examples(conditions: Conditions) -> str:
    counts = [
        f"{_thousands(count)} {split}"
        for split, count in (
            ("train", conditions.train_examples),
            ("test", conditions.test_examples),
        )
        if count is not None
    ]
    return f"Measured on {' and '.join(counts)} examples" if counts else "Measured"


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")


def _transform(augmented: bool | None) -> str:  # noqa: FBT001 - a recorded fact, not a switch.
    if augmented is None:
        return ""
    return "scored on augmented training examples" if augmented else "scored without augmentation"


def _decay(weight_decay: float | None, word: str) -> str:
    factor = "wd" if weight_decay is None else f"{weight_decay:g}"
    return f"loss = {word} + ½·{factor}·‖w‖² (regularised)"


def _batch_norm(conditions: Conditions) -> str:
    if not conditions.bn_refreshed:
        return ""
    count = conditions.bn_examples
    kind = "augmented training" if conditions.bn_augmented else "training"
    on = f" on {_thousands(count)} {kind} examples" if count else ""
    return f"batch norm refreshed{on} at every t"
