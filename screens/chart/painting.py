"""Rows of a drawing as strips for Textual, and which rows changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mcworkbench.reports.chart_canvas import Paint, series_paint
from mcworkbench.reports.plot import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.reports.braille import Drawing
    from mcworkbench.reports.plot import Plot

_NAMED = {
    Paint.axis: "chart--axis",
    Paint.grid: "chart--grid",
    Paint.crosshair: "chart--crosshair",
    Paint.readout: "chart--readout",
    Paint.mark: "chart--mark",
    Paint.bundle: "chart--ghost-faint",
}
COMPONENTS = frozenset(
    {
        *_NAMED.values(),
        "chart--sentence",
        *(f"chart--{role}" for role in Role),
        *(f"chart--{role}-faint" for role in Role),
    }
)
_BOLD = Style(bold=True)


@final
class Painter:
    """The rows as they were painted last."""

    def __init__(self, style_of: Callable[[str], Style]) -> None:
        """Ask `style_of` for the style of a component class, of the widget itself for ''."""
        self._style_of = style_of
        self._known: dict[str, Style] = {}
        self._rows: list[bytes] = []
        self._roles: tuple[object, ...] = ()
        self._strips: list[Strip] = []

    def forget_styles(self) -> None:
        """Ask for styles and paint every row anew: the theme changed."""
        self._known.clear()
        self._roles = ()
        self._rows = []

    def strip(self, row: int) -> Strip | None:
        """Return a row as it was painted last, None below the last one."""
        return self._strips[row] if row < len(self._strips) else None

    def paint(self, drawing: Drawing, plot: Plot) -> list[int]:
        """Take over a drawing and return the rows that look different from before."""
        canvas = drawing.canvas
        rows = [
            canvas.chars[row].tobytes() + canvas.paints[row].tobytes()
            for row in range(canvas.height)
        ]
        roles = tuple((series.role, series.is_focused) for series in plot.series)
        is_alike = roles == self._roles and len(rows) == len(self._rows)
        changed = [
            place for place, row in enumerate(rows) if not is_alike or row != self._rows[place]
        ]
        styles = self._styles(plot) if changed else {}
        plain = self._style("")
        strips = self._strips if is_alike else [Strip([])] * len(rows)
        for place in changed:
            text = canvas.row(place)
            segments = [
                Segment(text[span.start : span.stop], styles.get(span.paint, plain))
                for span in canvas.spans(place)
            ]
            strips[place] = Strip(segments, canvas.width)
        self._rows, self._roles, self._strips = rows, roles, strips
        return changed

    def _styles(self, plot: Plot) -> dict[int, Style]:
        """Return the style of every paint."""
        found = {int(paint): self._style(name) for paint, name in _NAMED.items()}
        for place, series in enumerate(plot.series):
            style = self._style(f"chart--{series.role}")
            found[series_paint(place)] = style + _BOLD if series.is_focused else style
            found[series_paint(place, is_faint=True)] = self._style(f"chart--{series.role}-faint")
        return found

    def _style(self, name: str) -> Style:
        if name not in self._known:
            self._known[name] = self._style_of(name)
        return self._known[name]
