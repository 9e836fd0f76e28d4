"""Networks in Keras's names and axes give the same outputs on images with channels last."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from mcworkbench.errors import InvalidInputError
from mcworkbench.params.keras import keras_curve, keras_network


class Small(nn.Module):
    """Convolution, batch norm, flattening, two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.bn = nn.BatchNorm2d(3)
        self.fc1 = nn.Linear(3 * 4 * 2, 5)
        self.fc2 = nn.Linear(5, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.bn(torch.relu(self.conv(x))).flatten(1)
        return self.fc2(torch.tanh(self.fc1(x)))


def in_keras_axes(arrays: dict[str, np.ndarray], x_BHWC: np.ndarray) -> np.ndarray:
    """Return what Keras computes from the arrays, written out in numpy."""
    kernel_HWIO = arrays["conv2d/kernel:0"]
    height, width = x_BHWC.shape[1] - 2, x_BHWC.shape[2] - 2
    y_BHWC = np.zeros((len(x_BHWC), height, width, kernel_HWIO.shape[3]))
    for i in range(3):
        for j in range(3):
            piece = x_BHWC[:, i : i + height, j : j + width]
            y_BHWC += np.einsum("bhwi,io->bhwo", piece, kernel_HWIO[i, j])
    y_BHWC = np.maximum(y_BHWC + arrays["conv2d/bias:0"], 0)
    scale = arrays["batch_normalization/gamma:0"] / np.sqrt(
        arrays["batch_normalization/moving_variance:0"] + 1e-5
    )
    y_BHWC = (y_BHWC - arrays["batch_normalization/moving_mean:0"]) * scale
    flat_BF = (y_BHWC + arrays["batch_normalization/beta:0"]).reshape(len(x_BHWC), -1)
    hidden = np.tanh(flat_BF @ arrays["dense/kernel:0"] + arrays["dense/bias:0"])
    return hidden @ arrays["dense_1/kernel:0"] + arrays["dense_1/bias:0"]


def test_the_arrays_compute_the_network_with_channels_last() -> None:
    torch.manual_seed(0)
    module = Small()
    module(torch.randn(64, 2, 6, 4))
    module.eval()
    x = torch.randn(7, 2, 6, 4)
    arrays = keras_network(module, module.state_dict())
    assert len(arrays) == 10
    ours = module(x).detach().numpy()
    np.testing.assert_allclose(
        in_keras_axes(arrays, x.permute(0, 2, 3, 1).numpy()), ours, rtol=1e-4, atol=1e-5
    )


def test_a_curve_has_every_array_once_per_node() -> None:
    module = Small()
    nodes = [{name: p.detach() + k for name, p in module.named_parameters()} for k in range(3)]
    arrays = keras_curve(module, nodes)
    assert len(arrays) == 3 * len(nodes[0])
    alone = keras_network(module, nodes[2])
    np.testing.assert_array_equal(
        arrays["dense_curve_1/kernel_curve_2:0"], alone["dense_1/kernel:0"]
    )
    np.testing.assert_array_equal(arrays["conv2d_curve/bias_curve_2:0"], alone["conv2d/bias:0"])


def test_a_layer_without_a_name_there_is_refused() -> None:
    module = nn.Sequential(nn.LayerNorm(3))
    with pytest.raises(InvalidInputError, match=r"'0\.weight' belongs to no convolution"):
        keras_network(module, module.state_dict())
