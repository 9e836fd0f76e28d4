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
    from torch import Tensor

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
        refresh_split: Split,
        *,
        batch_size: int,
        order_N: Tensor | None = None,
        precision: str = "float32",
    ) -> None:
        """Keep what every point shares.

        Args:
            flat: the module that points are put into.
            refresh_split: examples of the refresh, never augmented.
            batch_size: examples of one refresh batch; part of the result.
            order_N: order in which the refresh visits them; None is the stored one.
            precision: as in training.
        """
        self.flat = flat
        self._split = refresh_split
        self._batch_size = batch_size
        self._order_N = order_N
        self._precision = precision

    @torch.no_grad()
    def place(self, path: AbstractPath, t: float) -> None:
        """Put the network at `t` into the module, in evaluation mode."""
        path.at(t, out=self.flat.params)
        self.refresh()

    def refresh(self) -> None:
        """Recompute the statistics of the network that is in the module now."""
        with torch.no_grad(), computing(self.flat.params.device, self._precision):
            batches = self._split.batches(self._batch_size, self._order_N)
            refresh_batch_norm(self.flat.module, (inputs_B for inputs_B, _ in batches))
        self.flat.module.eval()


def refresh_placer(
    flat: FlatModule,
    dataset: Dataset,
    *,
    device: str,
    examples: int = 0,
    seed: int = 0,
    batch_size: int = 128,
    order: str = "shuffled",
    precision: str = "float32",
    channels_last: bool = False,
) -> PointPlacer:
    """Return what places points, refreshing on `examples` training examples (0 is all).

    Which ones, and with order 'shuffled' in which order, follows from `seed`. Image folders are
    sorted by class: in stored order ('file') a batch would see one class, and statistics would
    be far off.
    """
    split = dataset.split("train", device, examples, seed, channels_last=channels_last)
    order_N = None
    if order == "shuffled":
        shuffled = permutation(split.num_examples, seed, "batch-norm")
        order_N = torch.from_numpy(shuffled).to(device)
    return PointPlacer(flat, split, batch_size=batch_size, order_N=order_N, precision=precision)
