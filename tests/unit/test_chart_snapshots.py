"""Charts as text, with the paint of every cell below: compared exactly.

After a wanted change: `python -m tests.unit.test_chart_snapshots` writes them anew; read the diff.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcworkbench.reports.braille import View, draw
from mcworkbench.reports.chart_canvas import Paint
from mcworkbench.reports.plot import Mark, Plot, Role, Series

if TYPE_CHECKING:
    from mcworkbench.reports.braille import Drawing

FOLDER = Path(__file__).parents[1] / "data" / "charts"
_TS = [place / 60 for place in range(61)]
_EPOCHS = [float(epoch) for epoch in range(1, 121)]


def _along() -> Plot:
    train = [0.02 + 0.05 * math.sin(math.pi * t) ** 2 for t in _TS]
    test = [0.2 + 0.05 * math.sin(math.pi * t) ** 2 for t in _TS]
    edges = [y - 0.1 for y in test], [y + 0.1 for y in test]
    line = [0.02 + 2 * math.exp(-(((t - 0.5) / 0.15) ** 2)) for t in _TS]
    return Plot(
        "loss-along-t",
        "loss along the curve",
        "t",
        "train_nll",
        (
            Series("epoch 40", _TS, [2 * y for y in train], Role.ghost, is_faint=True),
            Series("train", _TS, train, Role.train),
            Series("test", _TS, test, Role.test, low=edges[0], high=edges[1]),
            Series("straight line", _TS, line, Role.straight),
        ),
        x_range=(0.0, 1.0),
    )


def _training() -> Plot:
    raw = [0.6 * math.exp(-e / 40) + (0.12 if e % 7 == 0 else 0.02) for e in _EPOCHS]
    raw[59:66] = [math.nan] * 7
    smooth = [0.6 * math.exp(-e / 40) + 0.035 for e in _EPOCHS]
    tested = [0.5 * math.exp(-e / 40) + 0.05 for e in _EPOCHS[::5]]
    return Plot(
        "error",
        "error by epoch",
        "epoch",
        "test_error",
        (
            Series("train", _EPOCHS, raw, Role.train, smooth=smooth),
            Series("test", _EPOCHS[::5], tested, Role.test),
        ),
        marks=(Mark(80.0, "resumed"),),
    )


CHARTS: dict[str, tuple[Plot, int, int, View]] = {
    "along-linear": (_along(), 78, 18, View(title="train loss, nats:")),
    "along-log-crosshair": (
        _along(),
        100,
        24,
        View(is_log=True, crosshair=0.5, has_grid=True, is_legend_below=True),
    ),
    "training-percent": (_training(), 90, 20, View(crosshair=20.0, is_legend_below=True)),
    "training-zoomed": (_training(), 60, 12, View(x_range=(50.0, 90.0), is_legend_below=True)),
    "smallest": (_along(), 20, 4, View(is_log=True, is_legend_below=True)),
}


def _letter(paint: int) -> str:
    if paint < Paint.first_series:
        return " a.|vm"[paint]
    series, is_faint = divmod(paint - Paint.first_series, 2)
    return chr(ord("a" if is_faint else "A") + series + 13) if is_faint else str(series)


def _text(drawing: Drawing) -> str:
    paints = [
        "".join(_letter(int(paint)) for paint in row).rstrip() for row in drawing.canvas.paints
    ]
    rows = [row.rstrip() for row in drawing.rows]
    key = "a axis, . grid, | crosshair, v value, m mark, 0 1 2 series, n o p the same but faint"
    return "\n".join([*rows, "", key, *paints]) + "\n"


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_looks_as_it_was_accepted(name: str) -> None:
    plot, width, height, view = CHARTS[name]
    assert _text(draw(plot, width, height, view)) == (FOLDER / f"{name}.txt").read_text()


def test_every_accepted_chart_is_still_drawn() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CHARTS)


def _write() -> None:
    for name, (plot, width, height, view) in CHARTS.items():
        (FOLDER / f"{name}.txt").write_text(_text(draw(plot, width, height, view)))


if __name__ == "__main__":
    _write()
