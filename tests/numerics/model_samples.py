"""A small network of every family, for tests that run over the whole catalogue."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import torch
from pydantic import Field, TypeAdapter
from torch import Tensor, nn

from mcworkbench.config.options.model import AnyModelOptions, range_of
from mcworkbench.config.published import written_out
from mcworkbench.models import build_model

if TYPE_CHECKING:
    from pathlib import Path

_OPTIONS: TypeAdapter[AnyModelOptions] = TypeAdapter(
    Annotated[AnyModelOptions, Field(discriminator="name")]
)
CIFAR, MNIST, DIGITS = (3, 32, 32), (1, 28, 28), (1, 8, 8)
NUM_OUTPUTS = 7

OWN_SOURCE = """
from torch import nn

class Net(nn.Module):
    def __init__(self, in_channels, num_classes, width=4):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, width, 3)
        self.norm = nn.BatchNorm2d(width)
        self.head = nn.Linear(width, num_classes)

    def forward(self, x):
        return self.head(self.norm(self.conv(x)).relu().mean((2, 3)))
"""

# Options as a preset writes them, and the shape of one example.
SAMPLES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "mlp": ({"name": "mlp", "widths": [9, 5]}, DIGITS),
    "mlp glorot": ({"name": "mlp", "widths": [9], "init": "glorot", "activation": "tanh"}, (2,)),
    "mlp without bias": ({"name": "mlp", "widths": [9, 5], "bias": False}, DIGITS),
    "preresnet": ({"name": "preresnet", "depth": 8}, DIGITS),
    "preresnet of bottlenecks": ({"name": "preresnet", "depth": 47}, DIGITS),
    "vgg16": ({"name": "vgg16"}, CIFAR),
    "vgg": ({"name": "vgg", "depth": 11, "batch_norm": True}, CIFAR),
    "vgg_linear": ({"name": "vgg_linear", "hidden": "half", "bias": False}, CIFAR),
    "vgg_linear with batch norm": (
        {"name": "vgg_linear", "hidden": "half", "batch_norm": True},
        CIFAR,
    ),
    "wideresnet": ({"name": "wideresnet", "depth": 10, "widen": 1}, DIGITS),
    "resnet": ({"name": "resnet", "depth": 8, "width": 2}, DIGITS),
    "resnet of layer norms": ({"name": "resnet", "depth": 8, "norm": "layer"}, DIGITS),
    "resnet of small shortcuts": ({"name": "resnet", "depth": 8, "shortcut": 1}, DIGITS),
    "resnet18": ({"name": "resnet18"}, DIGITS),
    "resnet18 without batch norm": (
        {"name": "resnet18", "batch_norm": False, "bias": False},
        DIGITS,
    ),
    "convfc": ({"name": "convfc", "linear": 1, "convolutions": 2}, MNIST),
    "convfc without bias": (
        {"name": "convfc", "linear": 2, "convolutions": 3, "bias": False},
        MNIST,
    ),
    "cnn": ({"name": "cnn"}, MNIST),
    "cnn with batch norm": ({"name": "cnn", "batch_norm": True}, MNIST),
    "ae_seed": ({"name": "ae_seed", "width": 2, "code": 5}, CIFAR),
    "ae_seed from the study's init": (
        {"name": "ae_seed", "width": 2, "code": 5, "init": "kaiming_normal", "range": "signed"},
        CIFAR,
    ),
    "ae_z": ({"name": "ae_z", "width": 2, "code": 5}, CIFAR),
    "ae_tiny": ({"name": "ae_tiny", "width": 3, "code": 5}, DIGITS),
    "ae_dense": ({"name": "ae_dense", "widths": [9], "code": 5}, DIGITS),
    "torchvision": ({"name": "torchvision:shufflenet_v2_x0_5"}, CIFAR),
    "own": ({"name": "catalogue_net:Net", "arguments": {"width": 3}}, DIGITS),
}


def options_of(section: dict[str, Any]) -> AnyModelOptions:
    """Return the options of a [model] section."""
    return _OPTIONS.validate_python(written_out(section))


def sample_options(name: str, folder: Path) -> AnyModelOptions:
    """Return the options of a sample; the user's own class is written into `folder`."""
    options = options_of(SAMPLES[name][0])
    if name != "own":
        return options
    (folder / "catalogue_net.py").write_text(OWN_SOURCE)
    return options.model_copy(update={"folder": str(folder)})


def sample_outputs(name: str) -> int:
    """Return how many outputs a sample has: some classes, or as many as its image has values."""
    return math.prod(SAMPLES[name][1]) if range_of(options_of(SAMPLES[name][0])) else NUM_OUTPUTS


def sample_inputs(name: str, num_examples: int = 3) -> Tensor:
    """Return a batch for a sample."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(num_examples, *SAMPLES[name][1], generator=generator)


def sample_network(name: str, folder: Path, seed: int = 1) -> nn.Module:
    """Return a sample, with running statistics that differ from those it begins with."""
    module = build_model(sample_options(name, folder), SAMPLES[name][1], sample_outputs(name), seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for buffer in module.buffers():
            if buffer.is_floating_point():
                buffer.add_(0.2 * torch.rand(buffer.shape, generator=generator))
    return module
