"""Series made ready for drawing: sorted arrays in shown units, their extents and readings.

Called by `reports.braille`. Drawn values are in the unit that text shows, percent for fractions,
and are decimal logarithms on a logarithmic axis; what is not finite there is a gap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from mcworkbench.reports.plot import Series
from mcworkbench.reports.quantities import shown_scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.plot import Plot

Range = tuple[float, float]
# Larger numbers would overflow when ranges are subtracted or margins are added.
_HUGE = 1e300
_TINY = 1e-300
_HIGHEST_POWER = 300.0
# Ranges narrower than this part of their values show rounding errors only.
_FLAT = 1e-9
_MARGIN = 0.03


@final
@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One series, ready to be drawn.

    Attributes:
        series: what it was made of.
        xs: finite and increasing.
        ys: drawn values, NaN for gaps.
        smooth: drawn moving average, or None.
        low: drawn lower edge of the band, or None.
        high: its upper edge.
        stored: y of each point as it was given, in the order of xs.
        stored_smooth: likewise, or None.
        is_log: whether drawn values are logarithms.
        is_integral: all xs are whole numbers.
    """

    series: Series
    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    smooth: NDArray[np.float64] | None
    low: NDArray[np.float64] | None
    high: NDArray[np.float64] | None
    stored: NDArray[np.float64]
    stored_smooth: NDArray[np.float64] | None
    is_log: bool
    is_integral: bool


@final
@dataclass(frozen=True, slots=True)
class Reading:
    """A series at one x: stored value and moving average, NaN in a gap.

    `is_exact` where a point lies there; otherwise the value lies between its neighbours.
    """

    value: float
    smooth: float
    is_exact: bool


def line_of(series: Series, *, scale: float = 1.0, is_log: bool = False) -> Line:
    """Return a series ready for drawing, its values multiplied by `scale`."""
    xs = np.asarray(series.xs, dtype=np.float64)
    stored = np.asarray(series.ys, dtype=np.float64)
    assert xs.shape == stored.shape, f"{series.label}: {xs.size} x but {stored.size} y"
    others = [
        None if values is None else np.asarray(values, dtype=np.float64)
        for values in (series.smooth, series.low, series.high)
    ]
    order = _order(xs)
    if order is not None:
        xs, stored = xs[order], stored[order]
        others = [None if values is None else values[order] for values in others]
    with np.errstate(all="ignore"):
        xs = np.clip(xs, -_HUGE, _HUGE)
        drawn = [
            None if values is None else _drawn(values, scale, is_log=is_log)
            for values in (stored, *others)
        ]
    ys = drawn[0]
    assert ys is not None
    is_integral = bool(np.all(xs == np.rint(xs)))
    return Line(
        series, xs, ys, drawn[1], drawn[2], drawn[3], stored, others[0], is_log, is_integral
    )


def lines_of(plot: Plot, *, is_log: bool) -> list[Line]:
    """Return every series of a plot in the unit that text shows."""
    scale = shown_scale(plot.column, task=plot.task)
    return [line_of(series, scale=scale, is_log=is_log) for series in plot.series]


def _order(xs: NDArray[np.float64]) -> NDArray[np.intp] | None:
    """Return which points to take in which order, None for all as they are."""
    finite = np.isfinite(xs)
    if finite.all():
        return None if np.all(xs[1:] >= xs[:-1]) else np.argsort(xs, kind="stable")
    kept = np.flatnonzero(finite)
    return kept[np.argsort(xs[kept], kind="stable")]


def _drawn(values: NDArray[np.float64], scale: float, *, is_log: bool) -> NDArray[np.float64]:
    shown = values * scale
    finite = np.isfinite(values)
    if is_log:
        finite &= values > 0
        return np.clip(np.log10(np.where(finite, shown, np.nan)), -_HIGHEST_POWER, _HIGHEST_POWER)
    return np.clip(np.where(finite, shown, np.nan), -_HUGE, _HUGE)


def to_drawn(value: float, *, is_log: bool) -> float:
    """Return where a shown value lies on the axis."""
    return math.log10(value) if is_log else value


def x_extent(lines: Sequence[Line]) -> Range | None:
    """Return the lowest and highest x of all points, None without any."""
    ends = [(float(line.xs[0]), float(line.xs[-1])) for line in lines if line.xs.size]
    if not ends:
        return None
    return widened(min(low for low, _ in ends), max(high for _, high in ends), is_relative=False)


def y_extent(lines: Sequence[Line], x_range: Range | None = None) -> Range | None:
    """Return the lowest and highest drawn y, with a margin; None without any number.

    Only points within `x_range` count, unless there are none.
    """
    columns = [values for line in lines for values in _columns(line, x_range)]
    ranges = [found for values in columns if (found := _finite_range(values)) is not None]
    if not ranges:
        return y_extent(lines) if x_range is not None else None
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    is_log = any(line.is_log for line in lines)
    if not high - low > _FLAT * max(abs(low), abs(high), _TINY):
        return widened(low, high, is_relative=not is_log)
    margin = _MARGIN * (high - low)
    # A loss or an error starts at zero: the margin must not suggest negative values.
    bottom = 0.0 if 0 <= low < margin and not is_log else low - margin
    return bottom, high + margin


