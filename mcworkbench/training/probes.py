"""Loss along a curve while it trains: fixed t, a fixed training subset, no trace left behind.

Shape letters: T = positions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, final

from mcworkbench.runs.events import ProbeEvaluated
from mcworkbench.training.evaluation import evaluate_split
from mcworkbench.training.job import Observation
from mcworkbench.training.points import PointPlacer
from mcworkbench.training.random_state import load_random, random_tensors

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.config.options.curve import CurveOptions
    from mcworkbench.data.resident import Draws, Split
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.paths.path import NodePath
    from mcworkbench.tasks.task import AbstractTask

PROBE_SEED = 0


@final
class CurveProbe:
    """Evaluates a curve at fixed t; parameters, buffers and generators come back as they were."""

    def __init__(
        self,
        path: NodePath,
        flat: FlatModule,
        task: AbstractTask,
        subset: Split,
        options: CurveOptions,
        between: Callable[[], None],
        draws: Draws | None = None,
    ) -> None:
        """Keep what is probed; `draws` augments the batch-norm refresh as in training."""
        self._path = path
        self._flat = flat
        self._task = task
        self._options = options
        self._subset = subset
        self._placer = PointPlacer(
            flat,
            subset,
            batch_size=options.batch_size,
            seed=PROBE_SEED,
            draws=draws,
            precision=options.precision,
            between=between,
        )
        self._between = between
        count = options.probe_points
        self.ts_T = tuple(place / (count - 1) for place in range(count)) if count > 1 else (0.5,)

    def observe(self, epoch: int, step: int) -> Observation:
        """Return loss and metrics at every t; the score is the worst loss along the curve."""
        if self._options.probe_points == 0:
            return Observation({}, None, None)
        flat = self._flat
        params_D, buffers = flat.params.clone(), flat.save_buffers()
        generators = random_tensors(flat.params.device)
        try:
            rows = [self._scores(t) for t in self.ts_T]
        finally:
            flat.set_params(params_D)
            flat.load_buffers(buffers)
            load_random(generators)
        values = {f"train_{name}": tuple(row[name] for row in rows) for name in rows[0]}
        nll_T = values["train_nll"]
        worst = max(nll_T) if all(map(math.isfinite, nll_T)) else math.nan
        probe = ProbeEvaluated(epoch, step, self.ts_T, values)
        seen = {"probe_nll_max": worst, "probe_nll_avg": math.fsum(nll_T) / len(rows)}
        return Observation(seen, probe, worst)

    def _scores(self, t: float) -> dict[str, float]:
        self._placer.place(self._path, t)
        scored = evaluate_split(
            self._flat,
            self._task,
            self._subset,
            batch_size=self._subset.num_examples,
            precision=self._options.precision,
            between=self._between,
        )
        return scored.values
