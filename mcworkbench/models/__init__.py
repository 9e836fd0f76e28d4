"""Networks: plain `nn.Module` classes, each file complete by itself.

`build_model` makes one from its options and a seed; the catalogue says where each is built. The
names of parameters are those of timgaripov/dnn-mode-connectivity, so its checkpoints load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mcworkbench import catalogue

if TYPE_CHECKING:
    from torch import nn

    from mcworkbench.config.options.model import AnyModelOptions


def build_model(
    options: AnyModelOptions, input_shape: tuple[int, ...], num_outputs: int, seed: int
) -> nn.Module:
    """Return a freshly initialised network on the CPU, in float32 and training mode.

    The same arguments give the same parameters; no generator outside is advanced.

    Args:
        options: which network and its free sizes.
        input_shape: (C, H, W) or (F,) of one example.
        num_outputs: classes, or values per example.
        seed: of the initial parameters.

    Raises:
        InvalidInputError: the network cannot take such inputs.
    """
    build = catalogue.resolve(catalogue.find(catalogue.MODELS, "model", options.family).builder)
    with torch.random.fork_rng(devices=[]):
        # Only the CPU generator: torch.manual_seed would also reseed every GPU, unrestored.
        torch.random.default_generator.manual_seed(seed)
        return build(options, input_shape, num_outputs)
