"""The codes of test images as a plane of signs, one end of the path at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import numpy as np
from textual.binding import Binding, BindingType
from typing_extensions import override

from mcworkbench.reports.chart_canvas import one_cell_each
from mcworkbench.reports.scatter import EMPTY, extent_of, scattered, sign_of
from mcworkbench.screens.widgets.pixels import QUIET, AbstractPixels, class_paint, say

if TYPE_CHECKING:
    from mcworkbench.reports.pixel_canvas import PixelCanvas
    from mcworkbench.screens.pictures.looks import Codes

_NOTHING = "no codes yet"
_MIN_ROWS_FOR_NAMES = 8
_MAX_NAME = 12


@final
class CodesPane(AbstractPixels):
    """Where an encoder puts the test images, in the plane of most variance of both ends."""

    HELP = (
        "Codes of test images, seen along the two directions in which the codes of both ends vary "
        "most; every sign is the class of the images there. All ends share one plane and one "
        "scale. Aligned: the last end's codes turned so that they lie as near as they can to the "
        "first one's."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "end", "End", id="codes.end", tooltip="Show the codes of the next end"),
    ]

    def __init__(self, *, id: str, name: str = "Codes", end: int = 0) -> None:  # noqa: A002
        super().__init__(id=id, name=name)
        self.codes: Codes | None = None
        self.class_names: tuple[str, ...] = ()
        self.end = end
        self.empty = _NOTHING

    def show(self, codes: Codes | None, classes: tuple[str, ...], empty: str = _NOTHING) -> None:
        """Show codes; the chosen end stays."""
        if (codes, classes, empty) == (self.codes, self.class_names, self.empty):
            return
        self.codes, self.class_names, self.empty = codes, classes, empty
        self.renew()

    @property
    def _place(self) -> int:
        return self.end % len(self.codes.ends) if self.codes is not None else 0

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "end":
            return True if self.codes is not None else None
        return super().check_action(action, parameters)

    def action_end(self) -> None:
        """Show the codes of the next end."""
        if self.codes is not None:
            self.end = (self._place + 1) % len(self.codes.ends)
            self.renew(at_once=True)

    @override
    def draw(self, canvas: PixelCanvas) -> None:
        codes = self.codes
        extent = extent_of(*(points for _, points in codes.ends)) if codes is not None else None
        if codes is None or extent is None:
            say(canvas, self.empty)
            return
        has_names = bool(self.class_names) and canvas.height >= _MIN_ROWS_FOR_NAMES
        _, points = codes.ends[self._place]
        num_rows = canvas.height - has_names
        cells_RC = scattered(points, codes.labels_N, num_rows, canvas.width, extent)
        for label in np.unique(cells_RC[cells_RC != EMPTY]).tolist():
            is_here = cells_RC == label
            canvas.text.chars[:num_rows][is_here] = ord(sign_of(label))
            canvas.text.paints[:num_rows][is_here] = class_paint(label)
        if has_names:
            self._draw_names(canvas, codes)

    def _draw_names(self, canvas: PixelCanvas, codes: Codes) -> None:
        """Name every class that is there, as far as there is room."""
        column, row = 0, canvas.height - 1
        for label in np.unique(codes.labels_N).tolist():
            name = self.class_names[label] if label < len(self.class_names) else ""
            name = one_cell_each(name, limit=_MAX_NAME)
            text = sign_of(label) if name == sign_of(label) else f"{sign_of(label)} {name}"
            if column + len(text) > canvas.width:
                canvas.write(row, min(column, canvas.width - 1), "…", QUIET)
                return
            canvas.write(row, column, text, class_paint(label))
            column += len(text) + 2

    @override
    def words(self) -> tuple[str, str]:
        codes = self.codes
        if codes is None:
            return "Codes", ""
        name, _ = codes.ends[self._place]
        across, up = (f"{100 * share:.0f} %" for share in codes.explained)
        return f"Codes · {name}", f"→ {across} ↑ {up} of variance · l end"
