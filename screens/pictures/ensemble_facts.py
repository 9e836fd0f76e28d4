"""What the overview says of a run that makes ensembles: where they begin, cycles, members, budget.

Stages that differ by their seeds alone are told of once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcworkbench.screens.pictures.along import source_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcworkbench.runs.views import NodeView, RunView

_CAPTURING = ("fge", "snapshot", "swa")
_EPOCH = "snapshots/epoch-"


def ensemble_facts(run: RunView) -> dict[str, str]:
    """Return names and texts; what is not known is ''."""
    nodes = [node for node in run.nodes.values() if node.kind in _CAPTURING]
    return {
        "start": _starts(nodes, run),
        "cycle": _joined(_cycle(node.view.options) for node in nodes),
        "members": _joined(_members(node) for node in nodes),
        "budget": _joined(_budget(node, run) for node in nodes),
    }


def _joined(texts: Iterable[str]) -> str:
    return " · ".join(text for text in dict.fromkeys(texts) if text)


def _starts(nodes: list[NodeView], run: RunView) -> str:
    """Return the networks that training goes on from: "endpoint-1, endpoint-2 at epoch 12"."""
    by_place: dict[str, list[str]] = {}
    for node in nodes:
        source = source_of(node, "start", run)
        if source is not None:
            by_place.setdefault(_place(node), []).append(source.name)
    return " · ".join(f"{', '.join(names)}{place}" for place, names in by_place.items())


def _place(node: NodeView) -> str:
    place = node.view.places.get("start", "")
    if place.startswith(_EPOCH):
        return f" at epoch {place.removeprefix(_EPOCH)}"
    return f" @{place.rpartition('/')[2]}" if place else ""


def _cycle(options: dict[str, Any]) -> str:
    """Return how the learning rate goes: "2 epochs, triangle, lr 0.1 to 0.002"."""
    if "cycle" not in options:
        rates = (options.get("lr"), options.get("swa_lr"))
        return f"none, lr {rates[0]:g} to {rates[1]:g}" if all(map(_is_number, rates)) else ""
    high, low = options.get("lr"), options.get("lr_min", 0.0)
    told = [_counted(options["cycle"], "epoch"), str(options.get("shape", "cosine"))]
    if _is_number(high) and _is_number(low):
        told.append(f"lr {high:g} to {low:g}")
    period = options.get("average_period")
    if period:
        told.append(f"averaged over {_counted(period, 'epoch')}")
    return ", ".join(told)


def _members(node: NodeView) -> str:
    """Return how many networks a stage captures, and in how many epochs."""
    epochs = node.view.options.get("epochs")
    total = max((told.total for told in node.view.members.values()), default=0)
    counted = _counted(total, "network") if total else node.label
    return f"{counted} in {_counted(epochs, 'epoch')}" if _is_number(epochs) else counted


def _budget(node: NodeView, run: RunView) -> str:
    """Return all epochs of one ensemble, and those of a network trained to its end beside it."""
    own, source = node.view.options.get("epochs"), source_of(node, "start", run)
    whole = source.view.options.get("epochs") if source is not None else 0
    if not isinstance(own, int) or not isinstance(whole, int):
        return ""
    place = node.view.places.get("start", "")
    epoch = place.removeprefix(_EPOCH)
    begun = int(epoch) if place.startswith(_EPOCH) and epoch.isdecimal() else whole
    told = f"{begun + own} epochs for an ensemble"
    return f"{told}, {whole} for a network alone" if whole else told


def _counted(count: Any, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
