"""How sure the networks along a path are of the true class: one line of density per class.

Each line goes from probability 0 to 1; its height is the root of the density beside the highest
of that line, so that a few surely wrong examples still show.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, final

import numpy as np
from rich.text import Text
from typing_extensions import override

from mcworkbench.reports.chart_canvas import one_cell_each
from mcworkbench.screens.run.looks.at_t import KEYS, AbstractAtT
from mcworkbench.screens.run.looks.confusion_list import short_names
from mcworkbench.screens.widgets.cells import fitted
from mcworkbench.screens.widgets.lines import AbstractLines, Line

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.style import Style
    from textual.binding import BindingType

    from mcworkbench.screens.pictures.looks import Classified

_NOTHING = "no predictions are stored: evaluate.store_predictions keeps them"
_BARS = " ▁▂▃▄▅▆▇█"
_MAX_NAME, _MEAN, _MIN_LINE = 12, 6, 8
_MOST_PATHS = 2


@final
class DensityList(AbstractLines, AbstractAtT):  # pyright: ignore[reportIncompatibleMethodOverride]
    """Probability of the true class, its density by class, for at most two paths."""

    HELP = (
        "For every true class, how the probability that the network at t gives to it is spread, "
        "from 0 (left) to 1 (right), with the mean behind it. Heights are roots of the density "
        "beside the highest of each line. A good network has everything at the right end. "
        "Left and right move t, here and in every other pane."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    COMPONENT_CLASSES: ClassVar[set[str]] = {"density--curve", "density--line"}

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, name="Certainty", classes="pane")
        self.border_title = "Density of the probability of the true class"
        self.paths: tuple[Classified, ...] = ()
        self.class_names: tuple[str, ...] = ()
        self.empty = _NOTHING

    def show(
        self, paths: tuple[Classified, ...], classes: tuple[str, ...], empty: str = _NOTHING
    ) -> None:
        """Show the first two paths."""
        paths = paths[:_MOST_PATHS]
        if (paths, classes, empty) != (self.paths, self.class_names, self.empty):
            self.paths, self.class_names, self.empty = paths, classes, empty
            self.show_place()

    @property
    @override
    def places(self) -> tuple[tuple[float, ...], ...]:
        return tuple(path.ts for path in self.paths)

    @override
    def show_place(self) -> None:
        ts = self.places[0] if self.places else ()
        self.border_subtitle = f"t {ts[self.place_on(ts)]:.3f}" if ts else ""
        self.renew()

    @property
    @override
    def num_items(self) -> int:
        return self.paths[0].mean_TL.shape[1] if self.paths else 0

    def _colour(self, path: Classified) -> Style:
        name = "density--line" if path.is_line else "density--curve"
        return self.get_component_rich_style(name, partial=True)

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        if not self.paths:
            return [], [Line(Text(self.empty, self.look("quiet"), end=""))]
        names = short_names(self.class_names, self.num_items)
        label = min(max(map(len, names)), _MAX_NAME)
        paths = self.paths
        room = (width - label) // len(paths) - _MEAN - 1
        if room < _MIN_LINE:
            paths, room = paths[:1], max(1, width - label - _MEAN - 1)
        head = Text(" " * label, self.look("head"), no_wrap=True, end="")
        for path in paths:
            name = one_cell_each(path.name, limit=max(1, room - 4))
            head.append(f" 0{name:^{room - 2}}1{'mean':>{_MEAN}}")
        lines = [Line(self._line(row, names, paths, label, room), row) for row in range(len(names))]
        return [head], lines

    def _line(
        self, row: int, names: list[str], paths: tuple[Classified, ...], label: int, room: int
    ) -> Text:
        text = Text(fitted(names[row], label), self.look("strong"), no_wrap=True, end="")
        for path in paths:
            place = self.place_on(path.ts)
            bars = bars_of(path.density_TLG[place, row], room)
            mean = float(path.mean_TL[place, row])
            text.append(" ")
            text.append(bars, self._colour(path))
            shown = f"{mean:.3f}" if math.isfinite(mean) else "–"
            text.append(f"{shown:>{_MEAN}}", self.look("quiet"))
        return text


def bars_of(density_G: NDArray[np.floating], width: int) -> str:
    """Return a density as `width` bars; the highest is full, and nothing is blank."""
    if width < 1 or not np.isfinite(density_G).all():
        return " " * max(width, 0)
    # The highest value near every bar, so that no narrow peak falls between two.
    edges = np.linspace(0, len(density_G), width + 1)
    starts = np.minimum(edges[:-1].astype(int), len(density_G) - 1)
    stops = np.maximum(starts + 1, np.ceil(edges[1:]).astype(int))
    highs = [float(density_G[start:stop].max()) for start, stop in zip(starts, stops, strict=True)]
    peak = max(highs)
    if peak <= 0:
        return " " * width
    heights = [math.sqrt(max(high, 0.0) / peak) for high in highs]
    return "".join(_BARS[round(height * (len(_BARS) - 1))] for height in heights)
