"""Where an axis puts its ticks and how it writes them: 1-2-5 steps, linear or logarithmic.

Shared by the terminal charts and the figures. Pure arithmetic.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

_STEPS = (1, 2, 5, 10, 20, 50)
_TOLERANCE = 1e-9
_MAX_PLAIN_EXPONENT = 4
_RATIO_FOR_LOG = 30.0
_MOST_DIGITS = 15


def use_log(columns: Iterable[Iterable[float]]) -> bool:
    """Return whether values spread so widely that a linear axis would hide the small ones."""
    lowest, highest = math.inf, -math.inf
    for column in columns:
        values = column if isinstance(column, np.ndarray | list | tuple) else list(column)
        array = np.asarray(values, dtype=np.float64)
        finite = array[np.isfinite(array)]
        if finite.size:
            lowest, highest = min(lowest, float(finite.min())), max(highest, float(finite.max()))
    return 0 < lowest < highest and highest / lowest > _RATIO_FOR_LOG


def linear_ticks(low: float, high: float, max_count: int) -> list[float]:
    """Return the multiples within [low, high] of the smallest 1-2-5 step with few enough.

    Args:
        low: start of the axis.
        high: its end, above `low`.
        max_count: how many ticks there may be, at least two.
    """
    power = 10.0 ** math.floor(math.log10((high - low) / max_count))
    for step in (digit * power for digit in _STEPS):
        first, last = math.ceil(low / step - _TOLERANCE), math.floor(high / step + _TOLERANCE)
        if last - first < max_count:
            return [_rounded(index * step, step) for index in range(first, last + 1)]
    raise AssertionError("no 1-2-5 step fits an axis")


def log_ticks(low: float, high: float, max_count: int) -> list[float]:
    """Return ticks for a logarithmic axis from `low` to `high`, both positive.

    1, 2, 5 of each decade, sparser where that is too many, linear steps within less than one.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [
            float(f"{digit}e{exponent}")
            for exponent in range(first, last + 1)
            for digit in digits
            if low * (1 - _TOLERANCE) <= float(f"{digit}e{exponent}") <= high * (1 + _TOLERANCE)
        ]
        if len(ticks) <= max_count:
            break
    if len(ticks) <= 1:
        return linear_ticks(low, high, max(max_count, 2))
    return ticks[:: math.ceil(len(ticks) / max_count)]


def tick_text(value: float, step: float | None = None) -> str:
    """Return a tick as short text; with a step, with the decimals that the step needs."""
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)) + _TOLERANCE)
    if not -_MAX_PLAIN_EXPONENT <= exponent <= _MAX_PLAIN_EXPONENT:
        digits = 3 if step is None else max(3, exponent - _exponent(step))
        mantissa, _, power = f"{value:.{min(digits, _MOST_DIGITS)}e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    if step is None:
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return f"{value:.{decimals(step)}f}"


def decimals(step: float) -> int:
    """Return how many decimals distinguish multiples of a step."""
    return max(0, -_exponent(step))


def _exponent(step: float) -> int:
    return math.floor(math.log10(step) + _TOLERANCE)


def _rounded(value: float, step: float) -> float:
    return round(value, decimals(step) + 2)
