"""What every place that carries out runs can do; the interface knows nothing else of it.

A place is given run ids only: the run folder holds the rest, and the state of a run is read
from its folder. The three calls never wait for the work itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.runs.request import StopLevel


class JobStatus(StrEnum):
    """Whether a run's supervisor is at work; the outcome is in the run's folder."""

    RUNNING = "running"
    GONE = "gone"


class AbstractExecutor(ABC):
    """A place that carries out runs."""

    name: str

    @abstractmethod
    def submit(self, run_id: str) -> bool:
        """Start the run; False where it is being carried out already, which is left alone.

        Raises:
            WorkbenchError: there is no such run, or its folder cannot be written.
        """

    @abstractmethod
    def poll(self, run_ids: Sequence[str]) -> dict[str, JobStatus]:
        """Return the status of each run."""

    @abstractmethod
    def cancel(self, run_id: str, level: StopLevel) -> None:
        """Ask for the run to end; asking again for less changes nothing."""
