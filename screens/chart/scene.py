"""A plot made ready for drawing, kept from one drawing to the next. No Textual.

Series whose arrays are the same objects as before are neither converted nor averaged again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mcworkbench.reports.braille import View, draw, starts_log
from mcworkbench.reports.chart_lines import line_of, x_extent
from mcworkbench.reports.quantities import quantity, shown_scale
from mcworkbench.screens.chart.settings import state_words
from mcworkbench.screens.chart.smoothing import smoothed

if TYPE_CHECKING:
    from mcworkbench.reports.braille import Drawing
    from mcworkbench.reports.chart_lines import Line, Range
    from mcworkbench.reports.plot import Plot, Series
    from mcworkbench.screens.chart.settings import ChartSettings

_ROWS_FOR_GRID = 12


@final
class Scene:
    """The lines of the plot shown last."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.is_log = False
        self.is_smooth = False
        self.extent: Range | None = None
        self._arrays: dict[int, tuple[object, Any]] = {}
        self._lines: dict[tuple[object, ...], Line] = {}
        self._log_of: tuple[Plot, bool] | None = None

    def prepare(self, plot: Plot, settings: ChartSettings) -> None:
        """Make the lines of a plot ready."""
        arrays = self._converted(plot)
        series_of = [_with_arrays(series, arrays) for series in plot.series]
        self.is_log = self._is_log(plot, series_of) if settings.is_log is None else settings.is_log
        scale = shown_scale(plot.column, task=plot.task)
        lines: dict[tuple[object, ...], Line] = {}
        for place, series in enumerate(series_of):
            weight = settings.weight if series.is_smoothable else 0.0
            key = (place, *_identity(series), scale, self.is_log, weight)
            lines[key] = self._lines.get(key) or self._line(series, scale, weight)
        self.lines = list(lines.values())
        self._lines, self._arrays = lines, arrays
        self.is_smooth = any(line.smooth is not None for line in self.lines)
        self.extent = plot.x_range or x_extent(self.lines)

    def draw(
        self,
        plot: Plot,
        settings: ChartSettings,
        width: int,
        height: int,
        crosshair: float | None,
    ) -> Drawing:
        """Return the prepared plot as rows of characters."""
        view = View(
            is_log=self.is_log,
            x_range=None if self.extent is None else settings.window.shown(self.extent),
            crosshair=crosshair,
            has_grid=height >= _ROWS_FOR_GRID,
            is_legend_below=True,
        )
        return draw(plot, width, height, view, self.lines)

    def words(self, plot: Plot, settings: ChartSettings, *, has_crosshair: bool) -> str:
        """Return the state of the prepared plot in words."""
        return state_words(
            settings,
            self.extent,
            unit=quantity(plot.column, task=plot.task).unit if self.extent is not None else "",
            is_log=self.is_log,
            has_crosshair=has_crosshair,
            is_smooth=self.is_smooth,
        )

    def _converted(self, plot: Plot) -> dict[int, tuple[object, Any]]:
        """Return every sequence of a plot as an array, by the identity of the sequence.

        The sequence is kept beside it, so that its identity stays taken.
        """
        found: dict[int, tuple[object, Any]] = {}
        for series in plot.series:
            for values in _sequences(series):
                if values is not None and id(values) not in found:
                    known = self._arrays.get(id(values))
                    found[id(values)] = known or (values, np.asarray(values, dtype=np.float64))
        return found

    def _line(self, series: Series, scale: float, weight: float) -> Line:
        if weight:
            average: Any = smoothed(series.ys, weight, stride=series.stride, is_log=self.is_log)
            series = replace(series, smooth=average)
        return line_of(series, scale=scale, is_log=self.is_log)

    def _is_log(self, plot: Plot, series_of: list[Series]) -> bool:
        if self._log_of is None or self._log_of[0] is not plot:
            self._log_of = (plot, starts_log(replace(plot, series=tuple(series_of))))
        return self._log_of[1]


def _sequences(series: Series) -> tuple[object, ...]:
    return series.xs, series.ys, series.low, series.high, series.smooth


def _with_arrays(series: Series, arrays: dict[int, tuple[object, Any]]) -> Series:
    xs, ys, low, high, smooth = (
        None if values is None else arrays[id(values)][1] for values in _sequences(series)
    )
    return replace(series, xs=xs, ys=ys, low=low, high=high, smooth=smooth)


def _identity(series: Series) -> tuple[object, ...]:
    arrays = (None if values is None else id(values) for values in _sequences(series))
    return (series.label, series.role, series.is_faint, series.is_focused, series.stride, *arrays)


def is_same(one: Plot, other: Plot) -> bool:
    """Return whether two plots would look the same; cheap for tuples of the same numbers."""
    if one is other:
        return True
    plain = ("name", "title", "x_label", "column", "marks", "x_range", "is_log", "task", "empty")
    names = (*plain, "bundle")
    if any(getattr(one, name) != getattr(other, name) for name in names):
        return False
    return len(one.series) == len(other.series) and all(
        _is_same_series(*pair) for pair in zip(one.series, other.series, strict=True)
    )


def _is_same_series(one: Series, other: Series) -> bool:
    plain = ("label", "role", "is_faint", "is_smoothable", "is_focused", "is_scattered", "stride")
    if any(getattr(one, name) != getattr(other, name) for name in plain):
        return False
    arrays = ("xs", "ys", "low", "high", "smooth")
    return all(_is_equal(getattr(one, name), getattr(other, name)) for name in arrays)


def _is_equal(one: object, other: object) -> bool:
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return one is not None and other is not None and np.array_equal(one, other, equal_nan=True)  # pyright: ignore[reportArgumentType, reportUnknownArgumentType]
    return one == other
