"""Expand an Experiment into its Plan: one function per kind of run, from shared steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench.plans import ensembles
from mcworkbench.plans.expansion import Expansion

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.config.experiment import Experiment
    from mcworkbench.plans.plan import Plan


def expand(
    experiment: Experiment, *, base: Path | None = None, salt: str = "", writes: bool = True
) -> Plan:
    """Return the plan of an experiment.

    Args:
        experiment: a validated preset.
        base: folder against which relative paths are taken; absent: the current one.
        salt: nothing trained under another salt is reused (`--fresh`).
        writes: whether digests of the user's own data are remembered on the disk.

    Raises:
        InvalidInputError: data, a file, a run or a snapshot that it names does not exist.
    """
    expansion = Expansion(experiment, base or Path.cwd(), salt, writes=writes)
    KINDS[experiment.kind](expansion)
    return expansion.plan


def _import_files(expansion: Expansion) -> None:
    section = expansion.experiment.imports
    assert section is not None
    names = section.names or [f"import-{place}" for place in range(1, len(section.files) + 1)]
    for name, file in zip(names, section.files, strict=True):
        # Only reading the file tells whether it holds a network or a path.
        expansion.resolve(f"file:{file}", name, "[import] files", "network")


def _score_path(expansion: Expansion) -> None:
    assert expansion.experiment.path is not None
    path = expansion.resolve(expansion.experiment.path.use, "path", "[path] use", "path")
    expansion.line_of(path, "line")
    expansion.evaluate("path", path)


def _train_ends(expansion: Expansion) -> None:
    expansion.ends()
    expansion.further()


def _join_ends(expansion: Expansion) -> None:
    ends, pairs = expansion.ends(), expansion.experiment.pairs()
    for first, last in pairs:
        suffix = f"-{first + 1}-{last + 1}" if len(pairs) > 1 else ""
        expansion.connect(ends[first], ends[last], suffix)
    if not pairs:
        expansion.continue_curve()
    expansion.further()


def _chain_ends(expansion: Expansion) -> None:
    expansion.chain(expansion.ends())
    expansion.further()


KINDS: dict[str, Callable[[Expansion], None]] = {
    "endpoints": _train_ends,
    "curve": _join_ends,
    "chain": _chain_ends,
    "evaluate": _score_path,
    "import": _import_files,
    "fge": ensembles.fast_geometric,
    "snapshot": ensembles.snapshots,
    "swa": ensembles.averages,
    "swag": ensembles.gaussians,
    "ensemble": ensembles.existing,
}
