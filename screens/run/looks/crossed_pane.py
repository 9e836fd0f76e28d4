"""Encoders and decoders of different places on the path, crossed: a heat map of errors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, final

import numpy as np
from typing_extensions import override

from mcworkbench.reports.halfblocks import RAMP
from mcworkbench.reports.quantities import number
from mcworkbench.reports.shades import COOL
from mcworkbench.screens.run.looks.at_t import KEYS, AbstractAtT
from mcworkbench.screens.widgets.pixels import HEAD, MARK, STRONG, AbstractPixels, say

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from textual.binding import BindingType

    from mcworkbench.reports.pixel_canvas import PixelCanvas
    from mcworkbench.screens.pictures.looks import Crossed

_NOTHING = "no crossed encoders and decoders yet"
_LABEL, _MIN_CELL, _NUMBER_CELL, _MOST_CELL = 5, 2, 6, 7
_NUM_TEXTS = 2


@final
class CrossedPane(AbstractPixels, AbstractAtT):
    """Mean squared error of the encoder at one t (row) with the decoder at another (column)."""

    HELP = (
        "What the decoder at one t (column) makes of the codes of the encoder at another (row). "
        "The diagonal is the path itself; where the corners are bright, both ends store the same "
        "images in other codes. Shades are logarithmic. The marked row and column are those of t, "
        "which left and right move here and in every other pane."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, name="Crossed")
        self.crossed: Crossed | None = None
        self.empty = _NOTHING

    def show(self, crossed: Crossed | None, empty: str = _NOTHING) -> None:
        """Show errors."""
        if (crossed, empty) != (self.crossed, self.empty):
            self.crossed, self.empty = crossed, empty
            self.renew()

    @property
    @override
    def places(self) -> tuple[tuple[float, ...], ...]:
        return (self.crossed.ts,) if self.crossed is not None else ()

    @override
    def show_place(self) -> None:
        self.renew(at_once=True)

    @override
    def draw(self, canvas: PixelCanvas) -> None:
        crossed = self.crossed
        if crossed is None:
            say(canvas, self.empty)
            return
        size = len(crossed.ts)
        cell = min(_MOST_CELL, (canvas.width - _LABEL) // size)
        if cell < _MIN_CELL or canvas.height < size + _NUM_TEXTS:
            say(
                canvas, f"needs {_LABEL + _MIN_CELL * size} × {size + _NUM_TEXTS}: z shows it alone"
            )
            return
        here = self.place_on(crossed.ts)
        parts_SS = logarithmic_parts(crossed.mse_SS)
        step = max(1, math.ceil((_LABEL - 1) / cell))
        for place, t in enumerate(crossed.ts):
            paint = MARK if place == here else HEAD
            text = f"{t:.2f}".lstrip("0") if 0 < t < 1 else f"{t:.0f}"
            if place % step == 0 or place == here:
                canvas.write(0, _LABEL + place * cell, text[:_LABEL], paint)
            canvas.write(1 + place, 0, f"{text:>{_LABEL - 1}}", paint)
        for row in range(size):
            for column in range(size):
                self._draw_cell(canvas, row, column, cell, float(parts_SS[row, column]), here)
        canvas.write(size + 1, 0, self._reading(crossed, here), STRONG)

    def _draw_cell(
        self, canvas: PixelCanvas, row: int, column: int, cell: int, part: float, here: int
    ) -> None:
        assert self.crossed is not None
        mse = float(self.crossed.mse_SS[row, column])
        ink, ground = COOL.at(part)
        text = f"{number(mse).removeprefix('0'):>{cell}}" if cell >= _NUMBER_CELL else " " * cell
        if self.is_plain:
            shade = RAMP[min(int(part * len(RAMP)), len(RAMP) - 1)] if math.isfinite(part) else "?"
            canvas.write(1 + row, _LABEL + column * cell, text if text.strip() else shade * cell)
            return
        if row == column == here and not text.strip():
            text = f"{'•':^{cell}}"
        canvas.fill(1 + row, _LABEL + column * cell, text[:cell], ink=ink, ground=ground)

    @staticmethod
    def _reading(crossed: Crossed, here: int) -> str:
        corners = (crossed.mse_SS[0, -1] + crossed.mse_SS[-1, 0]) / 2
        return (
            f"t {crossed.ts[here]:.2f}: {number(float(crossed.mse_SS[here, here]))}"
            f" · ends crossed: {number(float(corners))}"
        )

    @override
    def words(self) -> tuple[str, str]:
        state = "rows encoders, columns decoders" if self.crossed is not None else ""
        return "Crossed, mse", state


def logarithmic_parts(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where positive values lie between the lowest and the highest, by their logarithms."""
    usable = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    if not np.isfinite(usable).any():
        return np.zeros(values.shape)
    logs = np.log(usable)
    low, high = float(np.nanmin(logs)), float(np.nanmax(logs))
    return (logs - low) / (high - low) if high > low else np.zeros(values.shape)
