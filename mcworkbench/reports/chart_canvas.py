"""A sheet of characters, each with a paint: what a chart is drawn on. Pure numpy.

Every character fills one cell; text from outside goes through `one_cell_each` first.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import final

import numpy as np

from mcworkbench.text import clean_line

_BLANK = ord(" ")


class Paint(IntEnum):
    """What a cell shows; a series has two paints of its own from `first_series` on."""

    plain = 0
    axis = 1
    grid = 2
    crosshair = 3
    readout = 4
    mark = 5
    bundle = 6
    first_series = 8


def series_paint(series: int, *, is_faint: bool = False) -> int:
    """Return the paint of a series by its place in the legend."""
    return Paint.first_series + 2 * series + is_faint


@final
@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring cells of one paint; `series` is -1 where they belong to none."""

    row: int
    start: int
    stop: int
    paint: int

    @property
    def series(self) -> int:
        """Return the place of the series in the legend, or -1."""
        behind = self.paint - Paint.first_series
        return behind // 2 if behind >= 0 else -1

    @property
    def is_faint(self) -> bool:
        """Return whether the series lies faintly below others here."""
        return self.series >= 0 and bool((self.paint - Paint.first_series) % 2)


@final
class Canvas:
    """Characters and paints, both (rows, columns), blank at first."""

    def __init__(self, width: int, height: int) -> None:
        self.chars = np.full((max(height, 0), max(width, 0)), _BLANK, dtype=np.uint32)
        self.paints = np.zeros(self.chars.shape, dtype=np.int16)

    @property
    def width(self) -> int:
        """Return how many columns there are."""
        return self.chars.shape[1]

    @property
    def height(self) -> int:
        """Return how many rows there are."""
        return self.chars.shape[0]

    def write(self, row: int, column: int, text: str, paint: int = Paint.plain) -> None:
        """Put text into a row; what does not fit is left out."""
        text = text[max(0, -column) : max(0, self.width - column)]
        if not text or not 0 <= row < self.height:
            return
        start = max(column, 0)
        cells = slice(start, start + len(text))
        self.chars[row, cells] = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
        self.paints[row, cells] = paint

    def row(self, row: int) -> str:
        """Return the text of a row."""
        return self.chars[row].tobytes().decode("utf-32-le")

    def spans(self, row: int) -> list[Span]:
        """Return the runs of equal paint of a row, together as long as the row."""
        paints = self.paints[row]
        edges = [0, *(np.flatnonzero(paints[1:] != paints[:-1]) + 1).tolist(), paints.size]
        return [
            Span(row, start, stop, int(paints[start]))
            for start, stop in pairwise(edges)
            if stop > start
        ]


def one_cell_each(text: str, *, limit: int) -> str:
    """Return text from outside as at most `limit` characters of one cell each."""
    composed = unicodedata.normalize("NFC", clean_line(text, limit=4 * max(limit, 1)))
    cells = [
        "?" if unicodedata.east_asian_width(character) in "WF" else character
        for character in composed
        if not unicodedata.combining(character) and unicodedata.category(character) != "Cf"
    ]
    if len(cells) > limit:
        cells = [*cells[: max(limit - 1, 0)], "…"]
    return "".join(cells)[: max(limit, 0)]
