"""Troubles that come with every look and are told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

# Without it for that long a trouble counts as over; the next one is told again.
_OVER_S = 60.0


@final
class Troubles:
    """Remembers which ones were met lately."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        """Take monotonic seconds from `clock_s`."""
        self._clock_s = clock_s
        self._met: dict[Hashable, float] = {}

    def is_new(self, trouble: Hashable) -> bool:
        """Note that a trouble was met; return whether it was not met lately."""
        now_s = self._clock_s()
        self._met = {known: at for known, at in self._met.items() if now_s - at <= _OVER_S}
        is_new = trouble not in self._met
        self._met[trouble] = now_s
        return is_new
