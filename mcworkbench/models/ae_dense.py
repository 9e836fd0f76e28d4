"""A fully connected autoencoder on the flattened image, mirrored around a linear code.

Shape letters: B = examples, C, H, W = image axes, Z = numbers of a code.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, final

from torch import Tensor, nn
from typing_extensions import override

from mcworkbench.models.autoencoder import (
    AbstractAutoencoder,
    check_images,
    initialise,
    squash,
)

if TYPE_CHECKING:
    from mcworkbench.config.options.model.autoencoder import AeDenseOptions


@final
class AeDense(AbstractAutoencoder):
    """Linear layers with ReLU between them; no activation on the code."""

    code_kind = "linear"

    def __init__(self, image: tuple[int, int, int], options: AeDenseOptions) -> None:
        super().__init__(options.noise, options.range)
        self.image = image
        sizes = (math.prod(image), *options.widths, options.code)
        self.encoder = _layers(sizes)
        self.decoder = _layers(sizes[::-1])
        self.code_out, self.code_in = f"encoder.{len(self.encoder) - 1}", "decoder.0"
        self.squash = squash(options.range)
        initialise(self, options.init)

    @override
    def encode(self, x_BCHW: Tensor) -> Tensor:
        return self.encoder(x_BCHW.flatten(1))

    @override
    def decode(self, code_BZ: Tensor) -> Tensor:
        return self.squash(self.decoder(code_BZ)).view(-1, *self.image)


def _layers(sizes: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size_in, size_out in pairwise(sizes):
        layers += [nn.Linear(size_in, size_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def build(options: AeDenseOptions, input_shape: tuple[int, ...], num_outputs: int) -> AeDense:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images.
    """
    return AeDense(
        check_images("ae_dense", input_shape, num_outputs, multiple=1, smallest=1), options
    )
