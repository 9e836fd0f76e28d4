"""The figures of a run, one idea each, as SVG and PNG: never pyplot, no global state kept.

Called by `reports.report` with a RunSummary; what is drawn is decided in `path_figures`,
`look_figures` and `training_figures`.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import matplotlib as mpl

from mcworkbench.reports.axes import STYLE, Drawing
from mcworkbench.reports.ensemble_figures import ensemble_drawings
from mcworkbench.reports.image_figures import image_drawings
from mcworkbench.reports.look_figures import look_drawings
from mcworkbench.reports.path_figures import path_drawings
from mcworkbench.reports.training_figures import probe_drawings, training_drawings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.document import RunSummary
    from mcworkbench.reports.gathered_looks import Look
    from mcworkbench.reports.sights import Sight

_DOTS_PER_INCH = 200


@final
@dataclass(frozen=True, slots=True)
class Picture:
    """A figure in both formats, with the words that replace it for a reader who cannot see it.

    Attributes:
        width: of the figure as drawn, in CSS pixels.
    """

    name: str
    title: str
    caption: str
    width: int
    svg: bytes
    png: bytes


def pictures(
    summary: RunSummary, looks: Sequence[Look] = (), sights: Sequence[Sight] = ()
) -> list[Picture]:
    """Return every figure the run has numbers and images for; equal ones give equal bytes."""
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # A name in a script that the font lacks shows boxes; that is no reason to complain.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        warnings.filterwarnings("ignore", message=".*Matplotlib currently does not support.*")
        drawings = [
            *ensemble_drawings(summary),
            *path_drawings(summary),
            *look_drawings(looks),
            *training_drawings(summary),
            *probe_drawings(summary),
            *image_drawings(sights),
        ]
        return [_picture(drawing) for drawing in drawings]


def _picture(drawing: Drawing) -> Picture:
    vector, dots = io.BytesIO(), io.BytesIO()
    figure = drawing.figure
    figure.savefig(vector, format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(dots, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    # CSS counts 96 pixels to the inch.
    width = round(96 * figure.get_figwidth())
    return Picture(
        drawing.name, drawing.title, drawing.caption, width, vector.getvalue(), dots.getvalue()
    )
