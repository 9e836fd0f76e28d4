"""The functions that a path's networks are, where the input is one variable.

Called by the evaluate stage. Each function is drawn from its own network, batch norm refreshed as
for the table; between points nothing is computed twice.
Shape letters: F = functions, G = positions of the input, N = examples.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import torch

from mcworkbench.training.precision import computing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcworkbench.data.dataset import Dataset
    from mcworkbench.paths.path import AbstractPath
    from mcworkbench.training.points import PointPlacer

NUM_POSITIONS = 200
# How far beyond the data functions are drawn, as a part of their range.
_BEYOND = 0.15


def input_range(dataset: Dataset) -> torch.Tensor:
    """Return the positions at which functions are drawn: the data's range and a margin, (G,)."""
    x = np.concatenate([dataset.raw("train")[0][:, 0], dataset.raw("test")[0][:, 0]])
    low, high = float(x.min()), float(x.max())
    margin = _BEYOND * (high - low)
    return torch.linspace(low - margin, high + margin, NUM_POSITIONS)


@torch.inference_mode()
def functions_along(
    placer: PointPlacer,
    path: AbstractPath,
    ts: Sequence[float],
    inputs_GF: torch.Tensor,
    precision: str,
) -> Iterator[torch.Tensor]:
    """Yield the function of each t, its first output at every position, float32 (G,)."""
    for t in ts:
        placer.place(path, t)
        with computing(inputs_GF.device, precision):
            outputs_GO = placer.flat(inputs_GF).float()
        yield outputs_GO[:, 0].cpu()


def functions_file(
    dataset: Dataset, ts: Sequence[float], x_G: torch.Tensor, values: Sequence[torch.Tensor]
) -> bytes:
    """Return functions.npz, readable by numpy alone.

    It holds ts (F,), x (G,), values (F, G), and the data themselves: train_x, train_y, test_x,
    test_y, each (N,).
    """
    data: dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]] = {}
    for split in ("train", "test"):
        inputs, targets = dataset.raw(split)
        data |= {f"{split}_x": inputs[:, 0], f"{split}_y": targets[:, 0]}
    buffer = io.BytesIO()
    np.savez(
        buffer,
        allow_pickle=False,
        ts=np.asarray(ts),
        x=x_G.cpu().numpy(),
        values=torch.stack(list(values)).numpy(),
        **data,
    )
    return buffer.getvalue()
