"""A report as one HTML file: no script, nothing fetched, figures inside. Called by `report`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from mcworkbench.reports.page import Image, page
from mcworkbench.reports.templating import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.document import RunSummary
    from mcworkbench.reports.figures import Picture


def html_report(summary: RunSummary, pictures: Sequence[Picture]) -> str:
    """Return the whole report as HTML; a browser may neither run nor load anything for it."""
    images = [
        Image(_address(picture.svg), picture.title, picture.caption, picture.width)
        for picture in pictures
    ]
    return render("report.html.j2", page(summary, images))


def _address(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"
