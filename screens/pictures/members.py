"""Ensembles as they grow: every stage that captures networks, or pools those of other stages.

Scores come from events, so they are there with the capture itself; what compares members with
one another comes from members.json, read again only where it was written again.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

from mcworkbench.reports.quantities import quantity, shown, task_of
from mcworkbench.runs.documents import read_document
from mcworkbench.runs.members import MEMBERS_FILE, START, Members, read_members
from mcworkbench.runs.state import ACTIVE, State
from mcworkbench.screens.pictures.lines_of_members import (
    captures,
    gain,
    place_on_charts,
    quantities_of,
    scores_plot,
    sizes_plot,
    when_of,
    words_of,
)
from mcworkbench.screens.pictures.pooled import POOL_FILE, pooled_picture
from mcworkbench.screens.pictures.run_picture import MembersPicture, Network, TrainingPicture
from mcworkbench.screens.pictures.training import epochs_at, loss_plot, rate_plot, resumes
from mcworkbench.screens.pictures.what_if import Predictions, by_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.runs import events
    from mcworkbench.runs.views import NodeView, RunView, StageView

# What captures networks while it trains, and what makes or pools them otherwise; any other kind
# has an ensemble where it told of several.
TRAINED = ("fge", "snapshot", "swa")
POOL = "ensemble"
_KINDS = (*TRAINED, "swag", POOL)
_SPLIT = "test"
# By which an ensemble is known: the first of these that it has.
_KNOWN_BY = ("accuracy", "rmse", "nll")
_FEW = 2


@final
class Ensembles:
    """The ensembles of one run, kept until one of their stages says or stores something new."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, MembersPicture]] = {}
        self._files: dict[str, tuple[object, Any]] = {}
        self._pictures: tuple[MembersPicture, ...] = ()

    def pictures(self, run: RunView) -> tuple[MembersPicture, ...]:
        """Return one picture per stage that has, or will have, members."""
        found: list[MembersPicture] = []
        for name, node in run.nodes.items():
            if node.kind not in _KINDS and len(node.view.members) < _FEW:
                continue
            stamp, stored = self._stored(node)
            now = (node.view.version, node.state, stamp)
            kept = self._kept.get(name)
            if kept is None or kept[0] != now:
                if node.kind == POOL:
                    # A table of an attempt that ended early is not the stage's product.
                    table = stored if node.state is State.done else {}
                    kept = (now, pooled_picture(node, run, table, stamp))
                else:
                    kept = (now, members_picture(node, stored, stamp))
                self._kept[name] = kept
            found.append(kept[1])
        if tuple(found) != self._pictures:
            self._pictures = tuple(found)
        return self._pictures

    def _stored(self, node: NodeView) -> tuple[object, Any]:
        """Return what a stage stored of its members, and what tells it from what was before."""
        folder = node.view.artifacts
        is_pool = node.kind == POOL
        try:
            found = (folder / (POOL_FILE if is_pool else MEMBERS_FILE)).stat()
        except OSError:
            return None, {} if is_pool else None
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        kept = self._files.get(node.key)
        if kept is None or kept[0] != stamp:
            read = read_document(folder / POOL_FILE) if is_pool else read_members(folder)
            self._files[node.key] = kept = (stamp, read)
        return kept


def members_picture(node: NodeView, stored: Members | None, stamp: object) -> MembersPicture:
    """Return what a stage captured so far.

    Args:
        node: the stage as its run sees it.
        stored: what its members.json holds, None where it cannot be used.
        stamp: of that file.
    """
    view, is_active = node.view, node.state in ACTIVE
    networks, split = _networks(node), stored.split if stored is not None else _SPLIT
    task = task_of(name for network in networks for name in network.values)
    kinds = quantities_of(networks, split)
    total = max((event.total for event in view.members.values()), default=0)
    at = epochs_at(view)
    marks = (*resumes(view, at), *captures(networks, node.kind))
    # Cycles are told by their shape, which a logarithm bends.
    rate = replace(rate_plot(view, at, marks), is_log=False)
    plots = (rate, loss_plot(view, at, ())) if node.kind in TRAINED else ()
    return MembersPicture(
        node=node.name,
        kind=node.kind,
        is_active=is_active,
        is_begun=is_active or bool(view.epochs or networks),
        total=total,
        split=split,
        networks=networks,
        predictions=_predictions(view, stored, stamp) if networks else None,
        task=task,
        scores=tuple(scores_plot(f"{split}_{kind}", networks, node, task) for kind in kinds),
        sizes=tuple(
            sizes_plot(f"{split}_{kind}", networks, total, task, node.kind) for kind in kinds
        ),
        training=TrainingPicture(
            node.name, is_active, tuple(plot for plot in plots if plot.series)
        ),
        budgets=None,
        headline=headline_of(networks, split, task, node.kind),
    )


def _networks(node: NodeView) -> tuple[Network, ...]:
    """Return what was captured, members in their order and then the start."""
    told = sorted(node.view.members.values(), key=lambda event: event.index == START)
    return tuple(_network(event, node) for event in told)


def _network(event: events.MemberCaptured, node: NodeView) -> Network:
    is_member = event.index != START
    return Network(
        index=event.index,
        label=str(event.index) if is_member else "start",
        name=event.name,
        method="",
        is_in=is_member,
        size=event.index,
        when=when_of(event, node),
        at=place_on_charts(event, node),
        values=event.values,
        ensemble=event.ensemble,
        distances=event.distances,
    )


def _predictions(view: StageView, stored: Members | None, stamp: object) -> Predictions | None:
    if stored is None or not stored.rows:
        return None
    indices = [row.index for row in stored.rows]
    matrix = stored.pairwise.get("disagreement", [])
    return Predictions(
        averages=stored.averages,
        split=stored.split,
        places={index: (view.artifacts, index) for index in indices},
        apart=by_index(indices, matrix),
        stamp=stamp,
    )


def headline_of(networks: Sequence[Network], split: str, task: str, kind: str) -> str:
    """Return what the members are worth together, and how much that is against the best one."""
    members, words = [network for network in networks if network.is_in], words_of(kind)
    if not members:
        return ""
    counted = f"1 {words.one}" if len(members) == 1 else f"{len(members)} {words.one}s"
    # An average is scored now and then only.
    together = next((one.ensemble for one in reversed(members) if one.ensemble), {})
    for metric in _KNOWN_BY:
        column = f"{split}_{metric}"
        value = together.get(column, math.nan)
        alone = [one.values[column] for one in members if column in one.values]
        if not math.isfinite(value) or not alone:
            continue
        best = max(alone) if metric == "accuracy" else min(alone)
        word = quantity(column, task=task).word
        told = f"{words.together} {word} {shown(column, value, task=task)}"
        beside = f"{gain(column, value - best, task)} against the best {words.one}"
        return f"{told} · {beside} · {counted}"
    return counted
