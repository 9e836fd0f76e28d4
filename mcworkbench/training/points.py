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

    from mcworkbench.config.options.evaluate import PointOptions
    from mcworkbench.data.dataset import Dataset
    from mcworkbench.data.resident import Draws, Split
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
        draws: Draws | None = None,
        precision: str = "float32",
        between: Callable[[], None] | None = None,
    ) -> None:
        """Keep what every point shares.

        Args:
            flat: the module that points are put into.
            split: examples of the refresh.
            batch_size: examples of one refresh batch; part of the result.
            seed: of the order in which the refresh visits them; None is the stored order, in
                which a batch of an image folder, sorted by class, would see one class.
            draws: how each example is augmented, on the split's device; None leaves it clean.
            precision: as in training.
            between: called before every batch of a refresh; may raise to end it.
        """
        self.flat = flat
        self._split = split
        self._batch_size = batch_size
        order_N = torch.arange(split.num_examples)
        if seed is not None:
            order_N = torch.from_numpy(permutation(split.num_examples, seed, "batch-norm"))
        self._order_N = order_N.to(split.device)
        self._draws = draws
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
        for index_B in self._order_N.split(self._batch_size):
            if self._between is not None:
                self._between()
            inputs_B, _ = self._split.take(index_B, self._draws)
            yield inputs_B


def refresh_draws(dataset: Dataset, split: Split, seed: int) -> Draws | None:
    """Return how the refresh's images are augmented: as in training, the same at every point.

    Crops with black borders and plain images have different statistics: an end refreshed on
    plain ones scored 21 % instead of the 16 % that its own running statistics give.
    """
    return split.draws(dataset.options, seed, 0)


def evaluation_placer(
    flat: FlatModule,
    dataset: Dataset,
    how: PointOptions,
    *,
    device: str,
    examples: int | None = None,
    between: Callable[[], None] | None = None,
) -> PointPlacer:
    """Return what places points as an evaluation does, so that its table's networks come back.

    Args:
        flat: the module that points are put into.
        dataset: whose training examples the refresh sees.
        how: the evaluation's options, as far as they make a point ready.
        device: where it computes.
        examples: how many examples, 0 is all; absent: as `how` says.
        between: called before every batch of a refresh; may raise to end it.
    """
    limit = how.bn_examples if examples is None else examples
    split = dataset.split("train", device, limit, how.seed, channels_last=how.channels_last)
    return PointPlacer(
        flat,
        split,
        batch_size=how.bn_batch,
        seed=how.seed if how.bn_order == "shuffled" else None,
        draws=refresh_draws(dataset, split, how.seed) if how.bn_augment else None,
        precision=how.precision,
        between=between,
    )
