"""What the user chose for one plot, kept by its name, and the words that tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mcworkbench.screens.chart.smoothing import WEIGHTS
from mcworkbench.screens.chart.window import ALL, Window

if TYPE_CHECKING:
    from mcworkbench.reports.chart_lines import Range

# Steps are noisy: their average is bold from the start, the raw line stays dim behind it.
_DEFAULT = WEIGHTS.index(0.9)


@final
@dataclass(frozen=True, slots=True)
class ChartSettings:
    """Choices for a plot.

    Attributes:
        is_log: logarithmic y; None while the data decide.
        smoothing: place in `WEIGHTS`.
        window: what is shown of x.
    """

    is_log: bool | None = None
    smoothing: int = _DEFAULT
    window: Window = ALL

    @property
    def weight(self) -> float:
        """Return the weight of the past in the moving average, 0 without one."""
        return WEIGHTS[self.smoothing]


def state_words(
    settings: ChartSettings,
    extent: Range | None,
    *,
    unit: str,
    is_log: bool,
    has_crosshair: bool,
    is_smooth: bool,
) -> str:
    """Return what the border says of a chart's state, e.g. "log y · crosshair · EMA .9"."""
    words = [unit] if unit and unit != "%" else []
    if is_log:
        words.append("log y")
    if has_crosshair:
        words.append("crosshair")
    if extent is not None and (word := settings.window.word(extent)):
        words.append(word)
    if is_smooth:
        words.append(f"EMA {settings.weight:g}".replace("0.", "."))
    return " · ".join(words)
