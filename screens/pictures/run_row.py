"""One line of the runs list as a frozen picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from mcworkbench.runs.state import State


@final
@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list.

    Attributes:
        id: of the run.
        name: what the user calls it.
        kind: of the experiment: "curve", "endpoints", …
        title: of its preset.
        state: derived from evidence.
        reason: one sentence on the state, or ''.
        fraction: how much is done, in [0, 1].
        eta_s: seconds left where known.
        best: the number it is known by, in words: "curve max test error 2.22 %", or ''.
        best_short: the same in at most 8 characters: "2.22 %", or ''.
        best_value: the same as a number (fractions stay fractions), None before the first.
        line_value: the straight line's number of the same kind, None where there is none.
        line_short: that in at most 8 characters, or ''.
        created: Unix seconds.
        num_done: stages done, of `num_nodes`.
        num_nodes: stages.
        group: runs that belong together, or ''.
        tags: free words.
        changes: what the command changed of the preset: "train.lr=0.1".
        is_supervised: someone carries it out now.
        problem: why the folder cannot be read, '' for a good run; then only `id` is set.
    """

    id: str
    name: str
    kind: str
    title: str
    state: State
    reason: str
    fraction: float
    eta_s: float | None
    best: str
    best_short: str
    best_value: float | None
    line_value: float | None
    line_short: str
    created: float
    num_done: int
    num_nodes: int
    group: str = ""
    tags: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    is_supervised: bool = False
    problem: str = ""
