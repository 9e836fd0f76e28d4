"""The first study's autoencoder: five halvings, a linear code, nearest upsampling.

Source: BobrG/sk_fast_dnn_ensembles, autoencoder_old.py, whose parameter names, shapes and order
these are; ours takes width and image size apart, where the source ties the size to the widths.
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
    from mcworkbench.config.options.model.autoencoder import AeSeedOptions

_HALVINGS = 32
_DOUBLINGS = 16
# Ours keeps the source's larger epsilon in the decoder.
_DECODER_EPSILON = 1e-3


@final
class AeSeed(AbstractAutoencoder):
    """Convolutions of stride 2, a linear code, and upsampling before plain convolutions."""

    code_out = "fc1"
    code_in = "d1"
    code_kind = "linear"

    def __init__(self, image: tuple[int, int, int], options: AeSeedOptions) -> None:
        super().__init__(options.noise, options.range)
        channels, height, width = image
        w = options.width
        small = (height // _HALVINGS) * (width // _HALVINGS)
        self.start = (2 * w, height // _DOUBLINGS, width // _DOUBLINGS)
        self.e1, self.bn1 = nn.Conv2d(channels, w, 4, 2, 1), nn.BatchNorm2d(w)
        self.e2, self.bn2 = nn.Conv2d(w, 2 * w, 4, 2, 1), nn.BatchNorm2d(2 * w)
        self.e3, self.bn3 = nn.Conv2d(2 * w, 4 * w, 4, 2, 1), nn.BatchNorm2d(4 * w)
        self.e4, self.bn4 = nn.Conv2d(4 * w, 8 * w, 4, 2, 1), nn.BatchNorm2d(8 * w)
        self.e5, self.bn5 = nn.Conv2d(8 * w, 8 * w, 4, 2, 1), nn.BatchNorm2d(8 * w)
        self.fc1 = nn.Linear(8 * w * small, options.code)
        self.d1 = nn.Linear(options.code, self.start[0] * self.start[1] * self.start[2])
        self.d2 = nn.Conv2d(2 * w, 8 * w, 3)
        self.bn6 = nn.BatchNorm2d(8 * w, _DECODER_EPSILON)
        self.d3 = nn.Conv2d(8 * w, 4 * w, 3)
        self.bn7 = nn.BatchNorm2d(4 * w, _DECODER_EPSILON)
        self.d4 = nn.Conv2d(4 * w, 2 * w, 3)
        self.bn8 = nn.BatchNorm2d(2 * w, _DECODER_EPSILON)
        self.d5 = nn.Conv2d(2 * w, w, 3)
        self.bn9 = nn.BatchNorm2d(w, _DECODER_EPSILON)
        self.d6 = nn.Conv2d(w, channels, 3)
        self.squash = squash(options.range)
        initialise(self, options.init)

    @override
    def encode(self, x_BCHW: Tensor) -> Tensor:
        x = functional.leaky_relu(self.bn1(self.e1(x_BCHW)), LEAK)
        x = functional.leaky_relu(self.bn2(self.e2(x)), LEAK)
        x = functional.leaky_relu(self.bn3(self.e3(x)), LEAK)
        x = functional.leaky_relu(self.bn4(self.e4(x)), LEAK)
        x = functional.leaky_relu(self.bn5(self.e5(x)), LEAK)
        return self.fc1(x.flatten(1))

    @override
    def decode(self, code_BZ: Tensor) -> Tensor:
        x = functional.relu(self.d1(code_BZ)).view(-1, *self.start)
        x = functional.leaky_relu(self.bn6(self.d2(_doubled(x))), LEAK)
        x = functional.leaky_relu(self.bn7(self.d3(_doubled(x))), LEAK)
        x = functional.leaky_relu(self.bn8(self.d4(_doubled(x))), LEAK)
        x = functional.leaky_relu(self.bn9(self.d5(_doubled(x))), LEAK)
        return self.squash(self.d6(_edged(x)))


def _doubled(x_BCHW: Tensor) -> Tensor:
    return _edged(functional.interpolate(x_BCHW, scale_factor=2, mode="nearest"))


def _edged(x_BCHW: Tensor) -> Tensor:
    """Return the maps with their border repeated once: the source's ReplicationPad2d(1)."""
    return functional.pad(x_BCHW, (1, 1, 1, 1), mode="replicate")


def build(options: AeSeedOptions, input_shape: tuple[int, ...], num_outputs: int) -> AeSeed:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images with sides that are multiples of 32.
    """
    image = check_images(
        "ae_seed", input_shape, num_outputs, multiple=_HALVINGS, smallest=_HALVINGS
    )
    return AeSeed(image, options)
