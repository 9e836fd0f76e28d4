"""The convolutions of VGG16 as a fixed network that maps images to features.

Written here, with torchvision's key names (`features.N.weight`), so that published weights, those
of a network trained by this workbench, and random ones all fit. Frozen and in evaluation mode.
Shape letters: B = examples, C, H, W = image axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from mcworkbench.config.options.loss import VGG16_LAYERS
from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
# Of the images that torchvision's weights were trained on.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def _places() -> list[tuple[int, int]]:
    """Return block and place in it of every convolution, in order."""
    return [(block, place) for block, widths in enumerate(_BLOCKS) for place in range(len(widths))]


def _index_of(block: int, place: int) -> int:
    """Return the N of `features.N` of a convolution: each has a ReLU, each block a pooling."""
    return sum(2 * len(widths) + 1 for widths in _BLOCKS[:block]) + 2 * place


FEATURE_SHAPES = {
    f"features.{_index_of(b, p)}.weight": (
        _BLOCKS[b][p],
        (_BLOCKS[b][p - 1] if p else _BLOCKS[b - 1][-1]) if b or p else 3,
        3,
        3,
    )
    for b, p in _places()
}


@final
class VggFeatures(nn.Module):
    """Images in [0, 1] to the rectified maps of chosen layers.

    Attributes:
        source: in words, where the weights come from.
    """

    def __init__(
        self,
        layers: Sequence[str],
        tensors: Mapping[str, Tensor],
        *,
        mean: Sequence[float],
        std: Sequence[float],
        source: str,
        side: int = 0,
    ) -> None:
        """Keep the convolutions down to the deepest layer.

        Args:
            layers: names of the wanted maps, from shallow to deep.
            tensors: `features.N.weight` and `.bias`; others are ignored.
            mean: subtracted per channel before the first convolution; one number is for all.
            std: what is divided by, likewise.
            source: in words.
            side: images are resized to this many pixels first; 0 leaves them.
        """
        super().__init__()
        self.source = source
        self._wanted = {VGG16_LAYERS[name]: name for name in layers}
        self._side = side
        deepest = max(self._wanted)
        self.convolutions = nn.ModuleDict()
        for block, place in _places():
            index = _index_of(block, place)
            if index > deepest:
                break
            weight, bias = (_tensor(tensors, f"features.{index}.{part}") for part in _PARTS)
            convolution = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
            convolution.weight.data.copy_(weight)
            assert convolution.bias is not None
            convolution.bias.data.copy_(bias)
            self.convolutions[str(index)] = convolution
        first = next(iter(self.convolutions.values()))
        self.channels = int(first.in_channels)  # pyright: ignore[reportArgumentType]
        shape = (1, -1, 1, 1)
        self.register_buffer("mean", torch.tensor(mean).view(shape), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(shape), persistent=False)
        self.requires_grad_(requires_grad=False)
        self.eval()

    @override
    def forward(self, x_BCHW: Tensor) -> list[Tensor]:
        """Return the wanted maps, from shallow to deep."""
        x = x_BCHW
        if x.shape[1] != self.channels:
            # Grey for a colour network, or the luminance of colours for a grey one.
            x = x.expand(-1, self.channels, -1, -1) if x.shape[1] == 1 else x.mean(1, keepdim=True)
        if self._side:
            size = (self._side, self._side)
            x = functional.interpolate(x, size, mode="bilinear", align_corners=False)
        x = (x - self.get_buffer("mean")) / self.get_buffer("std")
        maps: list[Tensor] = []
        block = 0
        for index, convolution in self.convolutions.items():
            if _starts_block(int(index)) and int(index):
                x = functional.max_pool2d(x, 2)
                block += 1
            x = functional.relu(convolution(x))
            if int(index) + 1 in self._wanted:
                maps.append(x)
        return maps


_PARTS = ("weight", "bias")
_STARTS = {_index_of(block, 0) for block in range(len(_BLOCKS))}


def _starts_block(index: int) -> bool:
    return index in _STARTS


def _tensor(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    value = tensors.get(name)
    expected = FEATURE_SHAPES[f"{name.rpartition('.')[0]}.weight"]
    # The first convolution of a network of ours may read grey images.
    free = name == "features.0.weight"
    wanted = expected if name.endswith("weight") else expected[:1]
    shape = None if value is None else tuple(value.shape)
    if value is None or shape is None or shape[free * 2 :] != wanted[free * 2 :]:
        found = "is missing" if shape is None else f"has shape {shape}"
        raise InvalidInputError(
            f"[loss] features: '{name}' {found}, but VGG16's features need {wanted}; give weights "
            "with torchvision's names."
        )
    return value.float()


def random_features(seed: int) -> dict[str, Tensor]:
    """Return a randomly initialised VGG16 (Kaiming, fan in, ReLU), the same for equal seeds."""
    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, Tensor] = {}
    for name, shape in FEATURE_SHAPES.items():
        deviation = (2 / (shape[1] * shape[2] * shape[3])) ** 0.5
        tensors[name] = deviation * torch.randn(shape, generator=generator)
        tensors[f"{name.removesuffix('weight')}bias"] = torch.zeros(shape[0])
    return tensors


def from_own_vgg(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the features of this workbench's vgg16 under torchvision's names.

    Raises:
        InvalidInputError: the network is no vgg16.
    """
    found: dict[str, Tensor] = {}
    for block, place in _places():
        for part in _PARTS:
            name = f"layer_blocks.{block}.{place}.{part}"
            if name not in tensors:
                raise InvalidInputError(
                    f"[loss] features: the network has no '{name}'; name one with [model] "
                    "name = 'vgg16'."
                )
            found[f"features.{_index_of(block, place)}.{part}"] = tensors[name]
    return found


def smallest_side(layer: str) -> int:
    """Return how many pixels an image needs for a layer's map to exist."""
    index = VGG16_LAYERS[layer]
    return 2 ** sum(start <= index for start in _STARTS if start)
