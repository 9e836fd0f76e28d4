"""ResNet18 for CIFAR, with and without batch norm, with and without bias.

Source: He et al., arXiv:1512.03385, in the variant of kuangliu/pytorch-cifar, whose parameter
names these are: a 3 × 3 stem that keeps the image's size, four stages of two blocks, 1 × 1
shortcuts; torch's default initialisation. Without batch norm nothing stands in its place. Ours
averages over whatever positions are left, so other image sizes work; at 32 pixels that is the
reference's 4 × 4 pooling.
Shape letters: B = examples, C, H, W = image axes, O = outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from torch import Tensor, nn
from torch.nn import functional

from mcworkbench.models.images import require_images

if TYPE_CHECKING:
    from mcworkbench.config.options.model.resnet import ResNet18Options

_PLANES = (64, 128, 256, 512)
_BLOCKS_PER_STAGE = 2
_SMALLEST = 8


def _norm(num_channels: int, *, batch_norm: bool) -> nn.Module:
    return nn.BatchNorm2d(num_channels) if batch_norm else nn.Sequential()


@final
class BasicBlock(nn.Module):
    """Two 3 × 3 convolutions; the shortcut is added before the last ReLU."""

    def __init__(self, size_in: int, planes: int, stride: int, *, batch_norm: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(size_in, planes, 3, stride, padding=1, bias=False)
        self.bn1 = _norm(planes, batch_norm=batch_norm)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = _norm(planes, batch_norm=batch_norm)
        self.shortcut = nn.Sequential()
        if stride != 1 or size_in != planes:
            self.shortcut.append(nn.Conv2d(size_in, planes, 1, stride, bias=False))
            self.shortcut.append(_norm(planes, batch_norm=batch_norm))

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, (B, planes, H/stride, W/stride)."""
        identity = self.shortcut(x)
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        return functional.relu(self.bn2(self.conv2(x)) + identity, inplace=True)


@final
class ResNet18(nn.Module):
    """Four stages of 64, 128, 256 and 512 planes; all but the first halve the image."""

    def __init__(
        self, num_channels: int, num_outputs: int, *, batch_norm: bool, bias: bool
    ) -> None:
        super().__init__()
        size = _PLANES[0]
        self.conv1 = nn.Conv2d(num_channels, size, 3, padding=1, bias=False)
        self.bn1 = _norm(size, batch_norm=batch_norm)
        stages: list[nn.Sequential] = []
        for stage, planes in enumerate(_PLANES):
            blocks: list[nn.Module] = []
            for number in range(_BLOCKS_PER_STAGE):
                stride = 2 if stage and not number else 1
                blocks.append(BasicBlock(size, planes, stride, batch_norm=batch_norm))
                size = planes
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.linear = nn.Linear(size, num_outputs, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for images (B, C, H, W)."""
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.linear(x.mean((2, 3)))


def build(options: ResNet18Options, input_shape: tuple[int, ...], num_outputs: int) -> ResNet18:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images of at least 8 × 8 pixels.
    """
    require_images(options.name, input_shape, _SMALLEST)
    return ResNet18(input_shape[0], num_outputs, batch_norm=options.batch_norm, bias=options.bias)
