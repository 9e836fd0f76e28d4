"""Which epochs lie behind a network or a curve: its own, and those of what it goes on from.

Other programs number epochs through; here each training counts its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.runs.documents import integer, mapping
from mcworkbench.runs.stage_folder import StageFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcworkbench.runs.views import NodeView, RunView

_EPOCH = "epoch-"


def snapshots_of(run: RunView, node: NodeView) -> Iterator[tuple[int, str]]:
    """Yield epoch and snapshot of what a training kept; its end, '' for a snapshot, comes last.

    Epochs count those of all trainings that led to it.
    """
    before = epochs_before(run, node)
    ended = before + (node.view.epochs[-1].epoch if node.view.epochs else 0)
    kept = StageFolder(node.key).snapshots
    names = sorted(path.name for path in kept.glob(f"{_EPOCH}*")) if kept.is_dir() else []
    for name in names:
        epoch = before + int(name.removeprefix(_EPOCH))
        # What a training goes on from is the end of another.
        if epoch != ended and (epoch > before or not before):
            yield epoch, name
    if node.kind == "import":
        ended = integer(node.view.summary.get("epoch"))
    yield ended, ""


def epochs_before(run: RunView, node: NodeView) -> int:
    """Return how many epochs lie behind where a training begins: those of what it goes on from."""
    start = run.nodes.get(node.inputs.get("start", ""))
    if start is None or start.name == node.name:
        return 0
    return epoch_of_input(run, node, "start", start)


def epoch_of_input(run: RunView, node: NodeView, role: str, source: NodeView) -> int:
    """Return the epoch of the network or path that is a node's input."""
    place = str(mapping(StageFolder(node.key).document().get("places")).get(role, ""))
    at = place.rpartition("/")[2].removeprefix(_EPOCH)
    own = source.view.epochs[-1].epoch if source.view.epochs else 0
    return epochs_before(run, source) + (int(at) if at.isdecimal() else own)


def root_of(run: RunView, node: NodeView) -> NodeView:
    """Return the training that a further one goes on from, itself where there is none."""
    start = run.nodes.get(node.inputs.get("start", ""))
    return node if start is None or start.name == node.name else root_of(run, start)
