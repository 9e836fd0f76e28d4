"""Which stages of a run are done, ready, running or waited for: the supervisor's memory.

It reads folders and starts nothing. Stages are told apart by key, so two nodes of the same key
are one piece of work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mcworkbench.runs.names import is_stage_key
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.state import State, stage_evidence

if TYPE_CHECKING:
    from mcworkbench.runs.run_folder import RunDocument


@final
@dataclass
class Task:
    """One stage of the run.

    Attributes:
        name: the first node that names it.
        inputs: keys of the stages it needs.
        is_elsewhere: another run's process runs it.
        settled: its newest attempt, if that had ended when we began to wait; 0 otherwise.
    """

    folder: StageFolder
    name: str
    inputs: tuple[str, ...]
    is_done: bool = False
    is_running: bool = False
    is_elsewhere: bool = False
    settled: int = 0


@final
class Schedule:
    """The stages of one run, in the order of its nodes.

    Attributes:
        failure: the sentence that ends the run, '' while there is none.
    """

    def __init__(self, document: RunDocument) -> None:
        self.failure = ""
        self._tasks: dict[str, Task] = {}
        for name, node in document.nodes.items():
            keys = tuple(
                document.nodes[source].key if source in document.nodes else source
                for source in node.inputs.values()
            )
            self._tasks.setdefault(node.key, Task(StageFolder(node.key), name, keys))

    def skip_finished(self) -> None:
        """Mark what earlier runs have made."""
        for task in self._tasks.values():
            task.is_done = task.folder.is_finished()

    def is_done(self) -> bool:
        """Return whether every stage is done."""
        return all(task.is_done for task in self._tasks.values())

    def fail(self, message: str) -> None:
        """Let the run end with `message`; the first one counts."""
        self.failure = self.failure or message

    def first_open(self) -> Task | None:
        """Return the first stage that is not done."""
        return next((task for task in self._tasks.values() if not task.is_done), None)

    def ready(self) -> list[Task]:
        """Return the stages that could run now; what was finished meanwhile is marked done."""
        tasks = [
            task
            for task in self._tasks.values()
            if not (task.is_done or task.is_running or task.is_elsewhere)
            and all(self._has(key) for key in task.inputs)
        ]
        for task in tasks:
            task.is_done = task.folder.is_finished()
        return [task for task in tasks if not task.is_done]

    def wait_for_other(self, task: Task) -> None:
        """Remember that another run's process has the stage's lock."""
        task.is_elsewhere = True
        attempts = task.folder.attempts()
        has_ended = attempts and attempts[-1].read_exit() is not None
        task.settled = attempts[-1].number if has_ended else 0

    def look_at_others(self) -> None:
        """Take note of stages that another run has let go of: reuse, fail alike, or take over."""
        for task in self._tasks.values():
            if not task.is_elsewhere or task.folder.is_locked():
                continue
            task.is_elsewhere = False
            evidence = stage_evidence(task.folder)
            task.is_done = evidence.state is State.done
            is_new = evidence.num_attempts != task.settled
            if evidence.state is State.failed and is_new:
                self.fail(evidence.message)

    def waiting_sentence(self) -> str:
        """Return what the run waits for while nothing of it runs, '' where for nothing."""
        elsewhere = [task for task in self._tasks.values() if task.is_elsewhere]
        if not elsewhere:
            return ""
        holder = elsewhere[0].folder.holder() or "another run"
        return f"waiting for {holder}, which makes {elsewhere[0].name}"

    def _has(self, key: str) -> bool:
        task = self._tasks.get(key)
        if task is not None:
            return task.is_done
        # A stage of another run: the worker says so where its product is gone.
        return is_stage_key(key)
