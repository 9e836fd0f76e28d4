"""What a run shows besides numbers over time: reconstructions, codes, classes, functions.

Frozen values for `RunPicture`, small enough to be kept while a run is open. Arrays never change.
Shape letters: T = positions, K = images, H, W, C = pixels and channels of an image (uint8),
N = examples, L = classes, S = positions of encoders and decoders, P = pairs of images, G = places
where a density or a function is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

# What positions count: places along a path, or epochs of a training.
ALONG, OVER = "t", "epoch"


@final
@dataclass(frozen=True, slots=True, eq=False)
class Reconstructions:
    """Fixed test images and what the networks at some positions make of them.

    Attributes:
        name: of the path, or of the network that trains.
        axis: what the positions are, `ALONG` or `OVER`.
        is_line: the path is a straight line.
        positions: increasing.
        inputs_KHWC: the images.
        outputs_TKHWC: their reconstructions.
        mse_TK: mean squared error of each, of pixels in [0, 1].
        labels_K: class of each image.
    """

    name: str
    axis: str
    is_line: bool
    positions: tuple[float, ...]
    inputs_KHWC: NDArray[np.uint8]
    outputs_TKHWC: NDArray[np.uint8]
    mse_TK: NDArray[np.float64]
    labels_K: NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Codes of test images by both ends of a pair, in one plane of principal components.

    Attributes:
        ends: a name and the codes (N, 2) of each: the first end, the last, the last turned.
        labels_N: class of each image.
        explained: the shares of variance of both components.
    """

    ends: tuple[tuple[str, NDArray[np.float64]], ...]
    labels_N: NDArray[np.int64]
    explained: tuple[float, float]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """Mean squared error of the encoder at one t with the decoder at another.

    Attributes:
        ts: increasing.
        mse_SS: a row for every encoder, a column for every decoder.
    """

    ts: tuple[float, ...]
    mse_SS: NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """Pictures on straight lines between the codes of two images, by both ends of a pair.

    Attributes:
        parts: how far from the first image to the second, increasing.
        by_end: a name and pictures (P, S, H, W, C) for each end.
    """

    parts: tuple[float, ...]
    by_end: tuple[tuple[str, NDArray[np.uint8]], ...]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Classified:
    """What the networks along a path took the test examples for.

    Attributes:
        name: of the path.
        is_line: the path is a straight line.
        ts: increasing.
        counts_TLL: how often each true class (row) was taken for each class (column).
        density_TLG: density of the probability given to the true class, at equal steps from 0
            to 1; a class without examples has no numbers.
        mean_TL: mean of that probability.
    """

    name: str
    is_line: bool
    ts: tuple[float, ...]
    counts_TLL: NDArray[np.int32]
    density_TLG: NDArray[np.float32]
    mean_TL: NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The functions of one variable along a path, and the data they were fitted to.

    Attributes:
        name: of the path; with the snapshot where it is not the last state.
        is_line: the path is a straight line.
        ts: increasing.
        xs: increasing.
        values_TG: a function for each t.
        train: x and y of the training data.
        test: likewise.
    """

    name: str
    is_line: bool
    ts: tuple[float, ...]
    xs: tuple[float, ...]
    values_TG: NDArray[np.float64]
    train: tuple[tuple[float, ...], tuple[float, ...]]
    test: tuple[tuple[float, ...], tuple[float, ...]]


@final
@dataclass(frozen=True, slots=True, eq=False)
class PairLooks:
    """All that lies between one pair of ends, besides numbers along t; paths before lines.

    Attributes:
        label: as in the pair's picture.
        classes: the name of every class, empty where there are none.
        will_reconstruct: there are, or will be, reconstructions.
    """

    label: str
    classes: tuple[str, ...] = ()
    reconstructions: tuple[Reconstructions, ...] = ()
    codes: Codes | None = None
    crossed: Crossed | None = None
    between: Between | None = None
    classified: tuple[Classified, ...] = ()
    fitted: tuple[Fitted, ...] = ()
    will_reconstruct: bool = False
