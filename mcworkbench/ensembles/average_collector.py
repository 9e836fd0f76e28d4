"""Takes iterates into a running average while a training goes on, and scores the average at times.

Called by the loop for SWA and SWAG. Scoring puts the average into the module with batch norm of
its own and takes it out again, so the training never notices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from typing_extensions import override

from mcworkbench.ensembles.averaging import Moments, RunningMean
from mcworkbench.ensembles.collector import AbstractCollector
from mcworkbench.ensembles.distances import cosine, distance
from mcworkbench.runs.events import MemberCaptured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch import Tensor

    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.events import Event


@final
class AverageCollector(AbstractCollector):
    """The running mean of a training's iterates, with moments where they are wanted.

    Attributes:
        mean: of the iterates so far.
        moments: of SWAG, or None.
    """

    def __init__(
        self,
        flat: FlatModule,
        *,
        due: Callable[[int], Sequence[int]],
        rank: int,
        watch_every: int,
        iterate_scores: Callable[[int], dict[str, float]],
        average_scores: Callable[[], dict[str, float]],
    ) -> None:
        """Keep what an average needs.

        Args:
            flat: the network that is trained.
            due: the steps whose iterates are averaged, given the steps of an epoch.
            rank: deviations kept for SWAG; 0 keeps no moments.
            watch_every: iterates between scores of the average; 0 never scores it.
            iterate_scores: returns the scores of the network in training after a step.
            average_scores: returns the scores of the network in the module, after a refresh.
        """
        self.mean = RunningMean(flat.params)
        self.moments = Moments(self.mean, rank) if rank else None
        self._flat = flat
        self._due = due
        self._watch_every = watch_every
        self._iterate_scores = iterate_scores
        self._average_scores = average_scores
        self._averaged_step = 0
        self._told_step = 0

    @override
    def is_due(self, step: int, num_steps: int) -> bool:
        return step > self._told_step and step in self._due(num_steps)

    @override
    def collect(self, step: int, num_steps: int) -> Iterator[Event]:
        if step > self._averaged_step:
            (self.moments or self.mean).add(self._flat.params)
            self._averaged_step = step
        count, total = self.mean.count, len(self._due(num_steps))
        is_watched = self._watch_every > 0 and count % self._watch_every == 0
        values = self._iterate_scores(step)
        # The last average is the product, which its stage scores.
        ensemble = self.with_average(self._average_scores) if is_watched and count < total else {}
        epoch = step // num_steps
        distances = {
            "to_average": distance(self._flat.params, self.mean.vector_D),
            "cosine_to_average": cosine(self._flat.params, self.mean.vector_D),
        }
        self._told_step = step
        yield MemberCaptured(
            count, total, f"epoch-{epoch}", epoch, step, values, ensemble, distances
        )

    def with_average(self, scores: Callable[[], dict[str, float]]) -> dict[str, float]:
        """Return what `scores` finds with the average in the module, which comes back as it was."""
        flat = self._flat
        params_D, buffers = flat.params.clone(), flat.save_buffers()
        try:
            flat.set_params(self.mean.vector_D)
            return scores()
        finally:
            flat.set_params(params_D)
            flat.load_buffers(buffers)

    @override
    def tensors(self) -> dict[str, Tensor]:
        kept = {"mean": self.mean.vector_D}
        return kept | (self.moments.tensors() if self.moments else {})

    @override
    def state(self) -> dict[str, Any]:
        return {
            "count": self.mean.count,
            "averaged_step": self._averaged_step,
            "told_step": self._told_step,
        }

    @override
    def load(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        self.mean.load(tensors["mean"], int(state["count"]))
        if self.moments is not None:
            self.moments.load(tensors)
        self._averaged_step = int(state["averaged_step"])
        self._told_step = int(state["told_step"])
