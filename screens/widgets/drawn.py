"""What draws itself row by row: when it draws, and which rows are repainted.

While it cannot be seen it draws nothing; bursts of news are drawn at most four times a second;
only rows that changed are repainted. The base of the chart and of everything made of pixels.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import TYPE_CHECKING

from textual import on
from textual.events import Show
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

_PERIOD_S = 0.25


class AbstractDrawn(Widget):
    """A pane that paints rows into strips it keeps; `_draw_now` and `_draw_soon` renew them."""

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare an empty pane; `clock_s` gives monotonic seconds."""
        super().__init__(name=name, id=id, classes=classes)
        self._is_dirty = True
        self._painted: Size | None = None
        self._clock_s = clock_s
        self._drawn_at_s = -_PERIOD_S
        self._pending: Timer | None = None

    @abstractmethod
    def _paint(self) -> list[int]:
        """Draw what is shown now and return the rows that look different; never raise."""

    @abstractmethod
    def _strip(self, row: int) -> Strip | None:
        """Return a row as it was painted last, None where there is none."""

    @abstractmethod
    def _forget_styles(self) -> None:
        """Ask for styles anew when painting next: the theme changed."""

    @override
    def render_line(self, y: int) -> Strip:
        if self._painted != self.size:
            self._paint_now()
            # What the border says was not known when it was drawn.
            self.call_later(self.refresh)
        return self._strip(y) or Strip.blank(self.size.width, self.rich_style)

    @override
    def notify_style_update(self) -> None:
        self._forget_styles()
        self._painted = None
        super().notify_style_update()

    @on(Show)
    def _shown(self) -> None:
        if self._is_dirty:
            self._draw_now()

    def _can_be_seen(self) -> bool:
        return (
            self.is_attached
            and bool(self.size)
            and self.app.screen is self.screen
            and self.is_on_screen
        )

    def _draw_soon(self) -> None:
        """Draw news: now, when the last drawing is old enough, or when it can be seen."""
        self._is_dirty = True
        if not self.is_running:
            return
        wait_s = self._drawn_at_s + _PERIOD_S - self._clock_s()
        if wait_s <= 0 and self._can_be_seen():
            self._draw_now()
        elif self._pending is None and self.size:
            # Where it has no room it is told once it shows; but nothing tells a widget that a
            # dialog above it was closed: it looks again.
            delay_s = wait_s if wait_s > 0 else _PERIOD_S
            self._pending = self.set_timer(delay_s, self._drawing_is_due)

    def _drawing_is_due(self) -> None:
        self._pending = None
        if self._is_dirty:
            self._draw_soon()

    def _draw_now(self) -> None:
        """Draw, and let Textual repaint the rows that changed."""
        self._is_dirty = True
        if not self.is_running or not self._can_be_seen():
            self._draw_soon()
            return
        changed = self._paint_now()
        if changed:
            self.refresh(*regions(changed, self.size.width))

    def _paint_now(self) -> list[int]:
        changed = self._paint()
        self._is_dirty, self._painted = False, self.size
        self._drawn_at_s = self._clock_s()
        return changed


def regions(rows: list[int], width: int) -> list[Region]:
    """Return rows, in increasing order, as few regions of that width."""
    known = set(rows)
    starts = [row for row in rows if row - 1 not in known]
    stops = [row + 1 for row in rows if row + 1 not in known]
    return [
        Region(0, start, width, stop - start) for start, stop in zip(starts, stops, strict=True)
    ]
