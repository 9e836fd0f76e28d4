"""The window of x that a chart shows: all, a part, or a part that follows the newest point.

Pure: every operation returns another window. An extent is the lowest and highest x there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from mcworkbench.reports.chart_lines import Range

ZOOM = 1.5
PAN = 0.25
_FOLLOWED_PART = 0.25
# Deeper zooms would show rounding errors of the positions.
_NARROWEST_PART = 1e-6
_NEARLY_ALL = 0.999


@final
@dataclass(frozen=True, slots=True)
class Window:
    """What is shown of x.

    Attributes:
        span: lowest and highest x, None for all; of a following one only the width counts.
        is_following: it ends at the newest point.
    """

    span: Range | None = None
    is_following: bool = False

    def shown(self, extent: Range) -> Range:
        """Return the lowest and highest x to show."""
        if self.span is None:
            return extent
        low, high = self.span
        if self.is_following:
            return max(extent[1] - (high - low), extent[0]), extent[1]
        # Another run may have stopped before what was looked at in the last one.
        return extent if high <= extent[0] or low >= extent[1] else (low, high)

    def zoomed(self, extent: Range, factor: float, centre: float | None = None) -> Window:
        """Return a window narrower by `factor`, wider where it is below one.

        Args:
            extent: all there is.
            factor: above one to see less of x, closer.
            centre: the x that keeps its place; the middle where None.
        """
        low, high = self.shown(extent)
        whole = extent[1] - extent[0]
        width = max((high - low) / factor, _NARROWEST_PART * whole)
        if width >= _NEARLY_ALL * whole:
            return ALL
        fixed = (low + high) / 2 if centre is None else min(max(centre, low), high)
        start = fixed - (fixed - low) / (high - low) * width
        return _within((start, start + width), extent, is_following=self.is_following)

    def panned(self, extent: Range, part: float) -> Window:
        """Return a window moved by a part of its width, positive to the right."""
        if self.span is None:
            return self
        low, high = self.shown(extent)
        step = part * (high - low)
        return _within((low + step, high + step), extent)

    def followed(self, extent: Range) -> Window:
        """Return a window that follows the newest point; where it does already, one that stays."""
        if self.is_following:
            return Window(self.shown(extent))
        low, high = self.shown(extent)
        width = high - low if self.span else _FOLLOWED_PART * (extent[1] - extent[0])
        return Window((extent[1] - width, extent[1]), is_following=True)

    def revealing(self, extent: Range, x: float) -> Window:
        """Return a window moved just far enough to show x."""
        low, high = self.shown(extent)
        if self.span is None or low <= x <= high:
            return self
        step = x - low if x < low else x - high
        return _within((low + step, high + step), extent)

    def word(self, extent: Range) -> str:
        """Return its state in words: "", "zoomed 4×" or "following 4×"."""
        low, high = self.shown(extent)
        if (low, high) == extent and not self.is_following:
            return ""
        factor = (extent[1] - extent[0]) / (high - low)
        return f"{'following' if self.is_following else 'zoomed'} {factor:.3g}×"


ALL = Window()


def _within(span: Range, extent: Range, *, is_following: bool = False) -> Window:
    """Return a window of the width of `span`, shifted to lie within the extent."""
    low, high = span
    shift = max(extent[0] - low, 0.0) - max(high - extent[1], 0.0)
    return Window((low + shift, high + shift), is_following)
