"""The learning rate at every step, as a pure function of the step: nothing to save or resume."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcworkbench.config.options.fge import FgeSettings
    from mcworkbench.config.options.snapshot import SnapshotSettings
    from mcworkbench.config.options.swa import SwaSettings
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

    The budget is always `options.epochs`, also where `stop_at` ends training earlier. With
    `epochs_before` the schedule is that of both trainings and this one begins in its midst.
    """
    step += options.epochs_before * steps_per_epoch
    warming = warm_up(options.warmup_start, step, options.warmup_epochs * steps_per_epoch)
    return warming * _scheduled(options, step, steps_per_epoch)


def _scheduled(options: TrainingOptions, step: int, steps_per_epoch: int) -> float:
    if options.schedule == "constant" or options.epochs == 0:
        return options.lr
    epoch, num_epochs = step // steps_per_epoch, options.epochs_before + options.epochs
    if options.schedule == "reference":
        return options.lr * reference_factor((epoch + 1) / num_epochs)
    if options.schedule == "multistep":
        return options.lr * options.gamma ** bisect_right(options.milestones, epoch)
    num_steps = num_epochs * steps_per_epoch
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
    return _down_to(LOW_FACTOR, budget)


def _down_to(low: float, budget: float) -> float:
    if budget <= FLAT_UNTIL:
        return 1.0
    if budget <= LOW_FROM:
        return 1.0 - (budget - FLAT_UNTIL) / (LOW_FROM - FLAT_UNTIL) * (1 - low)
    return low


def cyclic_rate(options: FgeSettings, step: int, steps_per_epoch: int) -> float:
    """Return the rate of FGE at the 0-based step `step` of its own training.

    Source: arXiv:1802.10026, section 4; `index` names the reference code's position in a cycle,
    (i mod C)/C, and the paper's, one step later. Ours also knows cycles that only go down.
    """
    whole = options.cycle * steps_per_epoch
    position = (step % whole + (options.index == "paper")) / whole
    if options.shape == "sawtooth":
        return (1 - position) * options.lr + position * options.lr_min
    if 2 * position < 1:
        return (1 - 2 * position) * options.lr + 2 * position * options.lr_min
    return (2 - 2 * position) * options.lr_min + (2 * position - 1) * options.lr


def restart_rate(options: SnapshotSettings, step: int, steps_per_epoch: int) -> float:
    """Return the rate of a snapshot ensemble: cosine cycles that begin anew (arXiv:1704.00109)."""
    whole = options.cycle * steps_per_epoch
    return options.lr * (1 + math.cos(math.pi * (step % whole) / whole)) / 2


def averaging_rate(options: SwaSettings, step: int, steps_per_epoch: int) -> float:
    """Return the rate of a training whose iterates are averaged (arXiv:1803.05407).

    Source: timgaripov/swa; the budget of its schedule ends where averaging begins, and its
    epochs count from 0.
    """
    if options.schedule == "constant":
        return options.swa_lr
    budget = step // steps_per_epoch / options.average_from
    return options.lr * _down_to(options.swa_lr / options.lr, budget)


def one_cycle(highest: float, step: int, num_steps: int) -> float:
    """Return the one-cycle rate with cosine annealing (arXiv:1708.07120)."""
    peak = WARM_UP * num_steps - 1
    lowest = highest / START_DIVISOR
    if step <= peak:
        return _anneal(lowest, highest, step / peak)
    return _anneal(highest, lowest / END_DIVISOR, (step - peak) / (num_steps - 1 - peak))


def _anneal(start: float, end: float, fraction: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2
