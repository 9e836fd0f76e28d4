"""The wide residual network for CIFAR.

Source: Zagoruyko and Komodakis, arXiv:1605.07146, in the variant of
timgaripov/dnn-mode-connectivity, whose parameter names these are: every convolution has a bias,
a block strides in its second convolution, and the last batch norm has momentum 0.9; torch's
default initialisation. Ours averages over whatever positions are left, so other image sizes
work; at 32 pixels that is the reference's 8 × 8 pooling.
Shape letters: B = examples, C, H, W = image axes, O = outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from torch import Tensor, nn
from torch.nn import functional

from mcworkbench.models.images import require_images

if TYPE_CHECKING:
    from mcworkbench.config.options.model.wideresnet import WideResNetOptions

_STEM = 16
_PLANES = (16, 32, 64)
_LAST_MOMENTUM = 0.9
_SMALLEST = 4


@final
class WideBlock(nn.Module):
    """Two 3 × 3 convolutions, each after batch norm and ReLU; the identity is the raw input."""

    def __init__(self, size_in: int, planes: int, stride: int, dropout: float) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(size_in)
        self.conv1 = nn.Conv2d(size_in, planes, 3, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, padding=1)
        self.shortcut = nn.Sequential()
        if stride != 1 or size_in != planes:
            self.shortcut.append(nn.Conv2d(size_in, planes, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, (B, planes, H/stride, W/stride)."""
        identity = self.shortcut(x)
        x = self.dropout(self.conv1(functional.relu(self.bn1(x), inplace=True)))
        x = self.conv2(functional.relu(self.bn2(x), inplace=True))
        return x + identity


@final
class WideResNet(nn.Module):
    """Three stages of widened 16, 32 and 64 planes; the second and third halve the image."""

    def __init__(
        self, depth: int, widen: int, dropout: float, num_channels: int, num_outputs: int
    ) -> None:
        super().__init__()
        num_blocks = (depth - 4) // 6
        size = _STEM
        self.conv1 = nn.Conv2d(num_channels, size, 3, padding=1)
        stages: list[nn.Sequential] = []
        for stage, planes in enumerate(_PLANES):
            blocks: list[nn.Module] = []
            for number in range(num_blocks):
                stride = 2 if stage and not number else 1
                blocks.append(WideBlock(size, planes * widen, stride, dropout))
                size = planes * widen
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3 = stages
        self.bn1 = nn.BatchNorm2d(size, momentum=_LAST_MOMENTUM)
        self.linear = nn.Linear(size, num_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for images (B, C, H, W)."""
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        x = functional.relu(self.bn1(x), inplace=True)
        return self.linear(x.mean((2, 3)))


def build(options: WideResNetOptions, input_shape: tuple[int, ...], num_outputs: int) -> WideResNet:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images of at least 4 × 4 pixels.
    """
    require_images(options.name, input_shape, _SMALLEST)
    return WideResNet(options.depth, options.widen, options.dropout, input_shape[0], num_outputs)
