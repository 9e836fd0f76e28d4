"""A report as Markdown with its figures beside it. Called by `report`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcworkbench.reports.page import Image, page
from mcworkbench.reports.templating import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.reports.document import RunSummary
    from mcworkbench.reports.figures import Picture


def markdown_report(
    summary: RunSummary, pictures: Sequence[Picture], sources: Mapping[str, str]
) -> str:
    """Return the whole report as Markdown (GitHub's tables).

    Args:
        summary: the collected run.
        pictures: its figures.
        sources: the relative path of each figure's file by its name.
    """
    images = [
        Image(sources[picture.name], picture.title, picture.caption, picture.width)
        for picture in pictures
    ]
    text = render("report.md.j2", page(summary, images))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
