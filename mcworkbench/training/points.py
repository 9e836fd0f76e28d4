"""Put the network at one t of a path into a module, with batch-norm statistics of its own.

Used by evaluation, probes and the library; a point without a refresh would be scored with
another network's running statistics (arXiv:1802.10026, appendix; facts of batch norm).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch

from mcworkbench.data.draws import permutation
from mcworkbench.params.batch_norm import refresh_batch_norm
from mcworkbench.training.precision import computing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from mcworkbench.config.options.evaluate import EvaluateOptions
    from mcworkbench.data.dataset import Dataset
    from mcworkbench.data.resident import Split
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.paths.path import AbstractPath


@final
class PointPlacer:
    """Places points of a path and refreshes their statistics on a fixed set of batches."""

    def __init__(
        self,
        flat: FlatModule,
        split: Split,
        *,
        batch_size: int,
        seed: int | None = 0,
        precision: str = "float32",
        between: Callable[[], None] | None = None,
    ) -> None:
        """Keep what every point shares.

        Args:
            flat: the module that points are put into.
            split: examples of the refresh, never augmented.
            batch_size: examples of one refresh batch; part of the result.
            seed: of the order in which the refresh visits them; None is the stored order, in
                which a batch of an image folder, sorted by class, would see one class.
            precision: as in training.
            between: called before every batch of a refresh; may raise to end it.
        """
        self.flat = flat
        self._split = split
        self._batch_size = batch_size
        self._order_N = None
        if seed is not None:
            order = permutation(split.num_examples, seed, "batch-norm")
            self._order_N = torch.from_numpy(order).to(split.device)
        self._precision = precision
        self._between = between

    @torch.no_grad()
    def place(self, path: AbstractPath, t: float) -> None:
        """Put the network at `t` into the module, in evaluation mode."""
        path.at(t, out=self.flat.params)
        self.refresh()

    def refresh(self) -> None:
        """Recompute the statistics of the network that is in the module now."""
        with torch.no_grad(), computing(self.flat.params.device, self._precision):
            refresh_batch_norm(self.flat.module, self._batches())
        self.flat.module.eval()

    def _batches(self) -> Iterator[Tensor]:
        for inputs_B, _ in self._split.batches(self._batch_size, self._order_N):
            if self._between is not None:
                self._between()
            yield inputs_B


def evaluation_placer(
    flat: FlatModule,
    dataset: Dataset,
    how: EvaluateOptions,
    *,
    device: str,
    examples: int | None = None,
    between: Callable[[], None] | None = None,
) -> PointPlacer:
    """Return what places points as an evaluation does, so that its table's networks come back.

    Args:
        flat: the module that points are put into.
        dataset: whose training examples the refresh sees.
        how: the evaluation's options.
        device: where it computes.
        examples: how many examples, 0 is all; absent: as `how` says.
        between: called before every batch of a refresh; may raise to end it.
    """
    limit = how.bn_examples if examples is None else examples
    return PointPlacer(
        flat,
        dataset.split("train", device, limit, how.seed, channels_last=how.channels_last),
        batch_size=how.bn_batch,
        seed=how.seed if how.bn_order == "shuffled" else None,
        precision=how.precision,
        between=between,
    )
