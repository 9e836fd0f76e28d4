"""Figures of what autoencoders reconstruct, and of their codes. Called by `reports.figures`.

Images are drawn as they are stored, without smoothing. Every figure names its paths in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from mcworkbench.reports.axes import COLOURS, GREY, Drawing, finish, panels_of
from mcworkbench.reports.ticks import tick_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes

    from mcworkbench.reports.sights import Sight

_NUM_IMAGES = 4
_NUM_COLUMNS = 5
_CELL = 0.62
_LABEL_WIDTH = 1.7
_MAX_COLOURED = 10
Row = tuple[str, "list[npt.NDArray[Any]]"]


def image_drawings(sights: Sequence[Sight]) -> list[Drawing]:
    """Return every figure that the sights of a run allow."""
    found = _ends(sights)
    pairs = dict.fromkeys(sight.pair for sight in sights if sight.what != "strip")
    for number, pair in enumerate(pairs, 1):
        here = [sight for sight in sights if sight.pair == pair and sight.what != "strip"]
        suffix = f"-{number}" if len(pairs) > 1 else ""
        joined = f", {pair}" if suffix and pair else ""
        found += _along(here, suffix, joined)
        for sight in here:
            draw = _DRAWN.get(sight.what)
            found += [draw(sight, suffix, joined)] if draw else []
    return found


def _ends(sights: Sequence[Sight]) -> list[Drawing]:
    """Return the reconstructions of every trained end under the inputs."""
    strips = [sight for sight in sights if sight.what == "strip"]
    if not strips:
        return []
    rows: list[Row] = [("input", list(strips[0].arrays["inputs"]))]
    for strip in strips:
        error = float(strip.arrays["mse"].mean())
        rows.append((f"{strip.node}, mse {error:.4f}", list(strip.arrays["outputs"])))
    caption = "Fixed test images and what each trained network gives back; mse over these images."
    return [Drawing("ends-pictures", "Reconstructions of the ends", caption, _mosaic(rows, ()))]


def _along(sights: Sequence[Sight], suffix: str, joined: str) -> list[Drawing]:
    """Return the same images along every path of a pair, one block of rows per image."""
    paths = [sight for sight in sights if sight.what == "path"]
    if not paths:
        return []
    paths.sort(key=lambda sight: sight.path is None or sight.path.is_line)
    inputs = paths[0].arrays["inputs"]
    alike = [p for p in paths if np.array_equal(p.arrays["inputs"], inputs)]
    rows: list[Row] = []
    for index in range(min(_NUM_IMAGES, len(inputs))):
        for sight in alike:
            name = sight.path.method if sight.path is not None else sight.node
            outputs = sight.arrays["outputs"]
            places = _places(len(outputs))
            rows.append((name, [inputs[index], *(outputs[place][index] for place in places)]))
    ts = alike[0].arrays["ts"]
    heads = ["input", *(f"t = {float(ts[place]):.2g}" for place in _places(len(ts)))]
    caption = (
        "The same test images seen by the networks along each path; every network has batch-norm "
        "statistics of its own."
    )
    name, title = f"pictures{suffix}", f"Reconstructions along the paths{joined}"
    return [Drawing(name, title, caption, _mosaic(rows, heads, block=len(alike)))]


def _places(count: int) -> list[int]:
    return [round((count - 1) * column / (_NUM_COLUMNS - 1)) for column in range(_NUM_COLUMNS)]


def _mosaic(rows: Sequence[Row], heads: Sequence[str], *, block: int = 0) -> Figure:
    """Return rows of images with a label each, a gap after every `block` of them."""
    columns = max(len(images) for _, images in rows)
    gap = 0.25
    tops = [-(place + gap * (place // block if block else 0)) for place in range(len(rows))]
    height = 1 - tops[-1]
    size = (_LABEL_WIDTH + _CELL * columns, 0.35 + _CELL * height)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine())
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for top, (_, images) in zip(tops, rows, strict=True):
        for column, image in enumerate(images):
            shown = image[..., 0] if image.shape[-1] == 1 else image
            extent = (column + 0.03, column + 0.97, top - 0.97, top - 0.03)
            axes.imshow(
                shown, cmap="gray", vmin=0, vmax=255, extent=extent, interpolation="nearest"
            )
    axes.set_xlim(0, columns)
    axes.set_ylim(tops[-1] - 1, 0)
    axes.set_yticks([top - 0.5 for top in tops], [label for label, _ in rows])
    axes.set_xticks([column + 0.5 for column in range(len(heads))], list(heads))
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def _codes(sight: Sight, suffix: str, joined: str) -> Drawing:
    """Return both ends' codes, and the last end's turned, in one frame."""
    figure, panels = panels_of(3, share_y=True)
    titles = ("first end", "last end", "last end, aligned")
    for axes, name, title in zip(panels, ("a", "b", "b_aligned"), titles, strict=True):
        _scatter(axes, sight.arrays[name], sight.arrays["labels"])
        axes.set_title(title, fontsize=9)
        finish(axes, "first direction", "second direction" if name == "a" else "", is_log=False)
    every = np.concatenate([sight.arrays[name][:, 0] for name in ("a", "b", "b_aligned")])
    for axes in panels:
        axes.set_xlim(float(every.min()), float(every.max()))
    explained = sight.arrays.get("explained", np.zeros(2))
    share = 100 * float(explained.sum())
    caption = (
        f"Codes of {len(sight.arrays['labels']):,} test images by the two principal directions of "
        f"both ends' codes together ({share:.0f} % of their variance), coloured by class."
    )
    return Drawing(f"codes{suffix}", f"Codes of both ends{joined}", caption, figure)


def _scatter(axes: Axes, points_N2: npt.NDArray[Any], labels_N: npt.NDArray[Any]) -> None:
    classes = np.unique(labels_N)
    if labels_N.dtype.kind not in "iu" or not 1 < len(classes) <= _MAX_COLOURED:
        axes.scatter(points_N2[:, 0], points_N2[:, 1], s=4, color=GREY, linewidths=0)
        return
    for place, label in enumerate(classes):
        chosen = points_N2[labels_N == label]
        colour = COLOURS[place % len(COLOURS)]
        marker = "os^D"[place // len(COLOURS) % 4]
        axes.scatter(
            chosen[:, 0], chosen[:, 1], s=6, color=colour, marker=marker, linewidths=0, alpha=0.7
        )


def _cross(sight: Sight, suffix: str, joined: str) -> Drawing:
    """Return the error of every encoder with every decoder as a heat map."""
    figure, (axes,) = panels_of(1, share_y=False)
    ts = [tick_text(float(t)) for t in sight.arrays["ts"]]
    shown = axes.imshow(sight.arrays["mse"], origin="lower", cmap="viridis", aspect="equal")
    every = max(1, (len(ts) - 1) // 5)
    places = list(range(0, len(ts), every))
    axes.set_xticks(places, [ts[place] for place in places])
    axes.set_yticks(places, [ts[place] for place in places])
    axes.set_xlabel("decoder at t")
    axes.set_ylabel("encoder at t")
    axes.grid(visible=False)
    figure.colorbar(shown, ax=axes, label="test mse")
    caption = (
        "Encoders of the straight line with decoders of other points of it; the diagonal is the "
        "line itself, its corners are the ends, the other corners cross them."
    )
    return Drawing(f"cross{suffix}", f"Encoder at t, decoder at t'{joined}", caption, figure)


def _strips(sight: Sight, suffix: str, joined: str) -> Drawing:
    """Return what each end decodes between the codes of two images."""
    rows: list[Row] = []
    for first, last in zip(sight.arrays["first"], sight.arrays["last"], strict=True):
        rows += [("first end", list(first)), ("last end", list(last))]
    heads = [f"{float(s):.2g}" for s in sight.arrays["s"]]
    caption = (
        "One network each, its code moved from that of one test image to that of another: a path "
        "between images, not between networks."
    )
    return Drawing(
        f"interpolation{suffix}",
        f"Between two codes{joined}",
        caption,
        _mosaic(rows, heads, block=2),
    )


_DRAWN = {"latent": _codes, "cross": _cross, "interpolation": _strips}
