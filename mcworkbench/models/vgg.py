"""VGG for 32-pixel images: five blocks of 3 × 3 convolutions, three linear layers with dropout.

Source: Simonyan and Zisserman, arXiv:1409.1556, in the variant of
timgaripov/dnn-mode-connectivity, whose parameter names and initialisation these are. With batch
norm the order is convolution, batch norm, ReLU. The reference's own VGG16BN and VGG19BN pair
each block's layers [convolution, batch norm, convolution, …] with as many ReLUs as it has
convolutions and drop the rest, so half of them never run; `wiring = "reference"` repeats that,
for checkpoints trained so.
Keys: `layer_blocks.<block>.<layer>.*` (with batch norm even layers convolve, odd ones
normalise), `classifier.1|4|6.*`.
Shape letters: B = examples, C, H, W = image axes, O = outputs.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, cast, final

from torch import Tensor, nn
from torch.nn import functional

from mcworkbench.config.options.model.vgg import VggOptions
from mcworkbench.models.images import require_images

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcworkbench.config.options.model.vgg import Vgg16Options

_WIDTHS = (64, 128, 256, 512, 512)
_NUM_CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
_FEATURES = 512
# Five poolings must leave exactly one position.
_SMALLEST, _LARGEST = 32, 63


@final
class VGG(nn.Module):
    """Blocks of convolutions, each block halving the image, then three linear layers."""

    def __init__(
        self,
        num_channels: int,
        num_outputs: int,
        depth: int,
        dropout: float,
        *,
        batch_norm: bool = False,
        has_reference_wiring: bool = False,
    ) -> None:
        super().__init__()
        self._has_reference_wiring = has_reference_wiring
        self.layer_blocks = nn.ModuleList()
        size = num_channels
        for width, num_convolutions in zip(_WIDTHS, _NUM_CONVOLUTIONS[depth], strict=True):
            block = nn.ModuleList()
            for _ in range(num_convolutions):
                block.append(nn.Conv2d(size, width, 3, padding=1))
                if batch_norm:
                    block.append(nn.BatchNorm2d(width))
                size = width
            self.layer_blocks.append(block)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(_FEATURES, _FEATURES),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(_FEATURES, _FEATURES),
            nn.ReLU(inplace=True),
            nn.Linear(_FEATURES, num_outputs),
        )
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
                nn.init.normal_(module.weight, 0, math.sqrt(2 / fan_out))
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def _steps(self, block: Iterable[nn.Module]) -> Iterator[tuple[nn.Module, bool]]:
        """Yield the layers of a block that run, each with whether a ReLU follows it."""
        layers = list(block)
        if self._has_reference_wiring:
            num_convolutions = sum(isinstance(layer, nn.Conv2d) for layer in layers)
            yield from ((layer, True) for layer in islice(layers, num_convolutions))
            return
        for layer, after in zip(layers, [*layers[1:], None], strict=True):
            yield layer, not isinstance(after, nn.BatchNorm2d)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for images (B, C, H, W), 32 ≤ H, W < 64."""
        for block in self.layer_blocks:
            for layer, has_relu in self._steps(cast("Iterable[nn.Module]", block)):
                x = layer(x)
                if has_relu:
                    x = functional.relu(x, inplace=True)
            x = functional.max_pool2d(x, 2)
        return self.classifier(x.flatten(1))


def build(
    options: VggOptions | Vgg16Options, input_shape: tuple[int, ...], num_outputs: int
) -> VGG:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images of 32 to 63 pixels a side.
    """
    require_images(options.name, input_shape, _SMALLEST, _LARGEST)
    if not isinstance(options, VggOptions):
        return VGG(input_shape[0], num_outputs, 16, options.dropout)
    return VGG(
        input_shape[0],
        num_outputs,
        options.depth,
        options.dropout,
        batch_norm=options.batch_norm,
        has_reference_wiring=options.wiring == "reference",
    )
