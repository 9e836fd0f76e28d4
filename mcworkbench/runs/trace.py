"""What a stage measured between epochs: the numbers of its Progress events, by step.

A fold keeps one per stage. Memory is bounded: when it is full every second point goes, and from
then on only every second, fourth, … newcomer is kept, so the points stay spread evenly.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_POINTS = 8192
# Only hostile files have more names than that.
MAX_COLUMNS = 32


@final
class Trace:
    """Points in increasing steps; a value that a point does not have is NaN."""

    def __init__(self, max_points: int = MAX_POINTS) -> None:
        """Begin empty; `max_points` is even and at least two."""
        self._max_points = max_points
        self._steps = array("q")
        self._columns: dict[str, array[float]] = {}
        self._newest: tuple[int, dict[str, float]] | None = None
        self._stride = 1
        self._num_skipped = 0

    def __len__(self) -> int:
        """Return how many points there are, the newest always among them."""
        return len(self._steps) + (self._newest is not None)

    @property
    def stride(self) -> int:
        """Return how many points were told for each one that is kept."""
        return self._stride

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns, in the order in which they came."""
        newest = self._newest[1] if self._newest is not None else {}
        return tuple(dict.fromkeys((*self._columns, *newest)))[:MAX_COLUMNS]

    @property
    def steps(self) -> list[int]:
        """Return the step of every point, increasing."""
        return [*self._steps, *([self._newest[0]] if self._newest is not None else [])]

    def column(self, name: str) -> list[float]:
        """Return one value per point; NaN where a point has none of that name."""
        kept = self._columns.get(name)
        found = kept.tolist() if kept is not None else [math.nan] * len(self._steps)
        if self._newest is not None:
            found.append(self._newest[1].get(name, math.nan))
        return found

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Take in one point; one at or before the last step replaces what stands from there."""
        if not values:
            return
        if self._newest is not None and self._newest[0] < step:
            self._settle(*self._newest)
        self._newest = (step, dict(values))
        if self._steps and self._steps[-1] >= step:
            self._cut(bisect_left(self._steps, step))

    def resume(self, step: int) -> None:
        """Forget the points beyond the step at which a new attempt began; at 0 all of them."""
        if self._newest is not None and (step <= 0 or self._newest[0] > step):
            self._newest = None
        self._cut(bisect_right(self._steps, step) if step > 0 else 0)
        if not self._steps:
            self._stride, self._num_skipped = 1, 0

    def _settle(self, step: int, values: dict[str, float]) -> None:
        self._num_skipped += 1
        # An odd number of points, so that thinning keeps the last and the gap to it stays even.
        if self._num_skipped >= self._stride and len(self._steps) >= self._max_points - 1:
            self._thin()
        if self._num_skipped < self._stride:
            return
        self._num_skipped = 0
        for name in values:
            if name not in self._columns and len(self._columns) < MAX_COLUMNS:
                self._columns[name] = array("d", [math.nan] * len(self._steps))
        self._steps.append(step)
        for name, column in self._columns.items():
            column.append(values.get(name, math.nan))

    def _thin(self) -> None:
        self._steps = self._steps[::2]
        self._columns = {name: column[::2] for name, column in self._columns.items()}
        self._stride *= 2

    def _cut(self, length: int) -> None:
        del self._steps[length:]
        for column in self._columns.values():
            del column[length:]
