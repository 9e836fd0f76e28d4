"""What takes networks out of a training while it goes on: the contract, and two of its kinds.

The loop asks after every step. A collector may evaluate the network, and may put another one
into the module; it yields events and saves through a workspace. What it has done for a step it
remembers in its state, because a resumed training asks again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, final

from typing_extensions import override

from mcworkbench.ensembles.averaging import RunningMean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch import Tensor

    from mcworkbench.ensembles.store import MemberStore
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.events import Event


class AbstractCollector(ABC):
    """Something that takes networks out of a training."""

    @abstractmethod
    def is_due(self, step: int, num_steps: int) -> bool:
        """Return whether `collect` has something to do after `step` steps in all.

        Args:
            step: optimiser steps taken; 0 is before the first.
            num_steps: of an epoch.
        """

    @abstractmethod
    def collect(self, step: int, num_steps: int) -> Iterator[Event]:
        """Take the network as it is; leaves the module in evaluation mode.

        What raises in between, e.g. a request to stop, leaves the step due again.
        """

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Return the tensors that a checkpoint must hold."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return the rest that a checkpoint must hold, as JSON values."""

    @abstractmethod
    def load(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Restore what `tensors` and `state` returned."""


@final
class MemberCollector(AbstractCollector):
    """Captures members at given steps, and the network of step 0 as the start.

    Members keep the batch-norm statistics that they were trained with.
    """

    def __init__(
        self,
        store: MemberStore,
        flat: FlatModule,
        *,
        prefix: str,
        due: Callable[[int], Sequence[int]],
        outputs: Callable[[int], Tensor],
        files: Callable[[], dict[str, bytes]],
        has_start: bool,
    ) -> None:
        """Keep what a capture needs.

        Args:
            store: of the members.
            flat: the network that is trained.
            prefix: of members' names: "fge" names the one after two epochs "fge-2".
            due: the steps after which members are captured, given the steps of an epoch.
            outputs: returns the network's test outputs after a step, as the store wants them.
            files: returns the network as files.
            has_start: whether the network of step 0 is worth a row.
        """
        self._store = store
        self._flat = flat
        self._prefix = prefix
        self._due = due
        self._outputs = outputs
        self._files = files
        self._has_start = has_start

    @override
    def is_due(self, step: int, num_steps: int) -> bool:
        if step == 0:
            return self._has_start and not self._store.rows
        return step in self._due(num_steps) and not self._store.has_step(step)

    @override
    def collect(self, step: int, num_steps: int) -> Iterator[Event]:
        outputs_N = self._outputs(step)
        if step == 0:
            yield from self._store.add_start(outputs_N, self._flat.params)
            return
        yield from self._store.add(
            f"{self._prefix}-{step / num_steps:g}",
            outputs_N,
            epoch=-(-step // num_steps),
            step=step,
            params_D=self._flat.params,
            files=self._files(),
        )

    @override
    def tensors(self) -> dict[str, Tensor]:
        return {}

    @override
    def state(self) -> dict[str, Any]:
        return self._store.state()

    @override
    def load(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        del tensors
        self._store.load(state)


@final
class PeriodCollector(AbstractCollector):
    """Averages the lowest points of a period into the member that it hands on, and goes on there.

    Source: PFGE (ZJLAB-AMMI/PFGE). The optimiser keeps its momentum across the jump.
    """

    def __init__(
        self,
        members: MemberCollector,
        flat: FlatModule,
        lowest: Callable[[int], Sequence[int]],
        refresh: Callable[[], None],
    ) -> None:
        """Keep what an average needs.

        Args:
            members: captures whatever network is in the module at the end of a period.
            flat: the network that is trained.
            lowest: the steps whose networks are averaged, given the steps of an epoch.
            refresh: recomputes the batch-norm statistics of the network in the module.
        """
        self._members = members
        self._flat = flat
        self._lowest = lowest
        self._refresh = refresh
        self._mean = RunningMean(flat.params)
        self._averaged_step = 0

    @override
    def is_due(self, step: int, num_steps: int) -> bool:
        return self._members.is_due(step, num_steps) or self._is_lowest(step, num_steps)

    def _is_lowest(self, step: int, num_steps: int) -> bool:
        return step > self._averaged_step and step in self._lowest(num_steps)

    @override
    def collect(self, step: int, num_steps: int) -> Iterator[Event]:
        if self._is_lowest(step, num_steps):
            self._mean.add(self._flat.params)
            self._averaged_step = step
        if not self._members.is_due(step, num_steps):
            return
        if step:
            self._flat.set_params(self._mean.vector_D)
            self._refresh()
        yield from self._members.collect(step, num_steps)
        self._mean.clear()

    @override
    def tensors(self) -> dict[str, Tensor]:
        return {"mean": self._mean.vector_D}

    @override
    def state(self) -> dict[str, Any]:
        own = {"count": self._mean.count, "averaged_step": self._averaged_step}
        return {**self._members.state(), **own}

    @override
    def load(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        self._members.load({}, state)
        self._mean.load(tensors["mean"], int(state["count"]))
        self._averaged_step = int(state["averaged_step"])
