"""The learning rate at every step, as a pure function of the step: nothing to save or resume."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcworkbench.config.options.training import TrainingOptions

# The reference's schedule: full rate for half of the budget, 1 % of it in the last tenth.
FLAT_UNTIL = 0.5
LOW_FROM = 0.9
LOW_FACTOR = 0.01

# torch.optim.lr_scheduler.OneCycleLR's defaults.
WARM_UP = 0.3
START_DIVISOR = 25.0
END_DIVISOR = 1e4


def learning_rate(options: TrainingOptions, step: int, steps_per_epoch: int) -> float:
    """Return the learning rate of the 0-based optimiser step `step`.

    The budget is always `options.epochs`, also where `stop_at` ends training earlier.
    """
    warming = warm_up(options.warmup_start, step, options.warmup_epochs * steps_per_epoch)
    return warming * _scheduled(options, step, steps_per_epoch)


def _scheduled(options: TrainingOptions, step: int, steps_per_epoch: int) -> float:
    if options.schedule == "constant" or options.epochs == 0:
        return options.lr
    epoch = step // steps_per_epoch
    if options.schedule == "reference":
        return options.lr * reference_factor((epoch + 1) / options.epochs)
    if options.schedule == "multistep":
        return options.lr * options.gamma ** bisect_right(options.milestones, epoch)
    num_steps = options.epochs * steps_per_epoch
    if options.schedule == "cosine":
        return options.lr * (1 + math.cos(math.pi * step / num_steps)) / 2
    return one_cycle(options.lr, step, num_steps)


def warm_up(start: float, step: int, num_steps: int) -> float:
    """Return the factor of a linear warm-up: `start` at step 0, 1 from `num_steps` on.

    Source: Goyal et al., arXiv:1706.02677, section 2.2. The schedule itself runs on meanwhile.
    """
    if step >= num_steps:
        return 1.0
    return start + (1 - start) * step / num_steps


def reference_factor(budget: float) -> float:
    """Return the factor on the initial rate after a fraction of the budget.

    Source: arXiv:1802.10026, appendix; the epoch counts from 1, so its own end decides.
    """
    if budget <= FLAT_UNTIL:
        return 1.0
    if budget <= LOW_FROM:
        return 1.0 - (budget - FLAT_UNTIL) / (LOW_FROM - FLAT_UNTIL) * (1 - LOW_FACTOR)
    return LOW_FACTOR


def one_cycle(highest: float, step: int, num_steps: int) -> float:
    """Return the one-cycle rate with cosine annealing (arXiv:1708.07120)."""
    peak = WARM_UP * num_steps - 1
    lowest = highest / START_DIVISOR
    if step <= peak:
        return _anneal(lowest, highest, step / peak)
    return _anneal(highest, lowest / END_DIVISOR, (step - peak) / (num_steps - 1 - peak))


def _anneal(start: float, end: float, fraction: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2
