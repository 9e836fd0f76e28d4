"""The one training loop: networks, curves, and whatever a later subject moves.

Stages build a `Trainer` and yield its events. It stops and resumes at any step with the same
bits: order, crops and t are tables of (seed, epoch); the rest is in the checkpoint.
Shape letters: N = examples of the split, S = steps of an epoch, B = examples of a batch.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, final

import torch

from mcworkbench.errors import InvalidInputError, NumericalError
from mcworkbench.params.store import network_bytes
from mcworkbench.runs.events import EpochFinished, Progress
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.workspace import Stopped
from mcworkbench.training.evaluation import Interrupted
from mcworkbench.training.job import Job, Observation
from mcworkbench.training.optimizers import (
    build_optimizer,
    load_optimizer_tensors,
    optimizer_tensors,
    set_learning_rate,
)
from mcworkbench.training.precision import computing
from mcworkbench.training.random_state import load_random, random_tensors, seed_dropout
from mcworkbench.training.snapshots import Keeper
from mcworkbench.training.tables import epoch_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

    from mcworkbench.runs.events import CheckpointSaved, Event
    from mcworkbench.runs.workspace import Workspace


@final
class Trainer:
    """One training, from its newest checkpoint to its last epoch."""

    def __init__(self, job: Job, workspace: Workspace) -> None:
        self.job = job
        self.workspace = workspace
        options = job.options
        per_epoch = job.train.num_examples / options.batch_size
        whole = math.floor(per_epoch) if options.drop_last else math.ceil(per_epoch)
        self.num_steps = min(whole, options.steps_per_epoch) if options.steps_per_epoch else whole
        if self.num_steps == 0:
            raise InvalidInputError(
                f"[{job.section}] batch_size = {options.batch_size} with drop_last leaves no batch "
                f"of {job.train.num_examples} examples; set a smaller batch_size."
            )
        self.optimizer = build_optimizer(options, job.subject.vector)
        self.device = job.train.inputs.device
        self.epoch = 1
        self.step_in_epoch = 0
        self.sums = torch.zeros(job.task.num_statistics, dtype=torch.float64, device=self.device)
        self._logged: list[float] = [0.0] * job.task.num_statistics
        self._logged_at = (0, time.monotonic())
        self._epoch_began = time.monotonic()
        self._epoch_before_s = 0.0
        self._kept_step: int | None = None
        self.keeper = Keeper(options, workspace)

    @property
    def step(self) -> int:
        """Optimiser steps taken so far."""
        return (self.epoch - 1) * self.num_steps + self.step_in_epoch

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole training."""
        return self.job.options.last_epoch * self.num_steps

    def run(self) -> Iterator[Event]:
        """Train, yielding what happens; raises `Stopped` after a checkpoint when asked to."""
        is_new = not self._restore()
        # What a resumed step completed may not have been collected yet.
        yield from self._collect()
        if is_new:
            yield from self._observe(0)
        for epoch in range(self.epoch, self.job.options.last_epoch + 1):
            if epoch != self.epoch:
                self.epoch, self.step_in_epoch, self._epoch_before_s = epoch, 0, 0.0
                self.sums.zero_()
                self._logged = [0.0] * len(self._logged)
            yield from self._epoch()
            yield from self._observe(epoch)
            is_last = epoch == self.job.options.last_epoch
            if self.workspace.stop_level() >= StopLevel.after and not is_last:
                yield from self.stop()

    def stop(self) -> Iterator[Event]:
        """Save where the training is and raise `Stopped`; before its first step there is nothing.

        A checkpoint at the end of an epoch is resumed by observing that epoch again.
        """
        if self.step:
            yield self._checkpoint()
        raise Stopped(self.step)

    def _epoch(self) -> Iterator[Event]:
        job, options = self.job, self.job.options
        flat = job.subject.flat
        if self.step_in_epoch == 0:
            seed_dropout(job.seeds["order_seed"], self.epoch)
        # The part of the epoch before a resume counts too.
        self._epoch_began = time.monotonic() - self._epoch_before_s
        order_N, draws = epoch_tables(job, self.epoch, self.num_steps, self.device)
        flat.module.train()
        while self.step_in_epoch < self.num_steps:
            start = self.step_in_epoch * options.batch_size
            index_B = order_N[start : start + options.batch_size]
            self._train_step(index_B, draws)
            self.step_in_epoch += 1
            yield from self._after_step()
        flat.check()
        self._check_finite()

    def _train_step(self, index_B: Tensor, draws: Any) -> None:
        job, options = self.job, self.job.options
        subject, flat = job.subject, job.subject.flat
        lr = job.learning_rate(self.step, self.num_steps)
        set_learning_rate(self.optimizer, lr)
        subject.place(self.step_in_epoch)
        flat.zero_grad()
        for part_B in index_B.split(options.micro_batch or len(index_B)):
            inputs_B, targets_B = job.train.take(part_B, draws)
            # One autocast block per step: it caches casts of parameters we write in place.
            with computing(self.device, options.precision):
                outputs_B = flat(inputs_B)
            outputs_B = outputs_B.float()
            loss, sums = job.task.loss_and_statistics(outputs_B, targets_B)
            share = len(part_B) / len(index_B)
            (loss * share if share < 1 else loss).backward()
            self.sums += sums
        subject.collect(self.step_in_epoch, lr)
        self.optimizer.step()

    def _after_step(self) -> Iterator[Event]:
        options = self.job.options
        last = self.step_in_epoch == self.num_steps
        if self.step % options.log_every == 0 or last:
            yield self._progress()
        yield from self._collect()
        if self.step % options.checkpoint_every == 0 and self.step < self.total_steps:
            yield self._checkpoint()
        if self.workspace.stop_level() >= StopLevel.now:
            yield from self.stop()

    def _collect(self) -> Iterator[Event]:
        """Let the collector take what this step completed, in evaluation mode."""
        collector, flat = self.job.collector, self.job.subject.flat
        if collector is None or not collector.is_due(self.step, self.num_steps):
            return
        self._check_finite()
        try:
            yield from collector.collect(self.step, self.num_steps)
        except Interrupted:
            yield from self.stop()
        flat.module.train()

    def _progress(self) -> Progress:
        """Read the sums (the only wait for the device) and report the stretch since last time."""
        sums: list[float] = self.sums.tolist()
        stretch = [new - old for new, old in zip(sums, self._logged, strict=True)]
        values = {"lr": self.job.learning_rate(max(0, self.step - 1), self.num_steps)}
        if stretch[0] > 0:
            values["train_nll"] = self.job.task.summarise(stretch)["nll"]
        self._check_sums(sums)
        now, (then_step, then) = time.monotonic(), self._logged_at
        rate = (self.step - then_step) / (now - then) if now > then else None
        self._logged, self._logged_at = sums, (self.step, now)
        left = self.total_steps - self.step
        eta_s = left / rate if rate and rate > 0 else None
        return Progress(
            "training", self.step, self.total_steps, "steps", self.step, rate, eta_s, values
        )

    def _check_finite(self) -> None:
        """Pass when what is trained can be kept: a loss is NaN only one step after its cause."""
        self._check_sums(self.sums.tolist())
        if not bool(torch.isfinite(self.job.subject.vector).all()):
            self._check_sums([math.nan])

    def _check_sums(self, sums: list[float]) -> None:
        if all(math.isfinite(value) for value in sums):
            return
        section, options = self.job.section, self.job.options
        lr = self.job.learning_rate(max(0, self.step - 1), self.num_steps)
        kept = self._kept_step
        told = "" if kept is None else f" The checkpoint of step {kept} is kept."
        raise NumericalError(
            f"the training loss stopped being a finite number in epoch {self.epoch} (step "
            f"{self.step}, learning rate {lr:g}); try a lower [{section}] lr, e.g. "
            f"--set {section}.lr={options.lr / 10:g}.{told}"
        )

    def _observe(self, epoch: int) -> Iterator[Event]:
        """End an epoch (0 is before training): watch, report, keep snapshots."""
        options = self.job.options
        self.epoch = max(1, epoch)
        is_last = epoch == options.last_epoch
        is_watched = options.watch_every > 0 and epoch % options.watch_every == 0
        seconds = time.monotonic() - self._epoch_began
        seen = Observation({}, None, None)
        if is_watched or is_last:
            try:
                seen = self.job.observe(epoch, self.step if epoch else 0)
            except Interrupted:
                yield from self.stop()
        if epoch:
            values = dict(seen.values)
            sums: list[float] = self.sums.tolist()
            # The first statistic counts examples; a resumed epoch that was complete has them too.
            values |= {f"train_{k}": v for k, v in self.job.task.summarise(sums).items()}
            lr = self.job.learning_rate(self.step - 1, self.num_steps)
            yield EpochFinished(epoch, options.epochs, self.step, lr, seconds, values)
        if seen.probe is not None:
            yield seen.probe
        yield from self.keeper.after_epoch(
            epoch, self.step if epoch else 0, seen.score, self._snapshot_files
        )
        self._logged_at = (self.step, time.monotonic())

    def _snapshot_files(self) -> dict[str, bytes]:
        state = optimizer_tensors(self.optimizer)
        return {**self.job.product(), "optimizer.safetensors": network_bytes(state)}

    def _checkpoint(self) -> CheckpointSaved:
        # Whoever resumes from numbers that are not finite fails for ever.
        self._check_finite()
        subject = self.job.subject
        tensors = {"vector": subject.vector.detach(), "sums": self.sums}
        tensors |= {f"buffer.{k}": v for k, v in subject.flat.buffers().items()}
        tensors |= {f"optimizer.{k}": v for k, v in optimizer_tensors(self.optimizer).items()}
        tensors |= random_tensors(self.device)
        collector = self.job.collector
        if collector is not None:
            tensors |= {f"collected.{k}": v for k, v in collector.tensors().items()}
        state = {
            "epoch": self.epoch,
            "step_in_epoch": self.step_in_epoch,
            "logged": self._logged,
            "epoch_seconds": time.monotonic() - self._epoch_began,
            **self.keeper.state(),
            **({} if collector is None else {"collected": collector.state()}),
        }
        self._kept_step = self.step
        return self.workspace.save_checkpoint(self.step, self.epoch, tensors, state)

    def _restore(self) -> bool:
        checkpoint = self.workspace.latest_checkpoint()
        if checkpoint is None:
            return False
        tensors, state = checkpoint.tensors, checkpoint.state
        subject = self.job.subject
        with torch.no_grad():
            subject.vector.copy_(tensors["vector"])
            self.sums.copy_(tensors["sums"])
        subject.flat.load_buffers(_under(tensors, "buffer."))
        load_optimizer_tensors(self.optimizer, _under(tensors, "optimizer."))
        load_random(tensors)
        self.epoch, self.step_in_epoch = int(state["epoch"]), int(state["step_in_epoch"])
        # As it was: the next stretch then reports the same mean as an uninterrupted training.
        self._logged = [float(value) for value in state["logged"]]
        self._logged_at = (self.step, time.monotonic())
        self._epoch_before_s = float(state["epoch_seconds"])
        self._kept_step = self.step
        self.keeper.load(state)
        if self.job.collector is not None:
            self.job.collector.load(_under(tensors, "collected."), state["collected"])
        return True


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
