"""Data that come with an installed package: nothing to download.

The builder is named by the catalogue and called by `decoded`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mcworkbench.data.raw import RawData
from mcworkbench.data.splits import stratified

if TYPE_CHECKING:
    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Report

_NUM_TEST = 360
_LARGEST_LEVEL = 16
_SIZE = 8
# Of the training images as [0, 1] pixels; a test recounts them.
_DIGITS_MEAN = 0.3052
_DIGITS_STD = 0.3758


def digits(path: str, options: DataOptions, report: Report) -> RawData:
    """Return scikit-learn's 1,797 handwritten digits: 8 × 8 grey, 1,437 train and 360 test.

    The levels 0 … 16 become 0 … 255; the test examples are a fixed stratified draw.
    """
    del path, options
    from sklearn.datasets import load_digits

    flat_NF, labels = load_digits(return_X_y=True)
    levels_NHW = np.asarray(flat_NF).reshape(-1, _SIZE, _SIZE)
    images = np.rint(levels_NHW * (255 / _LARGEST_LEVEL)).astype(np.uint8)[..., None]
    targets = np.asarray(labels).astype(np.int64)
    test = stratified(targets, _NUM_TEST, 0, "digits")
    train = np.setdiff1d(np.arange(len(targets)), test)
    report("decode", len(targets), len(targets))
    return RawData(
        images[train],
        targets[train],
        images[test],
        targets[test],
        classes=tuple(str(digit) for digit in range(10)),
        mean=(_DIGITS_MEAN,),
        std=(_DIGITS_STD,),
    )
