"""A small convolutional autoencoder for images of 8, 28 or 32 pixels.

Two halvings, a linear code, two doublings; the shape of `ae_seed` where a CPU must do.
Shape letters: B = examples, C, H, W = image axes, Z = numbers of a code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from mcworkbench.models.autoencoder import (
    LEAK,
    AbstractAutoencoder,
    check_images,
    initialise,
    squash,
)

if TYPE_CHECKING:
    from mcworkbench.config.options.model.autoencoder import AeTinyOptions

_HALVINGS = 4


@final
class AeTiny(AbstractAutoencoder):
    """Strided convolutions, a linear code, nearest upsampling before plain convolutions."""

    code_out = "fc1"
    code_in = "d1"
    code_kind = "linear"

    def __init__(self, image: tuple[int, int, int], options: AeTinyOptions) -> None:
        super().__init__(options.noise, options.range)
        channels, height, width = image
        w = options.width
        self.start = (2 * w, height // _HALVINGS, width // _HALVINGS)
        flat = self.start[0] * self.start[1] * self.start[2]
        self.e1, self.bn1 = nn.Conv2d(channels, w, 4, 2, 1), nn.BatchNorm2d(w)
        self.e2, self.bn2 = nn.Conv2d(w, 2 * w, 4, 2, 1), nn.BatchNorm2d(2 * w)
        self.fc1 = nn.Linear(flat, options.code)
        self.d1 = nn.Linear(options.code, flat)
        self.d2, self.bn3 = nn.Conv2d(2 * w, w, 3, 1, 1), nn.BatchNorm2d(w)
        self.d3 = nn.Conv2d(w, channels, 3, 1, 1)
        self.squash = squash(options.range)
        initialise(self, options.init)

    @override
    def encode(self, x_BCHW: Tensor) -> Tensor:
        x = functional.leaky_relu(self.bn1(self.e1(x_BCHW)), LEAK)
        x = functional.leaky_relu(self.bn2(self.e2(x)), LEAK)
        return self.fc1(x.flatten(1))

    @override
    def decode(self, code_BZ: Tensor) -> Tensor:
        x = functional.relu(self.d1(code_BZ)).view(-1, *self.start)
        x = functional.leaky_relu(self.bn3(self.d2(_doubled(x))), LEAK)
        return self.squash(self.d3(_doubled(x)))


def _doubled(x_BCHW: Tensor) -> Tensor:
    return functional.interpolate(x_BCHW, scale_factor=2, mode="nearest")


def build(options: AeTinyOptions, input_shape: tuple[int, ...], num_outputs: int) -> AeTiny:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images with sides that are multiples of 4.
    """
    image = check_images(
        "ae_tiny", input_shape, num_outputs, multiple=_HALVINGS, smallest=_HALVINGS
    )
    return AeTiny(image, options)
