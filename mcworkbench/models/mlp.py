"""A fully connected network on the flattened input.

Keys: `fc.<2l>.weight|bias` for layer l, as third parties publish such networks.
Shape letters: B = examples, F = flattened inputs, O = outputs.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, final

from torch import Tensor, nn

if TYPE_CHECKING:
    from mcworkbench.config.options.model import MlpOptions

_ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


@final
class MLP(nn.Module):
    """Linear layers with an activation between them; torch's default initialisation."""

    def __init__(
        self, sizes: tuple[int, ...], activation: type[nn.Module], *, bias: bool = True
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for size_in, size_out in pairwise(sizes):
            layers += [nn.Linear(size_in, size_out, bias=bias), activation()]
        self.fc = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for inputs (B, F) or (B, C, H, W)."""
        return self.fc(x.flatten(1))


def build(options: MlpOptions, input_shape: tuple[int, ...], num_outputs: int) -> MLP:
    """Return the network, initialised from torch's global generator."""
    sizes = (math.prod(input_shape), *options.widths, num_outputs)
    return MLP(sizes, _ACTIVATIONS[options.activation], bias=options.bias)
