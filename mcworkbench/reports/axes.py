"""How every figure looks: palette, style, axis furniture. Called by `reports.figures` only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from mcworkbench.reports.ticks import log_ticks, tick_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#1f2430"
GREY = "#7a7f87"
# Okabe and Ito's palette without its yellow, which is too pale for lines on white.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_NUM_LOG_TICKS = 7
_PANEL = (4.1, 3.1)

STYLE: dict[Any, Any] = {
    "text.parse_math": False,
    "text.usetex": False,
    "svg.hashsalt": "mcworkbench",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.edgecolor": "#9aa0a8",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e8eb",
    "grid.linewidth": 0.7,
    "xtick.color": "#5b6068",
    "ytick.color": "#5b6068",
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@final
@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure with its file name, title and caption."""

    name: str
    title: str
    caption: str
    figure: Figure


def finish(axes: Axes, x_label: str, y_label: str, *, is_log: bool) -> None:
    """Label the axes; logarithmic ticks are plain numbers, since mathtext is off."""
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    if is_log:
        low, high = axes.get_ylim()
        axes.yaxis.set_major_locator(FixedLocator(log_ticks(low, high, _NUM_LOG_TICKS)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(_plain_tick))


def panels_of(count: int, *, share_y: bool) -> tuple[Figure, list[Axes]]:
    """Return a figure of `count` panels side by side, drawn without a window."""
    layout = ConstrainedLayoutEngine(w_pad=0.06, wspace=0.03)
    figure = Figure(figsize=(_PANEL[0] * count, _PANEL[1]), layout=layout)
    FigureCanvasAgg(figure)
    grid = figure.subplots(1, count, squeeze=False, sharey=share_y)
    panels: list[Axes] = list(grid[0])
    return figure, panels


def _plain_tick(value: float, _position: int | None = None) -> str:
    return tick_text(value)
