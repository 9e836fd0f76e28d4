"""The pre-activation residual network for CIFAR: basic blocks below depth 44, bottlenecks above.

Source: He et al., arXiv:1603.05027, in the variant of timgaripov/dnn-mode-connectivity, whose
parameter names and initialisation these are. Ours averages over whatever positions are left, so
other image sizes work; at 32 pixels that is the reference's 8 × 8 pooling.
Shape letters: B = examples, C, H, W = image axes, O = outputs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, final

from torch import Tensor, nn
from torch.nn import functional

from mcworkbench.config.options.model.preresnet import FIRST_BOTTLENECK_DEPTH
from mcworkbench.models.images import require_images

if TYPE_CHECKING:
    from mcworkbench.config.options.model.preresnet import PreResNetOptions

_SMALLEST = 4
_PLANES = (16, 32, 64)


def _convolution(size_in: int, size_out: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(size_in, size_out, kernel, stride, padding=kernel // 2, bias=False)


def _shortcut(size_in: int, size_out: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and size_in == size_out:
        return None
    return nn.Sequential(_convolution(size_in, size_out, 1, stride))


@final
class BasicBlock(nn.Module):
    """Two 3 × 3 convolutions, each after batch norm and ReLU; the identity is the raw input."""

    expansion = 1

    def __init__(self, size_in: int, planes: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(size_in)
        self.conv1 = _convolution(size_in, planes, 3, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = _convolution(planes, planes, 3)
        self.downsample = _shortcut(size_in, planes, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, (B, planes, H/stride, W/stride)."""
        identity = x if self.downsample is None else self.downsample(x)
        x = self.conv1(functional.relu(self.bn1(x), inplace=True))
        x = self.conv2(functional.relu(self.bn2(x), inplace=True))
        return x + identity


@final
class Bottleneck(nn.Module):
    """1 × 1, 3 × 3 (strided) and widening 1 × 1 convolution, each after batch norm and ReLU."""

    expansion = 4

    def __init__(self, size_in: int, planes: int, stride: int) -> None:
        super().__init__()
        size_out = planes * self.expansion
        self.bn1 = nn.BatchNorm2d(size_in)
        self.conv1 = _convolution(size_in, planes, 1)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = _convolution(planes, planes, 3, stride)
        self.bn3 = nn.BatchNorm2d(planes)
        self.conv3 = _convolution(planes, size_out, 1)
        self.downsample = _shortcut(size_in, size_out, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, (B, 4·planes, H/stride, W/stride)."""
        identity = x if self.downsample is None else self.downsample(x)
        x = self.conv1(functional.relu(self.bn1(x), inplace=True))
        x = self.conv2(functional.relu(self.bn2(x), inplace=True))
        x = self.conv3(functional.relu(self.bn3(x), inplace=True))
        return x + identity


@final
class PreResNet(nn.Module):
    """Three stages of 16, 32 and 64 planes; the second and third halve the image."""

    def __init__(self, depth: int, num_channels: int, num_outputs: int) -> None:
        super().__init__()
        block = Bottleneck if depth >= FIRST_BOTTLENECK_DEPTH else BasicBlock
        num_blocks = (depth - 2) // (9 if block is Bottleneck else 6)
        size = _PLANES[0]
        self.conv1 = _convolution(num_channels, size, 3)
        stages: list[nn.Sequential] = []
        for stage, planes in enumerate(_PLANES):
            blocks: list[nn.Module] = []
            for number in range(num_blocks):
                blocks.append(block(size, planes, 2 if stage and not number else 1))
                size = planes * block.expansion
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3 = stages
        self.bn = nn.BatchNorm2d(size)
        self.fc = nn.Linear(size, num_outputs)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
                nn.init.normal_(module.weight, 0, math.sqrt(2 / fan_out))

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for images (B, C, H, W)."""
        x = self.conv1(x)
        x = self.layer3(self.layer2(self.layer1(x)))
        x = functional.relu(self.bn(x), inplace=True)
        return self.fc(x.mean((2, 3)))


def build(options: PreResNetOptions, input_shape: tuple[int, ...], num_outputs: int) -> PreResNet:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images of at least 4 × 4 pixels.
    """
    require_images(options.name, input_shape, _SMALLEST)
    return PreResNet(options.depth, input_shape[0], num_outputs)
