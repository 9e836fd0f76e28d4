"""The plots of an ensemble: each quantity by epoch, and by how many members there are.

Pure functions of a node's view and its captured networks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mcworkbench.reports.ensemble_tables import method_words
from mcworkbench.reports.plot import Mark, Plot, Role, Series
from mcworkbench.reports.quantities import PERCENT, quantity, shown
from mcworkbench.screens.pictures.training import by_epoch, epochs_at, filled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.runs import events
    from mcworkbench.runs.views import NodeView
    from mcworkbench.screens.pictures.run_picture import Network

# What is shown, one at a time, as far as networks have it.
_KINDS = ("accuracy", "error", "rmse", "nll", "ece", "brier", "mae")
NO_MEMBER = "no network has been captured yet"
# Kinds of stages whose members come one after the other without any training of their own.
_DRAWN = ("swag",)
AVERAGE = "swa"


@final
@dataclass(frozen=True, slots=True)
class Words:
    """What several networks as one are called, one of them, the moment it joined, their number."""

    together: str
    one: str
    joined: str
    size: str


_ENSEMBLE = Words("ensemble", "member", "member captured", "ensemble size")
_MEAN = Words("average", "iterate", "iterate averaged", "iterates averaged")


def words_of(kind: str) -> Words:
    """Return how networks of a kind of stage are called."""
    return _MEAN if kind == AVERAGE else _ENSEMBLE


def quantities_of(networks: Sequence[Network], split: str) -> list[str]:
    """Return what can be shown, "accuracy" first; before the first capture that alone."""
    names = {name for one in networks for name in (*one.values, *one.ensemble)}
    return [kind for kind in _KINDS if f"{split}_{kind}" in names] or [_KINDS[0]]


def place_on_charts(event: events.MemberCaptured, node: NodeView) -> float:
    """Return where a network stands: its t on a path, its epoch, or its number where drawn."""
    if event.t is not None:
        return event.t
    return float(event.index) if node.kind in _DRAWN else epochs_at(node.view)(event.step)


def when_of(event: events.MemberCaptured, node: NodeView) -> str:
    """Return a network's t on a path or its epoch as text, '' where it has neither."""
    if event.t is not None:
        return f"{event.t:.3f}"
    return "" if node.kind in _DRAWN else str(event.epoch)


def captures(networks: Sequence[Network], kind: str) -> tuple[Mark, ...]:
    """Return a mark wherever a member was captured."""
    return tuple(Mark(one.at, words_of(kind).joined) for one in networks if one.is_in)


def scores_plot(column: str, networks: Sequence[Network], node: NodeView, task: str) -> Plot:
    """Return the network that trains, the ensemble so far and the start's level, by epoch."""
    members = [one for one in networks if one.is_in]
    is_path = any(one.when.count(".") for one in members)
    x_label = "t" if is_path else "member" if node.kind in _DRAWN else "epoch"
    words = words_of(node.kind)
    single = by_epoch(node.view.epochs, column, Role.test, "network alone")
    if not single.xs:
        points = [(one.at, one.values[column]) for one in members if column in one.values]
        single = line_of(f"{'network' if is_path else words.one} alone", points, Role.test)
    points = [(one.at, one.ensemble[column]) for one in members if column in one.ensemble]
    together = line_of(f"{words.together} so far", points, Role.other, is_focused=True)
    places = sorted({0.0, *single.xs, *together.xs}) if x_label == "epoch" else list(together.xs)
    return Plot(
        f"{column}-by-{x_label}",
        f"{quantity(column, task=task).label} by {x_label}",
        x_label,
        column,
        filled([together, single, _start(column, networks, places, task)]),
        captures(networks, node.kind) if x_label == "epoch" else (),
        is_log=False,
        task=task,
        empty=NO_MEMBER,
    )


def sizes_plot(
    column: str, networks: Sequence[Network], total: int, task: str, kind: str = ""
) -> Plot:
    """Return the ensemble by how many members it has, and each member alone.

    Of several methods each has an ensemble of its own; members alone would hide them.

    Args:
        column: the quantity.
        networks: in the order in which they joined.
        total: how many members there will be.
        task: of the networks.
        kind: of the stage.
    """
    words = words_of(kind)
    methods = list(dict.fromkeys(one.method for one in networks if one.size))
    series: list[Series] = []
    for place, method in enumerate(methods):
        members = [one for one in networks if one.method == method and one.size]
        points = [(float(m.size), m.ensemble[column]) for m in members if column in m.ensemble]
        label = method_words(method) if len(methods) > 1 else words.together
        series.append(
            line_of(label, points, METHOD_ROLES[place % len(METHOD_ROLES)], is_focused=not place)
        )
        if len(methods) == 1:
            alone = [(float(m.size), m.values[column]) for m in members if column in m.values]
            series.append(line_of(f"{words.one} alone", alone, Role.test))
    return Plot(
        f"{column}-by-size",
        f"{quantity(column, task=task).label} by {words.size}",
        f"{words.one}s",
        column,
        filled(series),
        x_range=(1.0, float(total)) if total > 1 else None,
        is_log=False,
        task=task,
        empty=NO_MEMBER,
    )


# Of the ensembles of several methods on one chart, the one that leads first.
METHOD_ROLES = (Role.other, Role.train, Role.lr, Role.test)


def _start(column: str, networks: Sequence[Network], places: list[float], task: str) -> Series:
    """Return the level of the network that training began from."""
    value = next((one.values.get(column, math.nan) for one in networks if not one.size), math.nan)
    label = f"start {shown(column, value, task=task)}"
    return Series(label, places, [value] * len(places), Role.straight)


def line_of(
    label: str,
    points: Sequence[tuple[float, float]],
    role: Role,
    *,
    is_focused: bool = False,
) -> Series:
    """Return points as a line."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Series(label, xs, ys, role, is_focused=is_focused)


def gain(column: str, difference: float, task: str) -> str:
    """Return a difference of two scores with its sign; of fractions in points of a percent."""
    if quantity(column, task=task).is_fraction:
        return f"{PERCENT * difference:+.2f}"
    return f"{difference:+.4f}"
