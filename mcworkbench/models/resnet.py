"""The residual network for CIFAR of three stages, of any width, normalised by batch or layer.

Source: He et al., arXiv:1512.03385, in the variant of KellerJordan/REPAIR and gstoica27/ZipIt,
whose parameter names and initialisation these are: the shortcut where the shape changes is a
3 × 3 convolution with batch norm. AutoNEB's has a 1 × 1 convolution there (its initialisation
differs). Git Re-Basin normalises over the channels of each position instead of the batch.
Shape letters: B = examples, C, H, W = image axes, O = outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, final

from torch import Tensor, nn
from torch.nn import functional

from mcworkbench.models.images import require_images

if TYPE_CHECKING:
    from mcworkbench.config.options.model.resnet import ResNetOptions

Norm: TypeAlias = Callable[[int], nn.Module]
_PLANES = (16, 32, 64)
_SMALLEST = 4
_EPSILON = 1e-5


@final
class ChannelNorm(nn.Module):
    """Layer norm over the channels at each position of an image."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(num_channels, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """Return x (B, C, H, W) with zero mean and unit variance over C, scaled and shifted."""
        return self.norm(x.movedim(1, -1)).movedim(-1, 1)


_NORMS: dict[str, Norm] = {"batch": nn.BatchNorm2d, "layer": ChannelNorm}


@final
class BasicBlock(nn.Module):
    """Two 3 × 3 convolutions, each with its norm; the shortcut is added before the last ReLU."""

    def __init__(self, size_in: int, planes: int, stride: int, norm: Norm, kernel: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(size_in, planes, 3, stride, padding=1, bias=False)
        self.bn1 = norm(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = norm(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or size_in != planes:
            self.shortcut.append(
                nn.Conv2d(size_in, planes, kernel, stride, padding=kernel // 2, bias=False)
            )
            self.shortcut.append(norm(planes))

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, (B, planes, H/stride, W/stride)."""
        identity = self.shortcut(x)
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        return functional.relu(self.bn2(self.conv2(x)) + identity, inplace=True)


@final
class ResNet(nn.Module):
    """Three stages of widened 16, 32 and 64 planes; the second and third halve the image."""

    def __init__(
        self, depth: int, width: int, norm: Norm, kernel: int, num_channels: int, num_outputs: int
    ) -> None:
        super().__init__()
        num_blocks = (depth - 2) // 6
        size = _PLANES[0] * width
        self.conv1 = nn.Conv2d(num_channels, size, 3, padding=1, bias=False)
        self.bn1 = norm(size)
        stages: list[nn.Sequential] = []
        for stage, planes in enumerate(_PLANES):
            blocks: list[nn.Module] = []
            for number in range(num_blocks):
                stride = 2 if stage and not number else 1
                blocks.append(BasicBlock(size, planes * width, stride, norm, kernel))
                size = planes * width
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3 = stages
        self.linear = nn.Linear(size, num_outputs)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for images (B, C, H, W)."""
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def build(options: ResNetOptions, input_shape: tuple[int, ...], num_outputs: int) -> ResNet:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images of at least 4 × 4 pixels.
    """
    require_images(options.name, input_shape, _SMALLEST)
    norm = _NORMS[options.norm]
    return ResNet(options.depth, options.width, norm, options.shortcut, input_shape[0], num_outputs)
