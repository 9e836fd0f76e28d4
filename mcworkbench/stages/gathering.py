"""Add members one by one to a store, resumable after each: what scoring stages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.workspace import Stopped
from mcworkbench.training.evaluation import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcworkbench.ensembles.store import MemberStore
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def gather(
    workspace: Workspace, store: MemberStore, total: int, add: Callable[[int], Iterator[Event]]
) -> Iterator[Event]:
    """Add the members 1 to `total` that no checkpoint holds yet; `add` takes the number of one.

    Their predictions are files already, so a checkpoint after each costs next to nothing.
    """
    checkpoint = workspace.latest_checkpoint()
    if checkpoint is not None:
        store.load(checkpoint.state)
    for index in range(len(store.members) + 1, total + 1):
        try:
            yield from add(index)
        except Interrupted:
            raise Stopped(index - 1) from None
        if index < total:
            yield workspace.save_checkpoint(index, 0, {}, store.state())
            if workspace.stop_level() >= StopLevel.after:
                raise Stopped(index)
