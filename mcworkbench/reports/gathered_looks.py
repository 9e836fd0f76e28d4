"""What a run kept for looking at: predictions and functions of its evaluated paths.

Called by `reports.report` and the command line; figures come from `look_figures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mcworkbench.folders import read_json
from mcworkbench.reports.document import PathSummary
from mcworkbench.reports.looks import Functions, Predictions, read_functions, read_predictions
from mcworkbench.reports.redact import redacted
from mcworkbench.runs.documents import mapping
from mcworkbench.runs.views import State
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.reports.document import RunSummary
    from mcworkbench.runs.views import RunView

_MAX_NAME = 24


@final
@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One evaluated path with what it kept.

    Attributes:
        classes: their names, as many as outputs.
        predictions: of the test set, None where they were not stored.
        functions: along the path, None where they were not stored.
    """

    path: PathSummary
    classes: tuple[str, ...]
    predictions: Predictions | None
    functions: Functions | None


def gather_looks(run: RunView, summary: RunSummary) -> list[Look]:
    """Return a look for every finished evaluation that kept something, lines first."""
    classes = class_names(run)
    looks: list[Look] = []
    for path in summary.paths:
        node = run.nodes.get(path.node)
        if node is None or node.state is not State.done:
            continue
        folder = node.view.artifacts
        predictions, functions = read_predictions(folder), read_functions(folder)
        if predictions is not None or functions is not None:
            looks.append(Look(path, classes, predictions, functions))
    return looks


def class_names(run: RunView) -> tuple[str, ...]:
    """Return the names of the classes of a run's data, redacted like a report."""
    for node in run.nodes.values():
        if node.kind == "dataset":
            made = mapping(read_json(node.view.artifacts / "dataset.json"))
            names = redacted({"classes": list(made.get("classes") or [])})["classes"]
            return tuple(clean_line(str(name), limit=_MAX_NAME) for name in names)
    return ()
