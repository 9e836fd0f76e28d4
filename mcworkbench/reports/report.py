"""Write the report of a run: Markdown, HTML, figures, CSV, JSON, npz.

Called by the command line and the screens; the only file of this room that writes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import publish_bytes, storage_error
from mcworkbench.reports.exports import (
    budgets_csv,
    members_csv,
    path_csv,
    reference_npz,
    summary_json,
    training_csv,
)
from mcworkbench.reports.figures import pictures
from mcworkbench.reports.gathered_looks import gather_looks
from mcworkbench.reports.html import html_report
from mcworkbench.reports.markdown import markdown_report
from mcworkbench.reports.sights import sights_of
from mcworkbench.reports.summary import collect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mcworkbench.reports.document import RunSummary
    from mcworkbench.reports.gathered_looks import Look
    from mcworkbench.reports.sights import Sight
    from mcworkbench.runs.views import RunView

_UNSAFE = re.compile(r"[^A-Za-z0-9@._-]+")
_MAX_NAME = 80


def write_report(run_view: RunView, folder: Path) -> dict[str, Path]:
    """Write the report of a run as it stands now into `folder` and return the files.

    Args:
        run_view: a refreshed view, finished or not.
        folder: made where it does not exist; files of the same name are replaced.

    Returns:
        Paths by what they are: "markdown", "html", "json", "preset", and "figures/…", "data/…"
        for the rest.

    Raises:
        InvalidInputError: `folder` is a file.
        WorkbenchError: a file could not be written.
    """
    summary = collect(run_view)
    return write_summary(
        summary, folder, gather_looks(run_view, summary), sights_of(run_view, summary)
    )


def write_summary(
    summary: RunSummary,
    folder: Path,
    looks: Sequence[Look] = (),
    sights: Sequence[Sight] = (),
) -> dict[str, Path]:
    """Write the report of a collected run; see `write_report`."""
    if folder.exists() and not folder.is_dir():
        raise InvalidInputError(f"{folder} is a file; a report needs a folder of its own.")
    written: dict[str, Path] = {}
    for name, (relative, content) in report_files(summary, looks, sights).items():
        path = folder / relative
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(path.parent, error) from error
        publish_bytes(path, content)
        written[name] = path
    return written


def report_files(
    summary: RunSummary, looks: Sequence[Look] = (), sights: Sequence[Sight] = ()
) -> dict[str, tuple[str, bytes]]:
    """Return the relative path and the bytes of every file of a report, by what it is."""
    drawn = pictures(summary, looks, sights)
    stems = {
        picture.name: f"figures/{stem}"
        for picture, stem in zip(drawn, _stems([p.name for p in drawn]), strict=True)
    }
    sources = {name: f"{stem}.png" for name, stem in stems.items()}
    files = {
        "markdown": ("report.md", markdown_report(summary, drawn, sources).encode()),
        "html": ("report.html", html_report(summary, drawn).encode()),
        "json": ("summary.json", summary_json(summary)),
    }
    if summary.preset:
        files["preset"] = ("preset.toml", summary.preset.encode())
    for picture in drawn:
        stem = stems[picture.name]
        files[f"{stem}.svg"] = (f"{stem}.svg", picture.svg)
        files[f"{stem}.png"] = (f"{stem}.png", picture.png)
    moving = [sight for sight in sights if sight.gif]
    for stem, sight in zip(_stems([sight.node for sight in moving]), moving, strict=True):
        files[f"figures/{stem}.gif"] = (f"figures/{stem}.gif", sight.gif)
    nodes = [path.node for path in summary.paths] + [t.node for t in summary.trainings]
    places = [f"data/{stem}" for stem in _stems(nodes)]
    for stem, path in zip(places, summary.paths, strict=False):
        files[f"{stem}.csv"] = (f"{stem}.csv", path_csv(path))
        files[f"{stem}.npz"] = (f"{stem}.npz", reference_npz(path))
    for stem, training in zip(places[len(summary.paths) :], summary.trainings, strict=True):
        files[f"{stem}.csv"] = (f"{stem}.csv", training_csv(training))
    named = [f"members-{one.name}" for one in summary.ensembles]
    for stem, one in zip(_stems(named), summary.ensembles, strict=True):
        files[f"data/{stem}.csv"] = (f"data/{stem}.csv", members_csv(one))
    if summary.budgets:
        files["data/budgets.csv"] = ("data/budgets.csv", budgets_csv(summary.budgets))
    return files


def _stems(names: Sequence[str]) -> list[str]:
    """Return a file name for each name, no two alike on any file system."""
    stems: list[str] = []
    taken: set[str] = set()
    for name in names:
        stem, count = safe_name(name), 1
        while stem.lower() in taken:
            count += 1
            stem = f"{safe_name(name)}-{count}"
        taken.add(stem.lower())
        stems.append(stem)
    return stems


def safe_name(name: str) -> str:
    """Return a name as a file name: no separators, no leading dot, no surprise."""
    kept = _UNSAFE.sub("_", name).lstrip(".")[:_MAX_NAME]
    return kept or "unnamed"
