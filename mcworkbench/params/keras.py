"""Networks and curves in the names and axes of Keras, for the TensorFlow port's notebooks.

Called by `export_worker`. Keras keeps kernels as (height, width, in, out) and (in, out), and
flattens an image with its channels last. Layers are counted per kind in the order in which the
module registers them.
Shape letters: O, I = outputs and inputs of a layer, H, W = kernel or image axes, K = nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

_NAMES: tuple[tuple[type[nn.Module] | tuple[type[nn.Module], ...], str], ...] = (
    (nn.Conv2d, "conv2d"),
    (nn.Linear, "dense"),
    ((nn.BatchNorm1d, nn.BatchNorm2d), "batch_normalization"),
)
_LEAVES = {
    "conv2d": {"weight": "kernel", "bias": "bias"},
    "dense": {"weight": "kernel", "bias": "bias"},
    "batch_normalization": {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "moving_mean",
        "running_var": "moving_variance",
    },
}
_DROPPED = "num_batches_tracked"


def keras_network(
    module: nn.Module, tensors: Mapping[str, Tensor]
) -> dict[str, NDArray[np.generic]]:
    """Return a network's arrays by Keras's names: "conv2d/kernel:0", "dense_1/bias:0".

    Args:
        module: the network; tells what kind each layer is.
        tensors: its state dict.

    Raises:
        InvalidInputError: it has layers that this naming does not know.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, kind, number, leaf in _layers(module, tensors):
        layer = f"{kind}_{number}" if number else kind
        ours = f"{name}.{leaf}"
        arrays[f"{layer}/{_LEAVES[kind][leaf]}:0"] = _array(module, name, kind, leaf, tensors[ours])
    return arrays


def keras_curve(
    module: nn.Module, nodes_K: Sequence[Mapping[str, Tensor]]
) -> dict[str, NDArray[np.generic]]:
    """Return a curve's arrays by Keras's names: "conv2d_curve/kernel_curve_0:0", node by node.

    Args:
        module: the network; tells what kind each layer is.
        nodes_K: parameters by name of each node, the ends first and last.

    Raises:
        InvalidInputError: the network has layers that this naming does not know.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, kind, number, leaf in _layers(module, nodes_K[0]):
        layer = f"{kind}_curve_{number}" if number else f"{kind}_curve"
        for k, node in enumerate(nodes_K):
            value = _array(module, name, kind, leaf, node[f"{name}.{leaf}"])
            arrays[f"{layer}/{_LEAVES[kind][leaf]}_curve_{k}:0"] = value
    return arrays


def _layers(
    module: nn.Module, tensors: Mapping[str, Tensor]
) -> Iterator[tuple[str, str, int, str]]:
    """Yield name, kind, number and leaf of every tensor, layer by layer."""
    counts: dict[str, int] = {}
    taken: set[str] = set()
    for name, layer in module.named_modules():
        kind = next((kind for types, kind in _NAMES if isinstance(layer, types)), None)
        leaves = [leaf for leaf in _LEAVES.get(kind or "", {}) if f"{name}.{leaf}" in tensors]
        if kind is None or not leaves:
            continue
        for leaf in leaves:
            taken.add(f"{name}.{leaf}")
            yield name, kind, counts.get(kind, 0), leaf
        counts[kind] = counts.get(kind, 0) + 1
    left = [name for name in tensors if name not in taken and not name.endswith(_DROPPED)]
    if left:
        raise InvalidInputError(
            f"'{left[0]}' belongs to no convolution, linear layer or batch norm, so it has no "
            "name in Keras; export it as .safetensors."
        )


def _array(
    module: nn.Module, name: str, kind: str, leaf: str, value: Tensor
) -> NDArray[np.generic]:
    tensor = value.detach().cpu()
    if leaf == "weight" and kind == "conv2d":
        tensor = tensor.permute(2, 3, 1, 0)
    elif leaf == "weight" and kind == "dense":
        channels = _channels_before(module, name, tensor.shape[1])
        if channels:
            # (C, H·W) as torch flattens becomes (H·W, C) as Keras does.
            tensor = tensor.unflatten(1, (channels, -1)).transpose(1, 2).flatten(1)
        tensor = tensor.T
    return tensor.contiguous().numpy()


def _channels_before(module: nn.Module, name: str, num_inputs: int) -> int:
    """Return the channels of the image that a linear layer takes flattened, 0 for none.

    Only the first linear layer after convolutions does, where more than one position is left.
    """
    layers = [(n, m) for n, m in module.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    place = [n for n, _ in layers].index(name)
    before = layers[place - 1][1] if place else None
    if not isinstance(before, nn.Conv2d):
        return 0
    channels = before.out_channels
    return channels if num_inputs > channels and num_inputs % channels == 0 else 0
