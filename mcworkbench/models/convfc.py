"""5 × 5 convolutions that double their channels, then linear layers of 1000 units.

Source: ConvFC of timgaripov/dnn-mode-connectivity, whose parameter names and initialisation
these are; ConvFCNoBias and Conv2FC1 of avecplezir/distribution-based-connectivity are the same
without bias and with fewer layers.
Keys: `conv_part.<3l>.*`, `fc_part.<2l>.*`.
Shape letters: B = examples, C, H, W = image axes, O = outputs.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, final

from torch import Tensor, nn

from mcworkbench.models.images import require_images

if TYPE_CHECKING:
    from mcworkbench.config.options.model.convfc import ConvFcOptions

_FIRST_CHANNELS = 32
_UNITS = 1000
_KERNEL, _POOL, _STRIDE = 5, 3, 2


@final
class ConvFC(nn.Module):
    """Convolutions, each with ReLU and overlapping max-pooling, then linear layers with ReLU."""

    def __init__(
        self,
        input_shape: tuple[int, ...],
        num_outputs: int,
        num_convolutions: int,
        num_linear: int,
        *,
        bias: bool,
    ) -> None:
        super().__init__()
        size, height, width = input_shape
        convolutions: list[nn.Module] = []
        for place in range(num_convolutions):
            channels = _FIRST_CHANNELS << place
            convolutions.append(nn.Conv2d(size, channels, _KERNEL, padding=_KERNEL // 2, bias=bias))
            convolutions += [nn.ReLU(inplace=True), nn.MaxPool2d(_POOL, _STRIDE)]
            size, height, width = channels, _pooled(height), _pooled(width)
        self.conv_part = nn.Sequential(*convolutions)
        sizes = [size * height * width, *[_UNITS] * (num_linear - 1), num_outputs]
        layers: list[nn.Module] = []
        for size_in, size_out in pairwise(sizes):
            layers += [nn.Linear(size_in, size_out, bias=bias), nn.ReLU(inplace=True)]
        self.fc_part = nn.Sequential(*layers[:-1])
        for module in self.conv_part:
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(
                    module.weight, 0, math.sqrt(2 / (_KERNEL * _KERNEL * module.out_channels))
                )
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for images (B, C, H, W)."""
        return self.fc_part(self.conv_part(x).flatten(1))


def _pooled(side: int) -> int:
    return (side - _POOL) // _STRIDE + 1


def build(options: ConvFcOptions, input_shape: tuple[int, ...], num_outputs: int) -> ConvFC:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images that so many poolings leave something of.
    """
    smallest = 1
    for _ in range(options.convolutions):
        smallest = (smallest - 1) * _STRIDE + _POOL
    require_images(options.name, input_shape, smallest)
    return ConvFC(input_shape, num_outputs, options.convolutions, options.linear, bias=options.bias)
