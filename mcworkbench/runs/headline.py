"""The one number that a run is known by, for lists and views alike.

Where there is a curve it is the peak along it, with the line's beside it: a barrier above the
chord is zero where the ends differ a lot, and a line's would pass for the run's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcworkbench.runs.run_folder import RunDocument

# The highest value along a path, by column, as evaluations summarise it.
MAX = "_max"
# An autoencoder is known by its pixels, whatever its loss.
_PEAKS = ("test_error_max", "test_mse_max", "test_nll_max", "train_nll_max")
# What people look for first, by part of its name.
# The one number of an ensemble, by the metric that its task has.
ENSEMBLE = "ensemble_"
_ENSEMBLES = tuple(f"{ENSEMBLE}test_{metric}" for metric in ("error", "rmse", "nll"))
_MAKE_MEMBERS = ("ensemble", "fge", "snapshot", "swag")
_HEADLINES = ("barrier", "ensemble", "error", "accuracy", "rmse", "mse", "nll", "loss")


@dataclass(frozen=True, slots=True)
class Headline:
    """The one number to show for a run, and the node it comes from."""

    node: str
    name: str
    value: float

    def __str__(self) -> str:
        return f"{self.node} {self.name.replace('_', ' ')} {self.value:.4g}"


def headlines(
    document: RunDocument, summaries: Mapping[str, Mapping[str, float]]
) -> tuple[Headline | None, Headline | None]:
    """Return the run's own number and its line's, None where not known yet."""
    together = _ensemble(document, summaries)
    if together is not None:
        return together, None
    evaluated = [name for name, node in document.nodes.items() if node.kind == "evaluate"]
    lines = [name for name in evaluated if _is_line(document, name)]
    curves = [name for name in evaluated if name not in lines]
    line = _peak(lines, summaries)
    if curves:
        # A snapshot's own evaluation says less than that of the finished curve.
        return _peak(sorted(curves, key=lambda name: "@" in name), summaries), line
    return (line if lines else foremost(summaries)), line


def ensemble_headline(node: str, values: Mapping[str, float]) -> Headline | None:
    """Return the number an ensemble is known by, of scores by "ensemble_<split>_<metric>"."""
    found = next((name for name in _ENSEMBLES if name in values), None)
    return Headline(node, found, values[found]) if found is not None else None


def _ensemble(
    document: RunDocument, summaries: Mapping[str, Mapping[str, float]]
) -> Headline | None:
    """Return the number of the finished table of pools, or of the newest finished ensemble."""
    for kinds in (_MAKE_MEMBERS[:1], _MAKE_MEMBERS[1:]):
        for name, node in reversed(document.nodes.items()):
            if node.kind in kinds:
                found = ensemble_headline(name, summaries.get(name, {}))
                if found is not None:
                    return found
    return None


def _is_line(document: RunDocument, evaluate: str) -> bool:
    source = document.nodes.get(document.nodes[evaluate].inputs.get("path", ""))
    return source.kind == "line" if source else evaluate.startswith("evaluate-line")


def _peak(names: Iterable[str], summaries: Mapping[str, Mapping[str, float]]) -> Headline | None:
    for name in names:
        summary = summaries.get(name, {})
        column = next((column for column in _PEAKS if column in summary), None)
        if column is not None:
            return Headline(name, column, summary[column])
    return None


def foremost(summaries: Mapping[str, Mapping[str, float]]) -> Headline | None:
    """Return the number to show among summaries by node, later nodes first; None without any."""
    for node, summary in reversed(list(summaries.items())):
        for part in _HEADLINES:
            for name in _preferred(summary):
                if part in name:
                    return Headline(node, name, summary[name])
    return None


def _preferred(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (not name.startswith("test"), name))
