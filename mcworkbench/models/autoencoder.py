"""What every autoencoder is: an encoder, a decoder, and the code between them.

Training, curves and evaluation only call the module; pictures and codes are asked for by
`encode` and `decode`. The range of the data decides the last activation and nothing else does.
Shape letters: B = examples, C, H, W = image axes, Z = numbers of a code.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal, final

import torch
from torch import Tensor, nn
from typing_extensions import override

from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.config.options.model.autoencoder import ImageRange, InitScheme

LEAK = 0.2
_SPREAD = 0.02
_IMAGE_AXES = 3
# Length of each range in its own units, so that noise means the same share of it.
_SPANS = {"unit": 1.0, "signed": 2.0}


class AbstractAutoencoder(nn.Module, ABC):
    """A network that gives back its input through a code.

    Attributes:
        code_out: name of the linear layer whose outputs are the code, before `code_kind`.
        code_in: name of the linear layer that reads the code.
        code_kind: "linear", or "odd" where an odd function such as tanh follows `code_out`.
            What leaves the network as it is: for a linear code any rotation and shift between
            the two layers, for an odd one permuting and flipping its numbers.
    """

    code_out: str
    code_in: str
    code_kind: Literal["linear", "odd"]

    def __init__(self, noise: float, image_range: ImageRange) -> None:
        super().__init__()
        self.noise = InputNoise(noise * _SPANS[image_range])

    @abstractmethod
    def encode(self, x_BCHW: Tensor) -> Tensor:
        """Return the codes (B, Z) of images."""

    @abstractmethod
    def decode(self, code_BZ: Tensor) -> Tensor:
        """Return the images (B, C, H, W) of codes, in the network's range."""

    @override
    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return the reconstructions (B, C, H, W); in training mode of noisy images."""
        return self.decode(self.encode(self.noise(x_BCHW)))


@final
class InputNoise(nn.Module):
    """Normal noise on the inputs in training mode, like dropout; nothing in evaluation mode."""

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    @override
    def forward(self, x: Tensor) -> Tensor:
        if self.training and self.deviation:
            return x + self.deviation * torch.randn_like(x)
        return x


def squash(image_range: ImageRange) -> nn.Module:
    """Return the activation whose values are just the range."""
    return nn.Sigmoid() if image_range == "unit" else nn.Tanh()


def initialise(module: nn.Module, scheme: InitScheme) -> None:
    """Initialise convolutions and batch norms; linear layers keep torch's default.

    Source: antonzub99/AEproject, AE_init_weights.py; "default" leaves everything as built.
    """
    if scheme == "default":
        return
    draw = _SCHEMES[scheme]
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            draw(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, _SPREAD)
            nn.init.zeros_(layer.bias)


def _normal(weight: Tensor) -> Tensor:
    return nn.init.normal_(weight, 0.0, _SPREAD)


def _kaiming_normal(weight: Tensor) -> Tensor:
    return nn.init.kaiming_normal_(weight, a=LEAK)


def _kaiming_uniform(weight: Tensor) -> Tensor:
    return nn.init.kaiming_uniform_(weight, a=LEAK)


_SCHEMES: dict[str, Callable[[Tensor], Tensor]] = {
    "normal": _normal,
    "kaiming_normal": _kaiming_normal,
    "kaiming_uniform": _kaiming_uniform,
}


def check_images(
    name: str, input_shape: tuple[int, ...], num_outputs: int, *, multiple: int, smallest: int
) -> tuple[int, int, int]:
    """Return (C, H, W) of images that an autoencoder can take.

    Raises:
        InvalidInputError: the inputs are no images or of other sides, or the data set asks for
            anything but its own inputs.
    """
    shape = " × ".join(str(size) for size in input_shape)
    if len(input_shape) != _IMAGE_AXES:
        raise InvalidInputError(
            f"[model] {name} reconstructs images, and this data set has inputs of {shape}; use a "
            "data set of images."
        )
    channels, height, width = input_shape
    if num_outputs != channels * height * width:
        raise InvalidInputError(
            f"[model] {name} gives back its {channels * height * width} inputs, and this data set "
            f"asks for {num_outputs} outputs; a plan opens data for it by its range."
        )
    if any(side % multiple or side < smallest for side in (height, width)):
        others = "" if name == "ae_tiny" else "use 'ae_tiny' or 'ae_dense', or "
        raise InvalidInputError(
            f"[model] {name} takes images whose sides are multiples of {multiple} from {smallest} "
            f"pixels on, and this data set has {shape}; {others}set [data] image_size where there "
            "is one."
        )
    return channels, height, width
