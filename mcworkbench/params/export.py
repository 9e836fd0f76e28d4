"""Our curves in the names of the reference implementation, for its own scripts.

Called by `mcworkbench export`; the inverse of `foreign.map_curve`. Returns tensors only: the
caller decides on the file.
Shape letters: K = nodes, D = padded elements.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from mcworkbench.params.naming import curve_name_of
from mcworkbench.params.vectors import named_views

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from mcworkbench.params.layout import Layout


def curve_state(
    path_nodes: Tensor,
    layout: Layout,
    curve_name: str,
    num_nodes: int,
    *,
    buffers: Mapping[str, Tensor] | None = None,
) -> dict[str, Tensor]:
    """Return the state dict that the reference's `CurveNet` loads, by its key names.

    Args:
        path_nodes: the control points, shape (K, D).
        layout: where each parameter lies.
        curve_name: 'bezier' or 'polychain'.
        num_nodes: K, both ends included (the reference's `num_bends`).
        buffers: running statistics by name; the reference wants them present (`strict`) and
            recomputes them, so any values do.

    Returns:
        `coeff_layer.*`, then `net.<layer>.<param>_<k>` (all k of a parameter together), then
        `net.<layer>.<buffer>`; every tensor is a copy on the CPU.
    """
    assert path_nodes.shape == (num_nodes, layout.size), "nodes must be (K, D)"
    indices_K = torch.arange(num_nodes, dtype=torch.float32)
    state: dict[str, Tensor] = {}
    if curve_name == "bezier":
        binomials = [math.comb(num_nodes - 1, k) for k in range(num_nodes)]
        state["coeff_layer.binom"] = torch.tensor(binomials, dtype=torch.float32)
    state["coeff_layer.range"] = indices_K
    if curve_name == "bezier":
        state["coeff_layer.rev_range"] = indices_K.flip(0)
    nodes = [named_views(node_D, layout, with_aliases=True) for node_D in path_nodes.detach().cpu()]
    for name in nodes[0]:
        for k, node in enumerate(nodes):
            state[f"net.{curve_name_of(name)}_{k}"] = node[name].clone()
    for name, buffer in (buffers or {}).items():
        state[f"net.{name}"] = buffer.detach().cpu().clone()
    return state
