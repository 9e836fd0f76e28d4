"""The small plot under a running run: what its active stage has measured so far.

Training a network shows its loss by epoch, training a curve the loss along t as it was probed
last, evaluating the points so far; the straight line stays beside them. Pure reading of views.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from mcworkbench.reports.braille import Drawing, View, draw, starts_log
from mcworkbench.reports.plot import Plot, Series
from mcworkbench.runs.state import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.runs.views import NodeView, RunView, StageView

STYLES = ("cyan", "yellow", "magenta", "green", "blue", "red")
_MIN_POINTS = 2
_LOSS = "train_nll"
_EPOCH_LINES = (("train loss", ("train_nll", "train_loss")), ("test loss", ("test_nll",)))


def plot_lines(run: RunView, width: int, height: int) -> list[Text]:
    """Return the rows of the plot; none where nothing was measured yet."""
    active = [node for node in run.nodes.values() if node.state in ACTIVE]
    for node in reversed(active):
        title, x_label, series = _series(node, run)
        if series:
            plot = Plot(node.name, title, x_label, _LOSS, tuple(series))
            return styled(draw(plot, width, height, View(is_log=starts_log(plot), title=title)))
    return []


def styled(drawing: Drawing) -> list[Text]:
    """Return a drawing's rows with every series in its colour."""
    rows = [Text(row) for row in drawing.rows]
    for span in drawing.spans:
        rows[span.row].stylize(STYLES[span.series % len(STYLES)], span.start, span.stop)
    return rows


def _series(node: NodeView, run: RunView) -> tuple[str, str, list[Series]]:
    """Return title, name of the x axis and lines."""
    if node.kind == "endpoint":
        return "by epoch:", "epoch", _epochs(node.view)
    if node.kind == "curve":
        along = [*_probed(node.view), *_straight(run)]
        return "train loss along t:", "t", along if node.view.probes else []
    if node.kind == "evaluate":
        return "train loss along t:", "t", _evaluated(node, run)
    return "", "", []


def _epochs(view: StageView) -> list[Series]:
    found: list[Series] = []
    for label, names in _EPOCH_LINES:
        points = [
            (event.epoch, _value(event.values, names))
            for event in view.epochs
            if math.isfinite(_value(event.values, names))
        ]
        if len(points) >= _MIN_POINTS:
            found.append(Series(label, [x for x, _ in points], [y for _, y in points]))
    return found


def _value(values: Mapping[str, float], names: Sequence[str]) -> float:
    return next((values[name] for name in names if name in values), math.nan)


def _probed(view: StageView) -> list[Series]:
    probes = [probe for probe in view.probes if _LOSS in probe.values]
    if not probes:
        return []
    first, newest = probes[0], probes[-1]
    found = [Series(f"curve, epoch {newest.epoch}", newest.ts, newest.values[_LOSS])]
    if newest is not first:
        found.append(Series(f"at epoch {first.epoch}", first.ts, first.values[_LOSS]))
    return found


def _straight(run: RunView) -> list[Series]:
    lines = [node for name, node in run.nodes.items() if name.startswith("evaluate-line")]
    return [line for node in lines[:1] for line in _points("straight line", node.view)]


def _evaluated(node: NodeView, run: RunView) -> list[Series]:
    """Return this stage's points and, for comparison, those of the line."""
    own = _points(node.name.removeprefix("evaluate-"), node.view)
    if not own or node.name.startswith("evaluate-line"):
        return own
    return [*own, *_straight(run)]


def _points(label: str, view: StageView) -> list[Series]:
    points = [point for point in view.points.values() if _LOSS in point.values]
    if len(points) < _MIN_POINTS:
        return []
    return [Series(label, [point.t for point in points], [p.values[_LOSS] for p in points])]
