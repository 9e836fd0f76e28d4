"""What a chart shows, before anyone draws it: series, bands, marks. Plain values, no drawing.

Filled from events by `screens.pictures`, drawn by `reports.braille` in rows of characters, for
the command line and the terminal's chart alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import final


class Role(StrEnum):
    """What a series is; the theme gives every role one colour, the same on every chart."""

    train = "train"
    test = "test"
    validation = "validation"
    straight = "straight"
    ghost = "ghost"
    lr = "lr"
    other = "other"


@final
@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One line of a chart; points in increasing x, a y that is not finite leaves a gap.

    Sequences never change once they are given: charts keep what they made of them.

    Attributes:
        label: its legend; text from outside is cleaned when it is drawn.
        xs: x of each point.
        ys: y of each point.
        role: what it is; decides its colour.
        is_faint: drawn dim and below the others: raw data, ghosts.
        is_smoothable: the chart may draw a moving average over it; the raw line stays, faint.
        low: lower edge of a band, one value per point, or None without a band.
        high: its upper edge.
        smooth: a moving average of ys, drawn over them; ys are then faint.
        is_focused: drawn last, over all others, and bold.
        is_partial: points are still to come, so that a gap is no missing number.
        is_scattered: its points stand alone, with a gap between any two.
        stride: each point stands for that many measured ones, of which it is the last; a moving
            average counts them all.
    """

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    role: Role = Role.other
    is_faint: bool = False
    is_smoothable: bool = False
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    smooth: Sequence[float] | None = None
    is_focused: bool = False
    is_partial: bool = False
    is_scattered: bool = False
    stride: int = 1


@final
@dataclass(frozen=True, slots=True)
class Mark:
    """An event on the x axis, e.g. a resume: a sign over the axis, its text in the readout."""

    x: float
    text: str


@final
@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """Many lines of one meaning, drawn faint below all series, with one entry in the legend.

    Attributes:
        label: of all of them.
        xs: shared by all, increasing.
        ys_of: the ys of every line, as many as xs.
    """

    label: str
    xs: Sequence[float]
    ys_of: Sequence[Sequence[float]]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """All a chart shows.

    Attributes:
        name: what it is, stable over time: "loss-along-t", "train-loss"; settings are kept by it.
        title: for the border, e.g. "loss along the curve, epoch 12".
        x_label: e.g. "epoch" or "t".
        column: the column of `reports.quantities` that ys hold, which gives unit and format.
        series: in the order of the legend.
        marks: events on the x axis.
        x_range: fixed lowest and highest x, e.g. (0, 1) for t; None for the data's own.
        is_log: whether y starts logarithmic; None lets the spread of the data decide.
        task: "classification" or "regression", for the names of quantities.
        empty: the sentence shown instead while there are no numbers.
        bundle: many faint lines below the series, or None.
    """

    name: str
    title: str
    x_label: str
    column: str
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    x_range: tuple[float, float] | None = None
    is_log: bool | None = None
    task: str = "classification"
    empty: str = "no numbers yet"
    bundle: Bundle | None = None
