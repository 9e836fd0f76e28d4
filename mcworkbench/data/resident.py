"""One split, whole on its device; a batch is an index selection.

Made by `Dataset.split`, used by training, evaluation and probes. Images stay uint8 until a batch
is taken; nothing here waits for the device or runs Python per example.
Shape letters: N = examples, B = batch, C, H, W = image axes, F = features, O = outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch

from mcworkbench.data.draws import EpochDraws, augment, epoch_draws
from mcworkbench.data.resized import ResizedDraws, centre_view, resized_draws

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from torch import Tensor

    from mcworkbench.config.options.data import DataOptions

    Draws: TypeAlias = EpochDraws | ResizedDraws

_MAX_PIXEL = 255
_PIECE = 4096


@final
class Split:
    """Inputs and targets of one split.

    Attributes:
        inputs: uint8 (N, C, H, W) or float32 (N, F), on the device.
        targets: int64 (N,) or float32 (N, O), on the device.
        channels_last: lay image batches out channels-last.
        reconstructs: a batch's targets are its own inputs, scaled and augmented with them;
            `targets` are then only labels of pictures.
        output_size: side of the squares that images leave as; 0 leaves them as they are.
    """

    def __init__(
        self,
        inputs: Tensor,
        targets: Tensor,
        mean: Sequence[float],
        std: Sequence[float],
        *,
        channels_last: bool = False,
        reconstructs: bool = False,
        output_size: int = 0,
    ) -> None:
        self.inputs = inputs
        self.targets = targets
        self.reconstructs = reconstructs
        self.output_size = output_size
        self.channels_last = channels_last and inputs.dtype == torch.uint8
        # (x / 255 - mean) / std as one product and one sum; computed in float64, kept in float32.
        mean_C = torch.tensor(mean, dtype=torch.float64)
        std_C = torch.tensor(std, dtype=torch.float64)
        top = _MAX_PIXEL if inputs.dtype == torch.uint8 else 1
        shape = (1, -1) + (1,) * (inputs.ndim - 2)
        self._scale = (1 / (top * std_C)).float().view(shape).to(inputs.device)
        self._shift = (-mean_C / std_C).float().view(shape).to(inputs.device)

    @property
    def num_examples(self) -> int:
        """How many examples the split holds."""
        return len(self.inputs)

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""
        return self.inputs.device

    def draws(self, data: DataOptions, seed: int, epoch: int) -> Draws | None:
        """Return how [data] augments every example in one epoch, on the split's device."""
        if data.augment == "resized-crop":
            image = (self.inputs.shape[-2], self.inputs.shape[-1])
            drawn = resized_draws(self.num_examples, seed, epoch, image, self.output_size)
            return drawn.to(self.device)
        plain = epoch_draws(self.num_examples, seed, epoch, data.augment, data.crop_padding)
        return None if plain is None else plain.to(self.device)

    def take(self, index_B: Tensor, draws: Draws | None = None) -> tuple[Tensor, Tensor]:
        """Return the normalised float32 inputs and the targets of a batch.

        Args:
            index_B: example numbers within the split, int64, on the split's device.
            draws: the epoch's whole tables on the same device (entry n belongs to example n);
                None leaves the images as they are.
        """
        inputs = self.inputs.index_select(0, index_B)
        if isinstance(draws, ResizedDraws):
            inputs = draws.at(index_B).augment(inputs)
        else:
            inputs = self._viewed(inputs if draws is None else augment(inputs, draws.at(index_B)))
        normalised = self._normalised(inputs)
        if self.reconstructs:
            return normalised, normalised
        return normalised, self.targets.index_select(0, index_B)

    def batches(
        self, batch_size: int, index: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (inputs, targets) in the order of `index`, or in stored order, not augmented.

        The last batch may be smaller; an empty split yields nothing.
        """
        if index is not None:
            for part in index.to(self.device).split(batch_size):
                if len(part):
                    yield self.take(part)
            return
        for start in range(0, self.num_examples, batch_size):
            stop = start + batch_size
            normalised = self._normalised(self._viewed(self.inputs[start:stop]))
            yield normalised, normalised if self.reconstructs else self.targets[start:stop]

    def mean_input(self) -> Tensor:
        """Return the mean of all inputs as a network takes them, (C, H, W) or (F,)."""
        total: Tensor | None = None
        # Piece by piece: the pixels of a large set as floats would not fit beside it.
        for inputs, _ in self.batches(_PIECE):
            piece = inputs.sum(0, dtype=torch.float64)
            total = piece if total is None else total + piece
        assert total is not None, "an empty split has no mean"
        return (total / self.num_examples).float()

    def _viewed(self, inputs: Tensor) -> Tensor:
        return centre_view(inputs, self.output_size) if self.output_size else inputs

    def _normalised(self, inputs: Tensor) -> Tensor:
        if self.channels_last:
            # Moving bytes, not floats, into the other layout: a quarter of the traffic.
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        # `to` copies unless the type is float32 already; features must not be changed in place.
        wide = inputs.to(torch.float32, copy=True)
        return wide.mul_(self._scale).add_(self._shift)
