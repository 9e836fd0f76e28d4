"""A sheet of characters whose cells may have colours of their own: what pictures are drawn on.

Pure numpy. A cell has a character, a paint (a style of the theme) and two colours, -1 where the
paint's own holds. Text from outside goes through `one_cell_each` first.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, final

import numpy as np

from mcworkbench.reports.chart_canvas import Canvas
from mcworkbench.reports.halfblocks import halves, inked

if TYPE_CHECKING:
    from numpy.typing import NDArray

OWN = -1
_UPPER, _BLANK = ord("▀"), ord(" ")


class Piece(NamedTuple):
    """Neighbouring cells of one row that look alike but for their characters."""

    text: str
    paint: int
    ink: int
    ground: int


@final
class PixelCanvas:
    """Characters, paints, inks and grounds, each (rows, columns), blank at first."""

    def __init__(self, width: int, height: int) -> None:
        self.text = Canvas(width, height)
        self.inks = np.full(self.text.chars.shape, OWN, dtype=np.int32)
        self.grounds = np.full(self.text.chars.shape, OWN, dtype=np.int32)

    @property
    def width(self) -> int:
        """Return how many columns there are."""
        return self.text.width

    @property
    def height(self) -> int:
        """Return how many rows there are."""
        return self.text.height

    def write(self, row: int, column: int, text: str, paint: int = 0) -> None:
        """Put text into a row; what does not fit is left out."""
        self.text.write(row, column, text, paint)

    def fill(self, row: int, column: int, text: str, *, ink: int, ground: int) -> None:
        """Put text on a ground of its own colour."""
        start, stop = max(column, 0), min(column + len(text), self.width)
        if 0 <= row < self.height and start < stop:
            self.text.write(row, column, text)
            self.inks[row, start:stop] = ink
            self.grounds[row, start:stop] = ground

    def picture(
        self, row: int, column: int, image_HWC: NDArray[np.uint8], *, is_plain: bool = False
    ) -> None:
        """Put a picture down, its top left corner there; what does not fit is left out.

        Args:
            row: of the first cell.
            column: of the first cell.
            image_HWC: pixels, two for every row of cells.
            is_plain: as ink of ten densities, for terminals without colours.
        """
        if is_plain:
            for place, text in enumerate(inked(image_HWC)):
                self.write(row + place, column, text)
            return
        top_RW, bottom_RW = halves(image_HWC)
        num_rows, num_columns = min(len(top_RW), self.height - row), self.width - column
        if num_rows < 1 or num_columns < 1:
            return
        top_RW, bottom_RW = top_RW[:num_rows, :num_columns], bottom_RW[:num_rows, :num_columns]
        area = (slice(row, row + num_rows), slice(column, column + top_RW.shape[1]))
        # One colour needs no ink: cells of it join into one piece.
        is_even = top_RW == bottom_RW
        self.text.chars[area] = np.where(is_even, _BLANK, _UPPER)
        self.inks[area] = np.where(is_even, OWN, top_RW)
        self.grounds[area] = bottom_RW

    def paste(self, other: PixelCanvas, row: int = 0, column: int = 0) -> None:
        """Put another canvas down, its top left corner there; what does not fit is left out."""
        height, width = min(other.height, self.height - row), min(other.width, self.width - column)
        if height < 1 or width < 1:
            return
        area = (slice(row, row + height), slice(column, column + width))
        part = (slice(0, height), slice(0, width))
        self.text.chars[area] = other.text.chars[part]
        self.text.paints[area] = other.text.paints[part]
        self.inks[area] = other.inks[part]
        self.grounds[area] = other.grounds[part]

    def key(self, row: int) -> bytes:
        """Return what tells one look of a row from another."""
        arrays = (self.text.chars, self.text.paints, self.inks, self.grounds)
        return b"".join(array[row].tobytes() for array in arrays)

    def pieces(self, row: int) -> list[Piece]:
        """Return a row from left to right, together as long as it is wide."""
        paints, inks, grounds = self.text.paints[row], self.inks[row], self.grounds[row]
        is_edge = (
            (paints[1:] != paints[:-1]) | (inks[1:] != inks[:-1]) | (grounds[1:] != grounds[:-1])
        )
        edges = [0, *(np.flatnonzero(is_edge) + 1).tolist(), self.width]
        text = self.text.row(row)
        return [
            Piece(text[start:stop], int(paints[start]), int(inks[start]), int(grounds[start]))
            for start, stop in pairwise(edges)
            if stop > start
        ]
