"""How much of a progress bar is full, the same in every list, screen and command."""

from __future__ import annotations

import math

# 0.3 of ten columns must be three, although 0.3 * 10 is a little less in floating point.
_ROUNDING = 1e-9


def filled_columns(fraction: float, columns: int) -> int:
    """Return how many of `columns` are full: all of them only where all is done."""
    kept = min(1.0, max(0.0, fraction)) if math.isfinite(fraction) else 0.0
    return math.floor(kept * columns + _ROUNDING)
