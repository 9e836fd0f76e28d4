"""The sibling study's autoencoder: strided convolutions, a tanh code, bilinear upsampling.

Source: antonzub99/AEproject, models/autoencoders.py, whose parameter names, shapes and order
these are; ours takes the image size apart and ends in the activation of the data's range.
Shape letters: B = examples, C, H, W = image axes, Z = numbers of a code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from torch import Tensor, nn
from typing_extensions import override

from mcworkbench.models.autoencoder import (
    LEAK,
    AbstractAutoencoder,
    check_images,
    initialise,
    squash,
)

if TYPE_CHECKING:
    from mcworkbench.config.options.model.autoencoder import AeZOptions

_HALVINGS = 16
_SMALLEST = 32


@final
class AeZ(AbstractAutoencoder):
    """Dropout follows every activation; convolutions have no biases."""

    code_out = "encoder.fc_out.0"
    code_in = "decoder.fc_in.0"
    code_kind = "odd"

    def __init__(self, image: tuple[int, int, int], options: AeZOptions) -> None:
        super().__init__(options.noise, options.range)
        self.encoder = _Encoder(image, options)
        self.decoder = _Decoder(image, options)
        initialise(self, options.init)

    @override
    def encode(self, x_BCHW: Tensor) -> Tensor:
        return self.encoder(x_BCHW)

    @override
    def decode(self, code_BZ: Tensor) -> Tensor:
        return self.decoder(code_BZ)


@final
class _Encoder(nn.Module):
    def __init__(self, image: tuple[int, int, int], options: AeZOptions) -> None:
        super().__init__()
        channels, height, width = image
        w, dropout = options.width, options.dropout
        layers: list[nn.Module] = [
            nn.Conv2d(channels, w, 4, 2, 1, bias=False),
            nn.LeakyReLU(LEAK),
            nn.Dropout(dropout),
        ]
        for factor in (1, 2, 4):
            layers += [
                nn.Conv2d(factor * w, 2 * factor * w, 4, 2, 1, bias=False),
                nn.BatchNorm2d(2 * factor * w),
                nn.LeakyReLU(LEAK),
                nn.Dropout(dropout),
            ]
        small = (height // _HALVINGS, width // _HALVINGS)
        layers.append(nn.Conv2d(8 * w, 8 * w, small, bias=False))
        self.features = nn.Sequential(*layers)
        self.fc_out = nn.Sequential(nn.Linear(8 * w, options.code), nn.Tanh())

    @override
    def forward(self, x_BCHW: Tensor) -> Tensor:
        return self.fc_out(self.features(x_BCHW).flatten(1))


@final
class _Decoder(nn.Module):
    def __init__(self, image: tuple[int, int, int], options: AeZOptions) -> None:
        super().__init__()
        channels, height, width = image
        w, dropout = options.width, options.dropout
        small = (height // _HALVINGS, width // _HALVINGS)
        layers: list[nn.Module] = [nn.Upsample(small, mode="bilinear", align_corners=False)]
        for size_in, size_out in ((8, 8), (8, 4), (4, 2), (2, 1)):
            layers += [
                nn.Conv2d(size_in * w, size_out * w, 5, 1, 2, bias=False),
                nn.BatchNorm2d(size_out * w),
                nn.LeakyReLU(LEAK),
                nn.Dropout(dropout),
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            ]
        layers += [nn.Conv2d(w, channels, 5, 1, 2, bias=False), squash(options.range)]
        # The source registers the convolutions before the layer that feeds them.
        self.features = nn.Sequential(*layers)
        self.fc_in = nn.Sequential(nn.Linear(options.code, 8 * w), nn.LeakyReLU(LEAK))
        self.dropout = nn.Dropout(dropout)

    @override
    def forward(self, code_BZ: Tensor) -> Tensor:
        start = self.dropout(self.fc_in(code_BZ))
        return self.features(start[:, :, None, None])


def build(options: AeZOptions, input_shape: tuple[int, ...], num_outputs: int) -> AeZ:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images with sides that are multiples of 16.
    """
    image = check_images("ae_z", input_shape, num_outputs, multiple=_HALVINGS, smallest=_SMALLEST)
    return AeZ(image, options)
