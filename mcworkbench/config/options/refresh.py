"""How batch-norm statistics are recomputed for networks that no training left behind."""

from __future__ import annotations

from pydantic import Field

from mcworkbench.config.options.base import Options


class RefreshOptions(Options):
    """The refresh of averages, samples and points of paths; the evaluation's options."""

    bn_examples: int = Field(
        default=0, ge=0, description="Training examples of the batch-norm refresh; 0 is all."
    )
    bn_batch: int = Field(
        default=128, ge=2, description="Batch of the batch-norm refresh: part of its result."
    )
    bn_augment: bool = Field(
        default=True, description="Augment the refresh's images as in training, by seed."
    )
