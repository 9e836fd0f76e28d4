"""What one epoch's steps draw: visit order, augmentation and positions, on the training's device.

Pure functions of (seed, epoch): nothing to save, nothing to resume. Used by the loop.
Shape letters: N = examples of the split, S = steps of an epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mcworkbench.data.draws import epoch_order, uniform_ts

if TYPE_CHECKING:
    from torch import Tensor

    from mcworkbench.data.resident import Draws
    from mcworkbench.training.job import Job


def epoch_tables(
    job: Job, epoch: int, num_steps: int, device: torch.device
) -> tuple[Tensor, Draws | None]:
    """Return the visit order and augmentation of the epoch; gives the subject its t."""
    num, options = job.train.num_examples, job.options
    if options.order == "file":
        order_N = torch.arange(num)
    else:
        order_N = epoch_order(num, job.seeds["order_seed"], epoch)
    ts_S: Tensor | None = None
    if job.positions is not None:
        ts_S = _positions(job, job.positions, epoch, num_steps)
    job.subject.prepare_epoch(ts_S)
    draws = job.train.draws(job.data, job.seeds["augment_seed"], epoch)
    return order_N.to(device), draws


def _positions(job: Job, listed: tuple[float, ...], epoch: int, num_steps: int) -> Tensor:
    if not listed:
        return uniform_ts(num_steps, job.seeds["order_seed"], epoch)
    first = (epoch - 1) * num_steps
    chosen = [listed[(first + step) % len(listed)] for step in range(num_steps)]
    return torch.tensor(chosen, dtype=torch.float64)
