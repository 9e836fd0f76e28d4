"""VGG16 without batch norm for 32-pixel images.

Source: Simonyan and Zisserman, arXiv:1409.1556, in the variant of
timgaripov/dnn-mode-connectivity, whose parameter names and initialisation these are.
Shape letters: B = examples, C, H, W = image axes, O = outputs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast, final

from torch import Tensor, nn
from torch.nn import functional

from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcworkbench.config.options.model import Vgg16Options

_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
_FEATURES = 512
_IMAGE_AXES = 3
# Five poolings must leave exactly one position.
_SIDES = range(32, 64)


@final
class VGG16(nn.Module):
    """Thirteen 3 × 3 convolutions in five blocks, then three linear layers with dropout."""

    def __init__(self, num_channels: int, num_outputs: int, dropout: float) -> None:
        super().__init__()
        self.layer_blocks = nn.ModuleList()
        size = num_channels
        for widths in _BLOCKS:
            block = nn.ModuleList()
            for width in widths:
                block.append(nn.Conv2d(size, width, 3, padding=1))
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

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for images (B, C, H, W), 32 ≤ H, W < 64."""
        for block in self.layer_blocks:
            for convolution in cast("Iterable[nn.Module]", block):
                x = functional.relu(convolution(x), inplace=True)
            x = functional.max_pool2d(x, 2)
        return self.classifier(x.flatten(1))


def build(options: Vgg16Options, input_shape: tuple[int, ...], num_outputs: int) -> VGG16:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images of 32 to 63 pixels a side.
    """
    if len(input_shape) != _IMAGE_AXES or any(side not in _SIDES for side in input_shape[1:]):
        shape = " × ".join(str(size) for size in input_shape)
        raise InvalidInputError(
            f"[model] vgg16 takes images (channels × height × width) of 32 × 32 pixels, and this "
            f"data set has inputs of {shape}; use 'preresnet' or 'mlp', or another data set."
        )
    return VGG16(input_shape[0], num_outputs, options.dropout)
