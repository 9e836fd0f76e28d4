"""Between a network's vector and its named tensors, on any device, differentiably.

Called by flat modules, paths, imports and exports. Every function works on plain tensors
and a `Layout`; none keeps state.
Shape letters: D = padded elements, P = parameters (no padding).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from mcworkbench.params.layout import Layout


def named_views(
    vector_D: Tensor, layout: Layout, *, with_aliases: bool = False
) -> dict[str, Tensor]:
    """Return each parameter as a view of `vector_D`, by name.

    Fit for `torch.func.functional_call`, also inside `vmap` over rows and under autograd.

    Args:
        vector_D: the network as one vector, shape (D,).
        layout: where each tensor lies.
        with_aliases: also list tied names, each as the same view.
    """
    views: dict[str, Tensor] = {}
    for entry in layout.entries:
        view = vector_D.narrow(-1, entry.offset, entry.size).view(entry.shape)
        views[entry.name] = view
        if with_aliases:
            views.update((alias, view) for alias in entry.aliases)
    return views


def vector_of(
    named: Mapping[str, Tensor], layout: Layout, *, device: torch.device | str | None = None
) -> Tensor:
    """Return the float32 vector, shape (D,), of named tensors that fit the layout.

    Names beyond the layout are ignored; a missing or misshapen one is our own mistake, because
    whatever comes from outside passes `foreign.map_network` or `Layout.check_same` first.
    """
    vector_D = torch.zeros(layout.size, dtype=torch.float32, device=device)
    for name, view in named_views(vector_D, layout).items():
        assert named[name].shape == view.shape, f"'{name}' does not have the layout's shape"
        view.copy_(named[name].detach())
    return vector_D


def unpadded(vector: Tensor, layout: Layout) -> Tensor:
    """Return (..., P) without padding from (..., D)."""
    assert vector.shape[-1] == layout.size, "the last axis must be the padded vector"
    return torch.cat(
        [vector[..., entry.offset : entry.end] for entry in layout.entries] or [vector], dim=-1
    )


def padded(vector: Tensor, layout: Layout) -> Tensor:
    """Return (..., D) with zeros as padding from (..., P): the inverse of `unpadded`."""
    assert vector.shape[-1] == layout.num_params, "the last axis must be all parameters"
    whole = vector.new_zeros((*vector.shape[:-1], layout.size))
    start = 0
    for entry in layout.entries:
        whole[..., entry.offset : entry.end] = vector[..., start : start + entry.size]
        start += entry.size
    return whole
