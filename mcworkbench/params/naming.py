"""How the reference names one parameter in a network and in a curve.

Used by imports (`mapping`) and exports (`export`), so both directions stay each other's
inverse. Names only; no tensors.
Source: dnn-mode-connectivity's model files: a curve keeps the layers that the network wraps in a
Sequential (`downsample.0` -> `downsample`), and numbers VGG's and ConvFC's layers. Curves of
distribution-based-connectivity's dense networks are read, too, and exported under our names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_NUMBERED = {
    "classifier.1": "fc1",
    "classifier.4": "fc2",
    "classifier.6": "fc3",
    "conv_part.0": "conv1",
    "conv_part.3": "conv2",
    "conv_part.6": "conv3",
    "fc_part.0": "fc4",
    "fc_part.2": "fc5",
    "fc_part.4": "fc6",
}
_NETWORK_OF = {curve: network for network, curve in _NUMBERED.items()}
# Curves of dense networks number the layers alone, from one or from zero; ours count the ReLUs.
_DENSE = ((re.compile(r"fc([1-9]\d{0,3})"), 1), (re.compile(r"linear_layers\.(\d{1,4})"), 0))
_WRAPPED = re.compile(r"(.+\.(?:downsample|shortcut))\.0\.(weight|bias)")
_UNWRAPPED = re.compile(r"(.+\.(?:downsample|shortcut))\.(weight|bias)")


def curve_name_of(name: str) -> str:
    """Return what a curve of the reference calls the network's parameter `name`."""
    if match := _WRAPPED.fullmatch(name):
        return f"{match[1]}.{match[2]}"
    layer, dot, parameter = name.rpartition(".")
    return f"{_NUMBERED.get(layer, layer)}{dot}{parameter}"


def network_name_of(name: str, known: Container[str]) -> str | None:
    """Return which `known` name a curve's parameter has in the network, or None."""
    if name in known:
        return name
    if match := _UNWRAPPED.fullmatch(name):
        wrapped = f"{match[1]}.0.{match[2]}"
        return wrapped if wrapped in known else None
    layer, dot, parameter = name.rpartition(".")
    candidates = [_NETWORK_OF.get(layer, layer)]
    for pattern, first in _DENSE:
        if match := pattern.fullmatch(layer):
            candidates.append(f"fc.{2 * (int(match[1]) - first)}")
    named = [f"{candidate}{dot}{parameter}" for candidate in candidates]
    return next((candidate for candidate in named if candidate in known), None)
