"""A moving average over noisy series, as TensorBoard and W&B draw it: exponential, debiased.

Computed once over all data, so zooming never changes it. Pure numpy.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WEIGHTS = (0.0, 0.6, 0.9, 0.97, 0.99)
# Older values than this weigh nothing in a sum of doubles.
_NEGLIGIBLE = 1e-17


def smoothed(
    values: Sequence[float] | NDArray[np.float64],
    weight: float,
    *,
    stride: int = 1,
    is_log: bool = False,
) -> NDArray[np.float64]:
    """Return the debiased exponential moving average of the finite values, NaN at the others.

    The k-th finite value becomes m_k / (1 - weight^k), m_k = weight m_{k-1} + (1 - weight) y_k,
    m_0 = 0, so that the first equals itself. Where a value stands for several that were measured,
    the past fades by all of them: thinning a series leaves its average where it was, but for the
    noise of the values that went.

    Args:
        values: in the order of x.
        weight: of the past beside one measured value, in [0, 1).
        stride: how many measured values each one stands for.
        is_log: average the logarithms; what is not above zero is then left out too.
    """
    weight = weight**stride
    array = np.asarray(values, dtype=np.float64)
    usable = np.isfinite(array)
    if is_log:
        usable &= array > 0
    kept = array[usable]
    if is_log:
        kept = np.log(kept)
    average = _scanned(kept, weight)
    # Powers beyond the first few hundred are too small to matter, and slow to raise.
    num_biased = min(kept.size, 1 + int(math.log(_NEGLIGIBLE, weight))) if weight else 0
    average[:num_biased] /= 1 - weight ** np.arange(1, num_biased + 1)
    found = np.full(array.shape, np.nan)
    found[usable] = np.exp(average) if is_log else average
    return found


def _scanned(values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """Return m_k = weight m_{k-1} + (1 - weight) y_k by doubling the summed stretch each pass."""
    sums = (1 - weight) * values
    stretch, factor = 1, weight
    while stretch < values.size and factor > _NEGLIGIBLE:
        sums[stretch:] += factor * sums[:-stretch]
        stretch, factor = 2 * stretch, factor * factor
    return sums
