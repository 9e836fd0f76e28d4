"""A fully connected network on the flattened input.

Keys: `fc.<2l>.weight|bias` for layer l, as distribution-based-connectivity's LinearOneLayer;
its deeper ones (`linear_layers.<l>`) and otfusion's (`fc<l+1>`) are imported under these names.
otfusion's end in a log-softmax, ours give what goes into it: the cross-entropy of logits is the
negative log-likelihood of their log-softmax, and a second log-softmax changes nothing, so loss,
gradient, probabilities and accuracy are the same.
Shape letters: B = examples, F = flattened inputs, O = outputs.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, final

from torch import Tensor, nn

if TYPE_CHECKING:
    from mcworkbench.config.options.model.mlp import MlpOptions

_ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


@final
class MLP(nn.Module):
    """Linear layers with an activation between them; torch's or Glorot's initialisation."""

    def __init__(
        self,
        sizes: tuple[int, ...],
        activation: type[nn.Module],
        *,
        bias: bool = True,
        has_glorot: bool = False,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for size_in, size_out in pairwise(sizes):
            layers += [nn.Linear(size_in, size_out, bias=bias), activation()]
        self.fc = nn.Sequential(*layers[:-1])
        for layer in self.fc if has_glorot else ():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                if bias:
                    nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for inputs (B, F) or (B, C, H, W)."""
        return self.fc(x.flatten(1))


def build(options: MlpOptions, input_shape: tuple[int, ...], num_outputs: int) -> MLP:
    """Return the network, initialised from torch's global generator."""
    sizes = (math.prod(input_shape), *options.widths, num_outputs)
    return MLP(
        sizes,
        _ACTIVATIONS[options.activation],
        bias=options.bias,
        has_glorot=options.init == "glorot",
    )
