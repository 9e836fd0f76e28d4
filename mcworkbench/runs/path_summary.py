"""Reduce the numbers along a path to the few that are quoted: start, end, min, max, avg, int.

The evaluate stage stores them in its table, reports and live plots compute them for points that
have arrived so far; both call here, so the definitions cannot drift apart. No torch, no files.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def path_summary(
    ts: Sequence[float], dl: Sequence[float], values: Sequence[float]
) -> dict[str, float]:
    """Return the statistics of one quantity along a path, in the quantity's own unit.

    "min", "max" and "avg" run over the evaluated points, each counting once; "int" is the mean
    over arc length, the trapezoid rule divided by the total length. "start" and "end" are the
    values at t = 0 and t = 1 and are left out where these were not evaluated. A value that is
    not finite makes the statistics that depend on it NaN.

    Source: the reference's eval_curve (arXiv:1802.10026). Ours also defines "int" on a path of
    no length, where every point is the same network: there it is "avg".

    Args:
        ts: increasing positions in [0, 1], at least one.
        dl: distance of each point from the one before, the first 0; non-negative.
        values: the quantity at each position.
    """
    _check_lengths(ts, dl, values)
    finite = all(map(math.isfinite, values))
    average = math.fsum(values) / len(values) if finite else math.nan
    summary = {
        "min": min(values) if finite else math.nan,
        "max": max(values) if finite else math.nan,
        "avg": average,
        "int": _over_arc_length(dl, values, average) if finite else math.nan,
    }
    if ts[0] == 0:
        summary["start"] = values[0]
    if ts[-1] == 1:
        summary["end"] = values[-1]
    return summary


def _over_arc_length(dl: Sequence[float], values: Sequence[float], fallback: float) -> float:
    total = math.fsum(dl[1:])
    if total == 0:
        return fallback
    pieces = (
        (values[index - 1] + values[index]) / 2 * dl[index] for index in range(1, len(values))
    )
    return math.fsum(pieces) / total


def barriers(ts: Sequence[float], values: Sequence[float]) -> dict[str, float]:
    """Return how far one quantity rises between the ends of a path, by three definitions.

    "above_chord": largest rise over the straight interpolation of the two ends' values, the
    barrier of linear mode connectivity (arXiv:1912.05671); "over_worse_end": the largest value
    minus the larger end; "over_mean": the largest value minus the mean of the ends. All in the
    quantity's own unit; the first two are never negative because the ends take part. Empty
    where t = 0 or t = 1 was not evaluated: without the ends there is no barrier.

    Args:
        ts: increasing positions in [0, 1].
        values: the quantity at each position; larger is worse.
    """
    _check_lengths(ts, values)
    if ts[0] != 0 or ts[-1] != 1:
        return {}
    if not all(map(math.isfinite, values)):
        return dict.fromkeys(("above_chord", "over_worse_end", "over_mean"), math.nan)
    first, last, highest = values[0], values[-1], max(values)
    rises = (value - ((1 - t) * first + t * last) for t, value in zip(ts, values, strict=True))
    return {
        "above_chord": max(0.0, *rises),
        "over_worse_end": highest - max(first, last),
        "over_mean": highest - (first + last) / 2,
    }


def _check_lengths(*columns: Sequence[float]) -> None:
    lengths = {len(column) for column in columns}
    assert len(lengths) == 1, f"columns of different lengths: {sorted(lengths)}"
    assert lengths != {0}, "a path needs at least one evaluated point"
