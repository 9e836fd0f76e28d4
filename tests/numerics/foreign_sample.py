"""A small network of named tensors, as files made elsewhere hold it."""

from __future__ import annotations

import torch
from torch import Tensor

from mcworkbench.params.layout import Layout

MLP = Layout.build(
    [("fc.0.weight", (6, 4)), ("fc.0.bias", (6,)), ("fc.2.weight", (3, 6)), ("fc.2.bias", (3,))]
)


def make_state(layout: Layout = MLP) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {e.name: torch.randn(e.shape, generator=generator) for e in layout.entries}


def assert_same(ours: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    assert list(ours) == list(wanted)
    for name, tensor in wanted.items():
        assert ours[name].dtype == torch.float32
        assert torch.equal(ours[name], tensor.float()), name
