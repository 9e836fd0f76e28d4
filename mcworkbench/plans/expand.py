"""Expand an Experiment into its Plan: one function per kind of run, from shared steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench.plans import ensembles
from mcworkbench.plans.autoencoder import add_aligned, add_pictures
from mcworkbench.plans.expansion import Expansion

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.config.experiment import Experiment
    from mcworkbench.plans.plan import Input, Plan


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
    for suffix, first, last in _pairs(expansion):
        expansion.connect(first, last, suffix)
    if not expansion.experiment.pairs():
        expansion.continue_curve()
    expansion.further()


def _join_autoencoders(expansion: Expansion) -> None:
    for suffix, first, last in _pairs(expansion):
        expansion.connect(first, last, suffix)
        add_pictures(expansion, suffix)
        add_aligned(expansion, first, last, suffix)
    if not expansion.experiment.pairs():
        expansion.continue_curve()
        add_pictures(expansion, "")
    expansion.further()


def _pairs(expansion: Expansion) -> list[tuple[str, Input, Input]]:
    """Add the ends; return the suffix of each joined pair's names, and its ends."""
    ends, pairs = expansion.ends(), expansion.experiment.pairs()
    return [(f"-{a + 1}-{b + 1}" if len(pairs) > 1 else "", ends[a], ends[b]) for a, b in pairs]


def _chain_ends(expansion: Expansion) -> None:
    expansion.chain(expansion.ends())
    expansion.further()


KINDS: dict[str, Callable[[Expansion], None]] = {
    "endpoints": _train_ends,
    "curve": _join_ends,
    "chain": _chain_ends,
    "autoencoder": _join_autoencoders,
    "evaluate": _score_path,
    "import": _import_files,
    "fge": ensembles.fast_geometric,
    "snapshot": ensembles.snapshots,
    "swa": ensembles.averages,
    "swag": ensembles.gaussians,
    "ensemble": ensembles.existing,
}
