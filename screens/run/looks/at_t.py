"""What shows the networks at one place of a path: which place, and the keys that move it.

Moving it tells the screen, which puts every other pane there.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType
from textual.widget import Widget
from typing_extensions import override

from mcworkbench.screens.run.choices import nearest
from mcworkbench.screens.run.parts import PositionMoved

if TYPE_CHECKING:
    from collections.abc import Sequence

_MIDDLE = 0.5
# Declared by each pane itself: what it scrolls with would else come first.
KEYS: tuple[BindingType, ...] = (
    Binding("left", "place(-1)", "Left", id="look.left", tooltip="One place of the path left"),
    Binding("right", "place(1)", "Right", id="look.right", tooltip="One place of the path right"),
)


class AbstractAtT(Widget):
    """A pane at one t, the middle before anything was moved; the last base of a pane.

    Styles are those of the first base alone.
    """

    _t: float | None = None

    @property
    @abstractmethod
    def places(self) -> tuple[Sequence[float], ...]:
        """Return the positions of every path that shows; keys walk along those of the first."""

    @abstractmethod
    def show_place(self) -> None:
        """Draw anew: another place shows."""

    def place_on(self, ts: Sequence[float]) -> int:
        """Return which of a path's positions shows."""
        return nearest(ts, _MIDDLE if self._t is None else self._t)

    def set_t(self, t: float | None) -> None:
        """Show another place without telling anyone; None leaves it where it is."""
        before = [self.place_on(ts) for ts in self.places]
        self._t = self._t if t is None else t
        if [self.place_on(ts) for ts in self.places] != before:
            self.show_place()

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "place":
            return True if self.places else None
        return super().check_action(action, parameters)

    def action_place(self, by: int) -> None:
        """Move by places of the path."""
        if self.places:
            ts = self.places[0]
            t = ts[max(0, min(self.place_on(ts) + by, len(ts) - 1))]
            self.set_t(t)
            self.post_message(PositionMoved(self, t))
