"""VGG for 32-pixel images with one linear layer, of several widths, with and without bias.

Source: Simonyan and Zisserman, arXiv:1409.1556, in the variant of kuangliu/pytorch-cifar and
sidak/otfusion, whose parameter names these are; torch's default initialisation. REPAIR and ZipIt
multiply every width, otfusion all but the first and the last: both are options.
Keys: `features.<place>.*`, the place counting convolutions, batch norms, ReLUs and poolings;
`classifier.*`.
Shape letters: B = examples, C, H, W = image axes, O = outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from torch import Tensor, nn

from mcworkbench.models.images import require_images

if TYPE_CHECKING:
    from mcworkbench.config.options.model.vgg import VggLinearOptions

_FIRST, _LAST = 64, 512
_WIDTHS = (64, 128, 256, 512, 512)
_NUM_CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
_HIDDEN = {"normal": 1.0, "half": 0.5, "double": 2.0, "quad": 4.0}
# Five poolings must leave exactly one position.
_SMALLEST, _LARGEST = 32, 63


@final
class VGGLinear(nn.Module):
    """Convolutions, each with its ReLU, five poolings between them, and a linear layer."""

    def __init__(
        self,
        num_channels: int,
        num_outputs: int,
        blocks: list[list[int]],
        *,
        batch_norm: bool,
        bias: bool,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        size = num_channels
        for widths in blocks:
            for width in widths:
                layers.append(nn.Conv2d(size, width, 3, padding=1, bias=bias))
                if batch_norm:
                    layers.append(nn.BatchNorm2d(width))
                layers.append(nn.ReLU(inplace=True))
                size = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(size, num_outputs, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for images (B, C, H, W), 32 ≤ H, W < 64."""
        return self.classifier(self.features(x).flatten(1))


def _blocks(options: VggLinearOptions) -> list[list[int]]:
    """Return the width of every convolution, block by block."""
    factor = _HIDDEN[options.hidden]
    counts = _NUM_CONVOLUTIONS[options.depth]
    blocks = [[round(width * factor)] * num for width, num in zip(_WIDTHS, counts, strict=True)]
    blocks[0][0], blocks[-1][-1] = _FIRST, _LAST
    return [[options.widen * width for width in block] for block in blocks]


def build(options: VggLinearOptions, input_shape: tuple[int, ...], num_outputs: int) -> VGGLinear:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images of 32 to 63 pixels a side.
    """
    require_images(options.name, input_shape, _SMALLEST, _LARGEST)
    return VGGLinear(
        input_shape[0],
        num_outputs,
        _blocks(options),
        batch_norm=options.batch_norm,
        bias=options.bias,
    )
