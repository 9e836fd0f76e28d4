"""Which split is watched and which task it has: asked by every stage that computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.tasks import make_task

if TYPE_CHECKING:
    from mcworkbench.data.dataset import Dataset, SplitName
    from mcworkbench.tasks.task import AbstractTask

DEFAULT_BINS = 15


def watched_name(dataset: Dataset) -> SplitName:
    """Return "validation", or "test" where the data set keeps no validation examples."""
    return "validation" if dataset.counts["validation"] else "test"


def active_task(dataset: Dataset, *, ece_bins: int | None = DEFAULT_BINS) -> AbstractTask:
    """Return the data set's task; `ece_bins` None leaves calibration out (training)."""
    return make_task(dataset, ece_bins=DEFAULT_BINS if ece_bins is None else ece_bins)
