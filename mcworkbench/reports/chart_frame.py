"""The inside of a drawn chart: lines, axes, crosshair and legend put on a canvas.

Called by `reports.braille` only, once ranges are settled. Shape letters: R = character rows and
C = character columns of the area of the lines.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, final

import numpy as np

from mcworkbench.reports.chart_axes import column_of, name_start, placed, row_of, x_labels, y_labels
from mcworkbench.reports.chart_bundle import bundle_bits
from mcworkbench.reports.chart_canvas import Canvas, Paint, one_cell_each, series_paint
from mcworkbench.reports.chart_legend import BELOW, BREAK, MARK, Legend, legend_of, patterns_of
from mcworkbench.reports.chart_lines import cropped, reading, to_drawn
from mcworkbench.reports.chart_view import Drawing
from mcworkbench.reports.quantities import quantity, shown_scale
from mcworkbench.reports.raster import BRAILLE, band_dots, pack, raster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mcworkbench.reports.chart_lines import Line, Range
    from mcworkbench.reports.chart_view import View
    from mcworkbench.reports.plot import Plot

# From this height on the axis has a row of its own above its labels.
_ROWS_FOR_RULE = 6
_HERE, _SINGLE = "●", "•"
# A line of more points is not searched for being a single one.
_FEW = 64


# Where a line cannot be drawn: x, the line's paint, and the sign for why.
Cut = tuple[float, int, str]
_MOST_SIGNS = 1000


@final
class Frame:
    """A plot with its ranges settled; the area of its lines is R by C characters."""

    def __init__(
        self, plot: Plot, lines: Sequence[Line], view: View, x_range: Range, y_range: Range
    ) -> None:
        self._plot, self._lines, self._view = plot, lines, view
        self._x_range, self._y_range = x_range, y_range
        self._patterns = patterns_of(lines)
        self._top = self._left = self._num_rows = self._num_columns = 0

    def drawn(self, width: int, height: int) -> Drawing:
        """Return the whole drawing."""
        canvas, view = Canvas(width, height), self._view
        has_rule = height >= _ROWS_FOR_RULE
        cuts = self._breaks()
        legend = self._legend(width, height, signs={sign for _, _, sign in cuts})
        self._top = 0 if view.is_legend_below else legend.num_rows
        self._num_rows = height - legend.num_rows - 1 - has_rule
        unit = quantity(self._plot.column, task=self._plot.task).unit
        labels = y_labels(self._y_range, self._num_rows, is_log=view.is_log, unit=unit)
        gutter = min(max((len(text) for text in labels.values()), default=1), width // 2)
        self._left, self._num_columns = gutter + 2, width - gutter - 2

        for row in range(self._num_rows):
            text = f"{labels.get(row, '')[:gutter]:>{gutter}} {'┤' if row in labels else '│'}"
            canvas.write(self._top + row, 0, text, Paint.axis)
        self._write_x_axis(canvas, gutter, cuts, has_rule=has_rule)
        self._write_lines(canvas, labels)
        legend.write(canvas, height - legend.num_rows if view.is_legend_below else 0)
        return Drawing(canvas, self._left, self._num_columns, self._x_range, self._y_range)

    def _legend(self, width: int, height: int, *, signs: set[str]) -> Legend:
        crosshair = self._view.crosshair
        return legend_of(
            self._plot,
            self._lines,
            width,
            title=self._view.title,
            crosshair=crosshair,
            signs=signs,
            max_rows=max(1, height // (4 if crosshair is None else 3)),
        )

    def _write_x_axis(
        self, canvas: Canvas, gutter: int, cuts: list[Cut], *, has_rule: bool
    ) -> None:
        is_integral = all(line.is_integral for line in self._lines)
        ticks = x_labels(self._x_range, self._num_columns, is_integral=is_integral)
        row = self._top + self._num_rows
        if has_rule:
            rule = ["─"] * self._num_columns
            for column in ticks:
                if 0 <= column < self._num_columns:
                    rule[column] = "┴"
            canvas.write(row, gutter + 1, "└" + "".join(rule), Paint.axis)
        for x, paint, sign in cuts:
            self._put(canvas, row, x, sign, paint)
        for mark in self._plot.marks:
            self._put(canvas, row, mark.x, MARK, Paint.mark)
        row += has_rule
        texts = placed(ticks, self._left, canvas.width)
        for start, text in texts:
            canvas.write(row, start, text, Paint.axis)
        name = one_cell_each(self._plot.x_label, limit=canvas.width // 2)
        start = name_start(name, texts, canvas.width)
        if start is not None:
            canvas.write(row, start, name, Paint.axis)

    def _put(self, canvas: Canvas, row: int, x: float, sign: str, paint: int) -> None:
        if self._x_range[0] <= x <= self._x_range[1]:
            column = column_of(x, self._x_range, self._num_columns)
            canvas.write(row, self._left + column, sign, paint)

    def _breaks(self) -> list[Cut]:
        """Return where lines have points that cannot be drawn: no number, or none for a log."""
        found: list[Cut] = []
        low, high = self._x_range
        for place, line in enumerate(self._lines):
            if line.series.is_faint or line.series.is_partial:
                continue
            start, stop = np.searchsorted(line.xs, [low, high + (high == low)])
            places = start + np.flatnonzero(np.isnan(line.ys[start:stop]))
            # One sign per character is all that can show.
            if places.size:
                some = np.linspace(0, places.size - 1, min(places.size, _MOST_SIGNS)).astype(int)
                for point in places[np.unique(some)]:
                    sign = BELOW if np.isfinite(line.stored[point]) else BREAK
                    found.append((float(line.xs[point]), series_paint(place), sign))
        return found

    def _write_lines(self, canvas: Canvas, labels: dict[int, str]) -> None:
        faint_RC, faint_paint_RC = self._layer(is_faint=True)
        bold_RC, bold_paint_RC = self._layer(is_faint=False)
        bits_RC = np.where(bold_RC > 0, bold_RC, faint_RC)
        paints_RC = np.where(bold_RC > 0, bold_paint_RC, faint_paint_RC)
        area = (
            slice(self._top, self._top + self._num_rows),
            slice(self._left, self._left + self._num_columns),
        )
        if self._view.has_grid:
            for row in labels:
                canvas.write(self._top + row, self._left, "┈" * self._num_columns, Paint.grid)
        self._write_crosshair(canvas)
        lit_RC = bits_RC > 0
        canvas.chars[area][lit_RC] = bits_RC[lit_RC] + np.uint32(BRAILLE)
        canvas.paints[area][lit_RC] = paints_RC[lit_RC]
        self._write_single_points(canvas)
        self._write_here(canvas)

    def _layer(self, *, is_faint: bool) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
        """Return bits and paints of what lies below, or above; the focused series comes last."""
        bits_RC = np.zeros((self._num_rows, self._num_columns), dtype=np.uint8)
        if is_faint and self._plot.bundle is not None:
            bits_RC |= bundle_bits(
                self._plot.bundle,
                *bits_RC.shape,
                x_range=self._x_range,
                y_range=self._y_range,
                is_log=self._view.is_log,
            )
        paints_RC = np.full(bits_RC.shape, Paint.bundle, dtype=np.int16)
        places = sorted(range(len(self._lines)), key=lambda p: self._lines[p].series.is_focused)
        for place in places:
            for dots in self._dots(place, is_faint=is_faint):
                own_RC = pack(dots)
                bits_RC |= own_RC
                paints_RC[own_RC > 0] = series_paint(place, is_faint=is_faint)
        return bits_RC, paints_RC

    def _dots(self, place: int, *, is_faint: bool) -> list[NDArray[np.bool_]]:
        line = self._lines[place]
        found: list[NDArray[np.bool_]] = []
        size = (self._num_rows, self._num_columns)
        if is_faint and line.xs.size and line.low is not None and line.high is not None:
            found.append(
                band_dots(
                    line.xs,
                    line.low,
                    line.high,
                    *size,
                    x_range=self._x_range,
                    y_range=self._y_range,
                )
            )
        is_raw_faint = line.series.is_faint or line.smooth is not None
        values = line.ys if is_faint == is_raw_faint else None
        if not is_faint and line.smooth is not None:
            values = line.smooth
        if values is not None:
            # Dashes of a line that lies below would only look like noise.
            is_whole = is_faint and line.smooth is not None
            xs, ys = cropped(line, values, self._x_range)
            found.append(
                raster(
                    xs,
                    ys,
                    *size,
                    x_range=self._x_range,
                    y_range=self._y_range,
                    pattern=(1, 0) if is_whole else self._patterns[place],
                )
            )
        return found

    def _write_crosshair(self, canvas: Canvas) -> None:
        if self._view.crosshair is not None:
            for row in range(self._top, self._top + self._num_rows):
                self._put(canvas, row, self._view.crosshair, "┊", Paint.crosshair)

    def _write_single_points(self, canvas: Canvas) -> None:
        """Make a line of one point large enough to be seen."""
        for place, line in enumerate(self._lines):
            places = np.flatnonzero(np.isfinite(line.ys)) if line.ys.size <= _FEW else ()
            if len(places) == 1:
                x, drawn = float(line.xs[places[0]]), float(line.ys[places[0]])
                self._put_at(canvas, x, drawn, _SINGLE, place)

    def _put_at(self, canvas: Canvas, x: float, drawn: float, sign: str, place: int) -> None:
        row = row_of(drawn, self._y_range, self._num_rows)
        if 0 <= row < self._num_rows:
            paint = series_paint(place, is_faint=self._lines[place].series.is_faint)
            self._put(canvas, self._top + row, x, sign, paint)

    def _write_here(self, canvas: Canvas) -> None:
        """Put a sign where the crosshair meets each line."""
        x, is_log = self._view.crosshair, self._view.is_log
        if x is None:
            return
        scale = shown_scale(self._plot.column, task=self._plot.task)
        # Those of the main lines last, so that no ghost's sign covers them.
        order = sorted(enumerate(self._lines), key=lambda item: not item[1].series.is_faint)
        for place, line in order:
            found = reading(line, x)
            value = scale * (found.value if line.smooth is None else found.smooth)
            if math.isfinite(value) and (value > 0 or not is_log):
                self._put_at(canvas, x, to_drawn(value, is_log=is_log), _HERE, place)
