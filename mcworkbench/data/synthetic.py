"""Data made on the spot, the same on every machine: for first tries, tests and demonstrations.

The builders are named by the catalogue and called by `decoded`. All numbers come from
`draws.uniform`; changing any of them means a new checksum in the catalogue.
Shape letters: N = examples, H = W = 8 pixels, C = channels, K = classes, M = variants of a class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mcworkbench.data.columns import values_of
from mcworkbench.data.draws import raw_draws, uniform
from mcworkbench.data.raw import RawData

if TYPE_CHECKING:
    import numpy.typing as npt

    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Report

_NUM_CLASSES = 10
_NUM_VARIANTS = 3
_NUM_TRAIN = 2000
_NUM_TEST = 500
_SIZE = 8
_CHANNELS = 3
# The pattern's share of the picture; the rest is noise, so that test accuracy stays below 1.
_PATTERN_SHARE = 0.55
_SEED = 0
# Where the regression data lie: from, to, how many.
_CLUSTERS = ((-7.2, -4.8, 140), (-1.2, 1.4, 130), (4.9, 7.18, 130))


def images(path: str, options: DataOptions, report: Report) -> RawData:
    """Return coloured 8 × 8 patterns of 10 classes: 2,000 train and 500 test images.

    A class is one of three coarse patterns, moved by up to two pixels, under uniform noise: a
    small network gets about nine in ten right.
    """
    del path, options
    num = _NUM_TRAIN + _NUM_TEST
    coarse = uniform(
        _NUM_CLASSES * _NUM_VARIANTS * _CHANNELS * (_SIZE // 2) ** 2, _SEED, "patterns"
    ).reshape(_NUM_CLASSES, _NUM_VARIANTS, _SIZE // 2, _SIZE // 2, _CHANNELS)
    patterns_KMHWC = coarse.repeat(2, axis=2).repeat(2, axis=3)
    # Classes take turns: equal numbers of each in any stretch, so 'last:N' splits are fair.
    targets = np.arange(num, dtype=np.int64) % _NUM_CLASSES
    variant = _integers(num, _NUM_VARIANTS, "variants")
    clean = patterns_KMHWC[targets, variant]
    rows = (np.arange(_SIZE) + _integers(num, 3, "rows")[:, None]) % _SIZE
    columns = (np.arange(_SIZE) + _integers(num, 3, "columns")[:, None]) % _SIZE
    moved = clean[np.arange(num)[:, None, None], rows[:, :, None], columns[:, None, :]]
    noise = uniform(moved.size, _SEED, "noise").reshape(moved.shape)
    pixels = np.rint(255 * (_PATTERN_SHARE * moved + (1 - _PATTERN_SHARE) * noise))
    made = pixels.astype(np.uint8)
    report("decode", num, num)
    return RawData(
        made[:_NUM_TRAIN],
        targets[:_NUM_TRAIN],
        made[_NUM_TRAIN:],
        targets[_NUM_TRAIN:],
        classes=tuple(f"pattern {number}" for number in range(_NUM_CLASSES)),
        mean=(0.5, 0.5, 0.5),
        std=(0.2, 0.2, 0.2),
    )


def regression(path: str, options: DataOptions, report: Report) -> RawData:
    """Return y = sin(3x) + noise for x uniform in [-1, 1]: 400 train and 100 test pairs.

    The noise is a sum of three uniform numbers, mean 0 and standard deviation 0.1; inputs and
    targets are float32 of shape (N, 1).
    """
    del path, options
    num_train, num = 400, 500
    x = 2 * uniform(num, _SEED, "x") - 1
    noise = 2 * uniform(3 * num, _SEED, "y").reshape(3, num) - 1
    y = np.sin(3 * x) + 0.1 * noise.sum(axis=0)
    inputs, targets = x.astype(np.float32)[:, None], y.astype(np.float32)[:, None]
    report("decode", num, num)
    return RawData(
        inputs[:num_train],
        targets[:num_train],
        inputs[num_train:],
        targets[num_train:],
        classes=(),
        mean=(0.0,),
        std=(1.0,),
    )


def clusters(path: str, options: DataOptions, report: Report) -> RawData:
    """Return 400 pairs (x, y) in three clusters of x, 320 train and 80 test.

    Of the size, range and shape of the regression data of the TensorFlow port of the reference
    (x from -7.2 to 7.18, y from about -0.6 to 0.9), and not those data: y = 0.15 + 0.7 sin(0.4 x)
    + noise of standard deviation 0.04. Between the clusters nothing tells a network what to do,
    which is where the functions along a curve differ.
    """
    del path, options
    num = sum(size for *_, size in _CLUSTERS)
    place = uniform(num, _SEED, "cluster-x")
    spans = [(low, high) for low, high, size in _CLUSTERS for _ in range(size)]
    low, high = np.array(spans).T
    x = low + (high - low) * place
    # The ends of the range are in the data, so that it does not depend on the draw.
    x[0], x[-1] = _CLUSTERS[0][0], _CLUSTERS[-1][1]
    noise = 2 * uniform(3 * num, _SEED, "cluster-y").reshape(3, num) - 1
    y = 0.15 + 0.7 * np.sin(0.4 * x) + 0.04 * noise.sum(axis=0)
    report("decode", num, num)
    return values_of(np.stack([x, y], 1))


def _integers(num: int, below: int, stream: str) -> npt.NDArray[np.int64]:
    return (raw_draws(num, _SEED, stream) % np.uint64(below)).astype(np.int64)
