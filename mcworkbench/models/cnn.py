"""Three 3 × 3 convolutions and three linear layers, with and without batch norm.

Source: CNN and CNNBN of constantin-crailsheim/dnn-mode-connectivity-tf, with Keras's
initialisation (Glorot's uniform, zero biases) and its batch norm (momentum 0.99 of what is kept,
epsilon 1e-3), after the activation of each convolution and of each hidden linear layer; the third
convolution has no activation. Keras flattens positions before channels, torch channels before
positions: that renumbers the inputs of the first linear layer and changes nothing else.
Shape letters: B = examples, C, H, W = image axes, O = outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from torch import Tensor, nn
from torch.nn import functional

from mcworkbench.models.images import require_images

if TYPE_CHECKING:
    from mcworkbench.config.options.model.cnn import CnnOptions

_CHANNELS = (32, 64, 64)
_UNITS = 64
# Keras says how much of the running statistics is kept, torch how much of the batch is taken.
_MOMENTUM, _EPSILON = 0.01, 1e-3
_SMALLEST = 18


@final
class CNN(nn.Module):
    """Convolutions without padding, two poolings between them, then linear layers."""

    def __init__(self, input_shape: tuple[int, ...], num_outputs: int, *, batch_norm: bool) -> None:
        super().__init__()
        first, second, third = _CHANNELS
        self.conv1 = nn.Conv2d(input_shape[0], first, 3)
        self.conv2 = nn.Conv2d(first, second, 3)
        self.conv3 = nn.Conv2d(second, third, 3)
        num_positions = _left(input_shape[1]) * _left(input_shape[2])
        self.fc1 = nn.Linear(third * num_positions, _UNITS)
        self.fc2 = nn.Linear(_UNITS, _UNITS)
        self.fc3 = nn.Linear(_UNITS, num_outputs)
        self.bn1, self.bn2, self.bn3 = (
            nn.BatchNorm2d(size, _EPSILON, _MOMENTUM) if batch_norm else nn.Identity()
            for size in _CHANNELS
        )
        self.bn4, self.bn5 = (
            nn.BatchNorm1d(_UNITS, _EPSILON, _MOMENTUM) if batch_norm else nn.Identity()
            for _ in range(2)
        )
        for layer in (self.conv1, self.conv2, self.conv3, self.fc1, self.fc2, self.fc3):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (B, O) for images (B, C, H, W)."""
        x = functional.max_pool2d(self.bn1(functional.relu(self.conv1(x))), 2)
        x = functional.max_pool2d(self.bn2(functional.relu(self.conv2(x))), 2)
        x = self.bn3(self.conv3(x)).flatten(1)
        x = self.bn4(functional.relu(self.fc1(x)))
        x = self.bn5(functional.relu(self.fc2(x)))
        return self.fc3(x)


def _left(side: int) -> int:
    """Return how many positions of a side are left after all convolutions and poolings."""
    return ((side - 2) // 2 - 2) // 2 - 2


def build(options: CnnOptions, input_shape: tuple[int, ...], num_outputs: int) -> CNN:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the inputs are not images of at least 18 × 18 pixels.
    """
    require_images(options.name, input_shape, _SMALLEST)
    return CNN(input_shape, num_outputs, batch_norm=options.batch_norm)