def _columns(line: Line, x_range: Range | None) -> list[NDArray[np.float64]]:
    start, stop = 0, line.xs.size
    if x_range is not None:
        start = int(np.searchsorted(line.xs, x_range[0], side="left"))
        stop = int(np.searchsorted(line.xs, x_range[1], side="right"))
    columns = (line.ys, line.smooth, line.low, line.high)
    return [values[start:stop] for values in columns if values is not None]


def _finite_range(values: NDArray[np.float64]) -> Range | None:
    if not values.size:
        return None
    low = float(np.fmin.reduce(values))
    return None if math.isnan(low) else (low, float(np.fmax.reduce(values)))


def widened(low: float, high: float, *, is_relative: bool) -> Range:
    """Return a range that can be divided by its width: a point gets some room around it.

    Args:
        low: start.
        high: end, not below it.
        is_relative: the room is half the value, else one half.
    """
    size = max(abs(low), abs(high))
    if high - low > max(_FLAT * size, _TINY):
        return low, high
    room = max(0.5 * size if is_relative and size else 0.5, 2 * _FLAT * size)
    return low - room, high + room


def cropped(
    line: Line, values: NDArray[np.float64], x_range: Range
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points within a range, and where the line enters and leaves it.

    Found by binary search: the points outside cost nothing.
    """
    low, high = x_range
    start = int(np.searchsorted(line.xs, low, side="left"))
    stop = int(np.searchsorted(line.xs, high, side="right"))
    xs, ys = line.xs[start:stop], values[start:stop]
    if start > 0 and (not xs.size or xs[0] > low):
        ys = np.append(_between(line.xs, values, low, start), ys)
        xs = np.append(low, xs)
    if stop < line.xs.size and xs.size and xs[-1] < high:
        ys = np.append(ys, _between(line.xs, values, high, stop))
        xs = np.append(xs, high)
    return xs, ys


def _between(xs: NDArray[np.float64], ys: NDArray[np.float64], x: float, place: int) -> float:
    """Return y on the segment that ends at `place`; NaN in a gap and behind the last point."""
    if not 0 < place < xs.size:
        return math.nan
    before, after = float(xs[place - 1]), float(xs[place])
    part = (x - before) / (after - before) if after > before else 0.0
    # Plain floats: what is stored may be infinite, which numpy would warn of.
    return (1 - part) * float(ys[place - 1]) + part * float(ys[place])


def reading(line: Line, x: float) -> Reading:
    """Return what a series is at x, in its stored unit."""
    place = int(np.searchsorted(line.xs, x, side="left"))
    if place < line.xs.size and line.xs[place] == x:
        smooth = math.nan if line.stored_smooth is None else float(line.stored_smooth[place])
        return Reading(float(line.stored[place]), smooth, is_exact=True)
    # Between stored values, so that the axis does not change what is read.
    value = _between(line.xs, line.stored, x, place)
    smooth = math.nan
    if line.stored_smooth is not None:
        smooth = _between(line.xs, line.stored_smooth, x, place)
    return Reading(value, smooth, is_exact=False)


def next_x(lines: Sequence[Line], x: float, step: int) -> float:
    """Return the x of the `step`-th point to the right of x, to the left where negative.

    Points of all lines that are not faint count, of faint ones where there are no others; at
    the last one it stays.
    """
    columns = _stops(lines)
    for _ in range(abs(step)):
        if step > 0:
            places = [int(np.searchsorted(xs, x, side="right")) for xs in columns]
            found = [xs[p] for xs, p in zip(columns, places, strict=True) if p < xs.size]
            x = float(min(found)) if found else x
        else:
            places = [int(np.searchsorted(xs, x, side="left")) for xs in columns]
            found = [xs[p - 1] for xs, p in zip(columns, places, strict=True) if p > 0]
            x = float(max(found)) if found else x
    return x


def _stops(lines: Sequence[Line]) -> list[NDArray[np.float64]]:
    drawn = [line for line in lines if line.xs.size]
    strong = [line for line in drawn if not line.series.is_faint]
    return [line.xs for line in strong or drawn]


def nearest_x(lines: Sequence[Line], x: float) -> float | None:
    """Return the x of the point nearest to x, None without points."""
    columns = _stops(lines)
    found: list[float] = []
    for xs in columns:
        place = int(np.searchsorted(xs, x))
        found += [float(xs[p]) for p in (place - 1, place) if 0 <= p < xs.size]
    return min(found, key=lambda other: abs(other - x), default=None)
