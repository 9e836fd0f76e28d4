"""Which split is watched: asked by every stage that scores while it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcworkbench.data.dataset import Dataset, SplitName


def watched_name(dataset: Dataset) -> SplitName:
    """Return "validation", or "test" where the data set keeps no validation examples."""
    return "validation" if dataset.counts["validation"] else "test"
