"""Figures of what networks along a path predict: confusion, certainty, functions.

Called by `reports.figures`, inside its style; one panel per path, the straight line first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.ticker import FuncFormatter

from mcworkbench.reports.axes import COLOURS, INK, Drawing, finish, panels_of
from mcworkbench.reports.looks import BANDWIDTH, confusion, true_class_density
from mcworkbench.reports.quantities import PERCENT
from mcworkbench.reports.ticks import tick_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from mcworkbench.reports.gathered_looks import Look
    from mcworkbench.reports.looks import Array, Functions, Predictions

# Where looks are taken: halfway, where the straight line is at its worst.
LOOK_AT = 0.5
_MAX_PANELS = 4
_MAX_NAMED = 20
_MAX_WRITTEN = 12
_MAX_LEGEND = 12
_LEAST_DENSITY = 0.01


def look_drawings(looks: Sequence[Look]) -> list[Drawing]:
    """Return the figures of every pair of ends whose evaluations kept something."""
    pairs: dict[tuple[str, str], list[Look]] = {}
    for look in looks:
        pairs.setdefault(look.path.pair, []).append(look)
    found: list[Drawing] = []
    for number, every in enumerate(pairs.values(), 1):
        suffix = f"-{number}" if len(pairs) > 1 else ""
        label = every[0].path.pair_label
        joined = f", {label}" if suffix and label else ""
        told = [
            (look, look.predictions)
            for look in every
            if look.predictions is not None and look.predictions.has_classes
        ][:_MAX_PANELS]
        if told:
            found += [_confusion(told, suffix, joined), _certainty(told, suffix, joined)]
        drawn = [(look, look.functions) for look in every if look.functions is not None]
        if drawn:
            found.append(_functions(drawn[:_MAX_PANELS], suffix, joined))
    return found


def _confusion(told: Sequence[tuple[Look, Predictions]], suffix: str, joined: str) -> Drawing:
    figure, panels = panels_of(len(told), share_y=False)
    figure.set_figheight(4.0)
    drawn = None
    for axes, (look, predictions) in zip(panels, told, strict=True):
        counts_CC = confusion(*predictions.at(LOOK_AT))
        shares_CC = PERCENT * counts_CC / np.maximum(1, counts_CC.sum(1, keepdims=True))
        drawn = axes.imshow(shares_CC, cmap="Blues", vmin=0, vmax=PERCENT)
        axes.grid(visible=False)
        axes.set_title(_titled(look, predictions.ts), fontsize=9)
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")
        _name_classes(axes, look.classes, len(counts_CC))
        if len(counts_CC) <= _MAX_WRITTEN:
            _write_shares(axes, shares_CC)
    if drawn is not None:
        bar = figure.colorbar(drawn, ax=panels, shrink=0.8)
        bar.set_label("share of the true class, %")
        bar.ax.yaxis.set_major_formatter(FuncFormatter(_plain))
    num = len(told[0][1].targets)
    caption = (
        f"Which class the network at t = {_near(told)} predicts for each of {num} test examples, "
        "in percent of the true class; the diagonal is right."
    )
    return Drawing(f"confusion{suffix}", f"Confusion halfway along{joined}", caption, figure)


def _certainty(told: Sequence[tuple[Look, Predictions]], suffix: str, joined: str) -> Drawing:
    figure, panels = panels_of(len(told), share_y=True)
    for axes, (look, predictions) in zip(panels, told, strict=True):
        grid_G, density_CG = true_class_density(*predictions.at(LOOK_AT))
        colours = _colours_of(len(density_CG))
        for label, (density_G, colour) in enumerate(zip(density_CG, colours, strict=True)):
            name = look.classes[label] if label < len(look.classes) else str(label)
            shown_G = np.maximum(density_G, _LEAST_DENSITY)
            axes.plot(grid_G, shown_G, color=colour, linewidth=1.2, label=name)
        axes.set_xlim(0, 1)
        axes.set_title(_titled(look, predictions.ts), fontsize=9)
    panels[0].set_yscale("log")
    panels[0].set_ylim(bottom=_LEAST_DENSITY)
    for axes in panels:
        finish(axes, "probability of the true class", "density", is_log=True)
    if len(told[0][1].outputs[0][0]) <= _MAX_LEGEND:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", fontsize=7)
    caption = (
        f"Where the probability that the network at t = {_near(told)} gives to the true class "
        f"lies, one line per class (Gaussian kernel, bandwidth {BANDWIDTH:g}, cut to [0, 1]; "
        f"densities below {_LEAST_DENSITY:g} are not drawn)."
    )
    title = f"Certainty halfway along{joined}"
    return Drawing(f"certainty{suffix}", title, caption, figure)


def _functions(drawn: Sequence[tuple[Look, Functions]], suffix: str, joined: str) -> Drawing:
    figure, panels = panels_of(len(drawn), share_y=True)
    inner = mpl.colormaps["viridis"]
    for axes, (look, functions) in zip(panels, drawn, strict=True):
        axes.scatter(
            functions.train_x,
            functions.train_y,
            s=9,
            color=INK,
            edgecolors="white",
            linewidths=0.4,
            zorder=2.5,
        )
        for t, values_G in zip(functions.ts[1:-1], functions.values[1:-1], strict=True):
            axes.plot(functions.x, values_G, color=inner(float(t)), linewidth=0.7, alpha=0.5)
        for place, colour, name in ((0, COLOURS[0], "first end"), (-1, COLOURS[1], "last end")):
            axes.plot(functions.x, functions.values[place], color=INK, linewidth=3.2, zorder=3)
            axes.plot(
                functions.x,
                functions.values[place],
                color=colour,
                linewidth=2,
                label=name,
                zorder=4,
            )
        axes.set_title(look.path.method, fontsize=9)
        axes.set_xlim(float(functions.x[0]), float(functions.x[-1]))
        finish(axes, "x", "output", is_log=False)
    _fit_to_data(panels[0], [functions for _, functions in drawn])
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    count = len(drawn[0][1].ts)
    caption = (
        f"{count} functions along each path, from t = 0 (violet) to t = 1 (yellow), the ends in "
        "bold; dots are the training data."
    )
    return Drawing(f"functions{suffix}", f"Functions along the path{joined}", caption, figure)


def _fit_to_data(axes: Axes, drawn: Sequence[Functions]) -> None:
    """Keep the data readable where a function far from them shoots up."""
    every = np.concatenate([functions.train_y for functions in drawn])
    low, high = float(every.min()), float(every.max())
    span = max(high - low, 1e-9)
    values = np.concatenate([functions.values.reshape(-1) for functions in drawn])
    bottom = max(float(np.nanmin(values)), low - span)
    top = min(float(np.nanmax(values)), high + span)
    margin = 0.05 * span
    axes.set_ylim(min(bottom, low) - margin, max(top, high) + margin)


def _titled(look: Look, ts: Array) -> str:
    t = float(ts[np.argmin(np.abs(ts - LOOK_AT))])
    return f"{look.path.method}, t = {t:.3g}"


def _near(told: Sequence[tuple[Look, Predictions]]) -> str:
    ts = {f"{float(one.ts[one.place(LOOK_AT)]):.3g}" for _, one in told}
    return " and ".join(sorted(ts))


def _name_classes(axes: Axes, classes: Sequence[str], count: int) -> None:
    if count > _MAX_NAMED or len(classes) != count:
        return
    places = list(range(count))
    is_long = max(map(len, classes)) > 2  # noqa: PLR2004
    axes.set_xticks(places, labels=classes, rotation=90 if is_long else 0, fontsize=7)
    axes.set_yticks(places, labels=classes, fontsize=7)


def _write_shares(axes: Axes, shares_CC: Array) -> None:
    for (row, column), share in np.ndenumerate(shares_CC):
        if share >= 1:
            colour = "white" if share > PERCENT / 2 else INK
            axes.text(
                column, row, f"{share:.0f}", ha="center", va="center", color=colour, fontsize=6
            )


def _colours_of(count: int) -> list[str | tuple[float, float, float, float]]:
    if count <= len(COLOURS):
        return [*COLOURS[:count]]
    ramp = mpl.colormaps["turbo"]
    return [ramp(0.05 + 0.9 * place / (count - 1)) for place in range(count)]


def _plain(value: float, _position: int | None = None) -> str:
    return tick_text(value)
