"""Score a path at chosen t on train and test: the table that reports and plots stand on.

Every point gets batch-norm statistics of its own. The ends are scored first, so that the chord
and the disagreement with either end are known from the first inner point on. Inputs are never
augmented here; the table says so.
Shape letters: N = test examples, T = positions.
"""

from __future__ import annotations

import io
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
import torch

from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import canonical_json, finite_or_null
from mcworkbench.models.product import (
    model_options,
    open_flat,
    read_model_document,
    require_kind,
)
from mcworkbench.params.batch_norm import has_batch_norm
from mcworkbench.paths.path import open_path, segment_lengths
from mcworkbench.runs.events import PathPointEvaluated, Progress
from mcworkbench.runs.path_summary import barriers, path_summary
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages.curve import check_fits
from mcworkbench.stages.judging import baseline_part, evaluation_task, loss_name, told_loss
from mcworkbench.stages.scoring import answers_of
from mcworkbench.stages.table_parts import headline, image_barriers
from mcworkbench.training.evaluation import Interrupted, evaluate_split, interruptible
from mcworkbench.training.functions import functions_along, functions_file, input_range
from mcworkbench.training.points import evaluation_placer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from mcworkbench.data.dataset import Dataset
    from mcworkbench.data.resident import Split
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace

TABLE_FILE = "table.json"
PREDICTIONS_FILE = "predictions.npz"
FUNCTIONS_FILE = "functions.npz"
# Seconds of scoring that a kill may cost at most, where points are slow.
CHECKPOINT_S = 20.0


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish the table of one path; returns its headline statistics."""
    evaluation = _Evaluation(workspace)
    yield from evaluation.run()
    table = evaluation.table()
    # A network can be worth nothing somewhere: what is not finite is stored as null.
    content = canonical_json(finite_or_null(table))
    yield workspace.save_artifact(TABLE_FILE, content, "table")
    if evaluation.options.store_predictions:
        yield workspace.save_artifact(
            PREDICTIONS_FILE, evaluation.predictions_file(), "predictions"
        )
    if evaluation.options.functions:
        content = yield from evaluation.functions()
        yield workspace.save_artifact(FUNCTIONS_FILE, content, "functions")
    return headline(table)


@final
class _Evaluation:
    """One pass over the positions, resumable after each."""

    def __init__(self, workspace: Workspace) -> None:
        options = workspace.options
        assert isinstance(options, EvaluateOptions)
        self.workspace = workspace
        self.options = options
        folder = workspace.input("path")
        require_kind(folder, "path", "[path] use")
        document = read_model_document(folder)
        self.model = model_options(document)
        dataset = open_dataset(workspace.input("dataset")).for_model(self.model)
        self.dataset: Dataset = dataset
        check_fits(dataset, document)
        self.flat = open_flat(folder, device=workspace.device)
        stored = open_path(folder, self.flat.layout)
        self.ts = options.positions()
        self.dl = segment_lengths(stored, self.ts)
        self.path = stored.to(workspace.device)
        self.task = evaluation_task(workspace, dataset, options)
        self.train = self._split("train", options.train_examples)
        self.test = self._split("test", 0)
        self.splits = {"train": self.train, "test": self.test, **self._further_tests()}
        if options.functions:
            x_G = input_range(self.dataset).to(workspace.device)
            self.inputs_GF, self.x_G = self.dataset.scaled_inputs(x_G), x_G
        self._between = interruptible(workspace)
        self.placer = evaluation_placer(
            self.flat, self.dataset, options, device=workspace.device, between=self._between
        )
        self.batch_size = options.batch_size
        self._saved_at = time.monotonic()
        self.rows: dict[int, dict[str, float]] = {}
        self.predictions: dict[int, torch.Tensor] = {}
        self.stored: dict[int, torch.Tensor] = {}

    def _split(self, name: Any, limit: int) -> Split:
        return self.dataset.split(
            name,
            self.workspace.device,
            limit,
            self.options.seed,
            channels_last=self.options.channels_last,
        )

    def _further_tests(self) -> dict[str, Split]:
        """Return the test sets of [data] also_test, scaled as the data the path was made for."""
        found: dict[str, Split] = {}
        for name in self.options.also_test:
            other = open_dataset(self.workspace.input(f"test-{name}")).for_model(self.model)
            shapes = (other.input_shape, other.num_outputs)
            if shapes != (self.dataset.input_shape, self.dataset.num_outputs):
                raise InvalidInputError(
                    f"[data] also_test: '{name}' has inputs {shapes[0]} and {shapes[1]} outputs, "
                    f"but '{self.dataset.options.name}' has {self.dataset.input_shape} and "
                    f"{self.dataset.num_outputs}; both must be of one kind."
                )
            alike = replace(other, mean=self.dataset.mean, std=self.dataset.std)
            found[f"test-{name}"] = alike.split(
                "test", self.workspace.device, channels_last=self.options.channels_last
            )
        return found

    def _order(self) -> list[int]:
        """Return the places to score: both ends, then the rest by increasing t."""
        count = len(self.ts)
        ends = [place for place in (0, count - 1) if self.ts[place] in {0.0, 1.0}]
        ends = sorted(set(ends))
        return [*ends, *(place for place in range(count) if place not in ends)]

    def run(self) -> Iterator[Event]:
        """Score every position that no checkpoint holds yet."""
        order = self._order()
        yield from told_loss(self.options.loss)
        self._restore()
        began, already = time.monotonic(), len(self.rows)
        for place in order[already:]:
            try:
                values = self._point(place)
            except Interrupted:
                yield self._checkpoint(len(self.rows))
                raise Stopped(len(self.rows)) from None
            self.rows[place] = values
            done = len(self.rows)
            rate = (done - already) / max(time.monotonic() - began, 1e-9)
            yield PathPointEvaluated(place, len(order), self.ts[place], done, values)
            eta_s = (len(order) - done) / rate
            yield Progress("evaluating", done, len(order), "points", done, rate, eta_s)
            if done < len(order):
                yield from self._pause(done)

    def _pause(self, done: int) -> Iterator[Event]:
        stop = self.workspace.stop_level() >= StopLevel.after
        is_due = time.monotonic() - self._saved_at > CHECKPOINT_S
        if stop or is_due or done % max(1, len(self.ts) // 8) == 0:
            yield self._checkpoint(done)
            self._saved_at = time.monotonic()
        if stop:
            raise Stopped(done)

    def _point(self, place: int) -> dict[str, float]:
        self.placer.place(self.path, self.ts[place])
        norm_squared = float(torch.sum(self.flat.params.double() ** 2).item())
        penalty = (self.options.weight_decay or 0.0) * norm_squared / 2
        values: dict[str, float] = {}
        for name, split in self.splits.items():
            is_kept = name == "test" and self.options.store_predictions
            scored = evaluate_split(
                self.flat,
                self.task,
                split,
                batch_size=self.batch_size,
                precision=self.options.precision,
                keep=self.task.stored if is_kept else None,
                between=self._between,
            )
            self.batch_size = scored.batch_size
            values |= {f"{name}_{metric}": value for metric, value in scored.values.items()}
            values[f"{name}_loss"] = scored.values["nll"] + penalty
            if name == "test":
                self.predictions[place] = scored.predictions_N.cpu()
            if scored.stored_N is not None:
                self.stored[place] = scored.stored_N
        values["l2"] = norm_squared
        values |= self._disagreements(place)
        if place not in (0, len(self.ts) - 1):
            # Others are compared with the ends only; all of them would fill the memory.
            del self.predictions[place]
        return values

    def _disagreements(self, place: int) -> dict[str, float]:
        here = self.predictions[place]
        found: dict[str, float] = {}
        for name, end in (("first", 0), ("last", len(self.ts) - 1)):
            is_end = self.ts[end] == (0.0 if name == "first" else 1.0)
            if is_end and end in self.predictions:
                other = self.predictions[end]
                found[f"test_disagreement_{name}"] = self.task.disagreement(here, other)
        return found

    def _checkpoint(self, done: int) -> Event:
        tensors = {f"predictions.{place}": value for place, value in self.predictions.items()}
        tensors |= {f"stored.{place}": value for place, value in self.stored.items()}
        rows = {str(place): finite_or_null(values) for place, values in self.rows.items()}
        return self.workspace.save_checkpoint(done, 0, tensors, {"rows": rows})

    def _restore(self) -> None:
        checkpoint = self.workspace.latest_checkpoint()
        if checkpoint is None:
            return
        for name, value in checkpoint.tensors.items():
            kind, _, place = name.partition(".")
            (self.predictions if kind == "predictions" else self.stored)[int(place)] = value
        for place, row in checkpoint.state["rows"].items():
            self.rows[int(place)] = {k: math.nan if v is None else v for k, v in row.items()}

    def table(self) -> dict[str, Any]:
        """Return the finished table: columns over t, summaries, barriers, how it was made."""
        places = range(len(self.ts))
        if 0 in self.predictions and len(self.ts) > 1:
            # The first end was scored before the last one was known.
            self.rows[0] |= self._disagreements(0)
        rows = [self.rows[place] for place in places]
        # Disagreement with an end exists only where that end was evaluated.
        names = sorted(set(rows[0]).intersection(*rows))
        whole = {name: [row[name] for row in rows] for name in names}
        described = [name for name in whole if not name.endswith(("first", "last"))]
        return {
            "path": self.path.description(),
            "ts": list(self.ts),
            "dl": self.dl,
            "length": sum(self.dl),
            "columns": whole,
            "summary": {n: path_summary(self.ts, self.dl, whole[n]) for n in described},
            "barriers": {
                name: barriers(self.ts, whole[name])
                for name in described
                if name.endswith(("nll", "loss", "error"))
            }
            | image_barriers(self.dataset, self.task, self.ts, whole),
            "weight_decay": self.options.weight_decay,
            "bn_refreshed": has_batch_norm(self.flat.module),
            "train_examples": self.train.num_examples,
            "test_examples": self.test.num_examples,
            "bn_examples": self.options.bn_examples or self.dataset.counts["train"],
            "bn_augmented": self.options.bn_augment and self.dataset.options.augment != "none",
            "validation": self.dataset.options.validation,
            "augmented": False,
            "task": loss_name(self.dataset, self.options.loss),
            **baseline_part(self.dataset, self.task, self._split("train", 0), self.splits),
        }

    def functions(self) -> Generator[Event, None, bytes]:
        """Draw the functions along the path, which a stop begins again; returns their file."""
        count = self.options.functions
        ts = [place / max(1, count - 1) for place in range(count)]
        drawn: list[torch.Tensor] = []
        done = len(self.rows)
        try:
            for values_G in functions_along(
                self.placer, self.path, ts, self.inputs_GF, self.options.precision
            ):
                drawn.append(values_G)
                self._between()
                yield Progress("drawing functions", len(drawn), count, "functions", done)
        except Interrupted:
            yield self._checkpoint(done)
            raise Stopped(done) from None
        return functions_file(self.dataset, ts, self.x_G, drawn)

    def predictions_file(self) -> bytes:
        """Return the stored test outputs at every t: outputs (T, N, …), ts, targets (N,)."""
        buffer = io.BytesIO()
        outputs = torch.stack([self.stored[place] for place in range(len(self.ts))])
        np.savez_compressed(
            buffer,
            ts=np.asarray(self.ts),
            outputs=outputs.numpy(),
            targets=answers_of(self.test, self.task.stored, self.batch_size).cpu().numpy(),
        )
        return buffer.getvalue()
