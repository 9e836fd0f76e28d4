"""Score one network on one split in a single pass: every statistic of its task at once.

Shape letters: B = examples of a batch, N = examples of the split.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mcworkbench.errors import is_out_of_memory
from mcworkbench.runs.request import StopLevel
from mcworkbench.training.precision import computing

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.data.resident import Split
    from mcworkbench.runs.workspace import Workspace
    from mcworkbench.tasks.task import AbstractTask


class Interrupted(Exception):  # noqa: N818 - a request was obeyed, nothing went wrong.
    """Raised between two batches where the user wants to stop now."""


def interruptible(workspace: Workspace) -> Callable[[], None]:
    """Return what scoring calls between batches: it raises `Interrupted` on a request to stop."""

    def between() -> None:
        if workspace.stop_level() >= StopLevel.now:
            raise Interrupted

    return between


@dataclass(frozen=True)
class Scored:
    """What one pass gave.

    Attributes:
        values: by metric name; fractions, nats.
        predictions_N: the task's predictions, to compare networks.
        stored_N: what is worth keeping of the outputs, or None.
        batch_size: the batch that fitted into memory.
    """

    values: dict[str, float]
    predictions_N: Tensor
    stored_N: Tensor | None
    batch_size: int


def evaluate_split(
    module: Callable[[Tensor], Tensor],
    task: AbstractTask,
    split: Split,
    *,
    batch_size: int,
    precision: str = "float32",
    keep: Callable[[Tensor], Tensor] | None = None,
    between: Callable[[], None] | None = None,
) -> Scored:
    """Return the scores of a network in evaluation mode.

    Out of memory halves the batch and begins the pass again; at one example it is an error.
    `keep` says what is stored of a batch's outputs, e.g. the task's `averaged`. `between` is
    called before every batch and may raise to end the pass.
    """
    while True:
        try:
            return _one_pass(
                module,
                task,
                split,
                batch_size,
                precision=precision,
                keep=keep,
                between=between,
            )
        except (RuntimeError, MemoryError) as error:
            if batch_size == 1 or not is_out_of_memory(error):
                raise
            batch_size = max(1, batch_size // 2)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()


@torch.inference_mode()
def _one_pass(
    module: Callable[[Tensor], Tensor],
    task: AbstractTask,
    split: Split,
    batch_size: int,
    *,
    precision: str,
    keep: Callable[[Tensor], Tensor] | None,
    between: Callable[[], None] | None,
) -> Scored:
    sums: Tensor | None = None
    predictions: list[Tensor] = []
    stored: list[Tensor] = []
    for inputs_B, targets_B in split.batches(batch_size):
        if between is not None:
            between()
        # The network alone: SSIM in bfloat16 would be the difference of rounded numbers.
        with computing(split.inputs.device, precision):
            outputs_B = module(inputs_B)
        outputs_B = outputs_B.float()
        batch_sums = task.statistics(outputs_B, targets_B)
        sums = batch_sums if sums is None else sums + batch_sums
        predictions.append(task.predictions(outputs_B))
        if keep is not None:
            stored.append(keep(outputs_B))
    assert sums is not None, "an empty split was scored"
    return Scored(
        values=task.summarise(sums.tolist()),
        predictions_N=torch.cat(predictions),
        stored_N=torch.cat(stored).cpu() if stored else None,
        batch_size=batch_size,
    )
