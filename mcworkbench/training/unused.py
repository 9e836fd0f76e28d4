"""Which parameters a network has but never uses: no gradient reaches them, so no decay may either.

Asked once before a training; the vector's gradient is zero there and cannot tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from mcworkbench.data.resident import Split
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.tasks.task import AbstractTask

_NUM_EXAMPLES = 2


def unused_mask(flat: FlatModule, task: AbstractTask, split: Split) -> Tensor | None:
    """Return True where an entry of the vector is unused, shape (D,), or None where none is.

    One forward pass of two examples in evaluation mode: statistics and generators stay.
    """
    flat.module.eval()
    few = torch.arange(min(_NUM_EXAMPLES, split.num_examples), device=split.device)
    inputs_B, targets_B = split.take(few)
    live = dict(flat.module.named_parameters())
    entries = [entry for entry in flat.layout.entries if entry.trainable]
    loss = task.loss(flat(inputs_B).float(), targets_B)
    parameters = [live[entry.name] for entry in entries]
    # torch's stubs forget that allow_unused gives None for what the loss does not reach.
    gradients = cast(
        "tuple[Tensor | None, ...]", torch.autograd.grad(loss, parameters, allow_unused=True)
    )
    mask_D = torch.zeros(flat.layout.size, dtype=torch.bool, device=flat.params.device)
    for entry, gradient in zip(entries, gradients, strict=True):
        mask_D[entry.offset : entry.end] = gradient is None
    return mask_D if bool(mask_D.any()) else None
