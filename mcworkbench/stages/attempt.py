"""One try at one stage: from its stage.json to its events, its product and its last word.

Called by the worker, which holds the stage's lock. Here is the only place that appends to an
attempt's events; stages yield them. Nothing raised by a stage gets past this file.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any, Protocol, final

from mcworkbench import catalogue
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.folders import storage_error
from mcworkbench.runs import events
from mcworkbench.runs.checkpoints import list_checkpoints
from mcworkbench.runs.env import differences, environment
from mcworkbench.runs.event_log import EventLog
from mcworkbench.runs.reader import last_event
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.stage_folder import Exit
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages.failure import explain
from mcworkbench.stages.folder_workspace import FolderWorkspace
from mcworkbench.stages.torch_setup import set_up

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from mcworkbench.catalogue import StageKind
    from mcworkbench.config.options.base import Options
    from mcworkbench.runs.stage_folder import AttemptFolder, StageFolder
    from mcworkbench.runs.workspace import Checkpoint

_LOG_WAIT_S = 2.0
_WORDS = {StopLevel.after: "after this epoch", StopLevel.now: "now", StopLevel.kill: "at once"}


class Stopper(Protocol):
    """Who is asked whether to go on."""

    @property
    def reason(self) -> str:
        """Why to stop, in a few words."""
        ...

    def level(self) -> StopLevel:
        """Return how soon to stop."""
        ...


@final
class Attempt:
    """A try at a stage by this process."""

    def __init__(
        self,
        folder: StageFolder,
        attempt: AttemptFolder,
        node: str,
        *,
        stopper: Stopper,
        device: str,
        threads: int,
    ) -> None:
        """Open the attempt's log.

        Args:
            folder: the stage, locked by us.
            attempt: the try, made for us.
            node: what the user calls the stage.
            stopper: asked by the stage now and then.
            device: where to compute, as torch names it.
            threads: for a stage that has not begun; one that has keeps its own.

        Raises:
            WorkbenchError: the log cannot be written.
        """
        self._folder = folder
        self._attempt = attempt
        self._node = node
        self._stopper = stopper
        self._device = device
        self._threads = _earlier_threads(folder) or threads
        self._log = EventLog(attempt.events_path, attempt.number)
        self._options: Options | None = None
        self._workspace: FolderWorkspace | None = None

    def run(self) -> dict[str, Any]:
        """Run the stage and return the answer to the supervisor; raises nothing."""
        with _output_to(self._attempt):
            try:
                summary = self._make()
            except Stopped as stopped:
                return self._stopped(stopped.step)
            # User code may call sys.exit; whatever it raises ends this stage and nothing else.
            except (Exception, SystemExit) as error:  # noqa: BLE001
                return self._failed(error)
            self._end(events.StageFinished(summary), Exit("done"))
            return {"outcome": "done"}

    def _make(self) -> dict[str, float]:
        kind, options = self._read_stage()
        run = catalogue.resolve(kind.run)
        self._options = options
        workspace = self._workspace = FolderWorkspace(
            self._folder,
            self._attempt,
            options,
            device=self._device,
            threads=self._threads,
            stop_level=self._stopper.level,
            tell=self._log.append,
        )
        facts = set_up(options, self._device, self._threads)
        env = environment(
            run=self._attempt.made_by(), device=self._device, threads=self._threads, **facts
        )
        self._attempt.write_env(env)
        checkpoint = workspace.latest_checkpoint()
        self._log.append(
            events.StageStarted(
                kind=str(self._folder.document()["kind"]),
                step=checkpoint.step if checkpoint else 0,
                resumed_from=checkpoint.name if checkpoint else None,
                skipped_checkpoints=workspace.skipped_checkpoints,
            )
        )
        if checkpoint is not None:
            self._compare(checkpoint, env)
        summary = self._drive(run(workspace))
        names = workspace.artifact_names()
        self._folder.publish_result(
            self._attempt,
            product=_product(kind, names),
            summary=summary,
            artifacts=names,
            seconds=_seconds(self._folder),
        )
        workspace.forget_checkpoints()
        return summary

    def _compare(self, checkpoint: Checkpoint, env: dict[str, Any]) -> None:
        """Warn where this attempt cannot continue that of the checkpoint bit for bit."""
        listed = list_checkpoints(self._folder.checkpoints)
        made_by = {one.attempt for one in listed if one.path.name == checkpoint.name}
        changes = [
            change
            for attempt in self._folder.attempts()
            if attempt.number in made_by
            for change in differences(attempt.read_env(), env)
        ]
        if changes:
            self._log.append(events.Warned(f"this resume is not exact: {'; '.join(changes)}"))

    def _read_stage(self) -> tuple[StageKind, Options]:
        document = self._folder.document()
        if not document:
            raise InvalidInputError(
                f"{self._node}: its stage.json is absent or damaged; start the run again."
            )
        kind: StageKind = catalogue.find(
            catalogue.STAGES, "stage kind", str(document.get("kind")), where=self._node
        )
        return kind, catalogue.resolve(kind.options).model_validate(document.get("options"))

    def _drive(self, stage: Generator[events.Event, None, dict[str, float]]) -> dict[str, float]:
        while True:
            try:
                event = next(stage)
            except StopIteration as end:
                return dict(end.value or {})
            self._log.append(event)

    def _stopped(self, step: int) -> dict[str, Any]:
        level = self._stopper.level()
        self._log.append(events.RequestSeen(_WORDS.get(level, "")))
        message = f"{self._node} stopped at step {step}: {self._stopper.reason}"
        self._end(events.StageStopped(step, self._stopper.reason), Exit("stop", message=message))
        return {"outcome": "stopped"}

    def _failed(self, error: BaseException) -> dict[str, Any]:
        # On a full disk the log cannot take it either.
        with contextlib.suppress(OSError):
            traceback.print_exception(error, file=sys.stderr)
        kept = self._workspace.kept_step if self._workspace else None
        failure = explain(error, self._node, self._options, kept)
        self._end(failure, Exit("error", 1, 0, failure.message))
        return {"outcome": "failed", "message": failure.message}

    def _end(self, event: events.Event, ending: Exit) -> None:
        self._log.append(event)
        self._log.close(wait_s=_LOG_WAIT_S)
        # On a full disk the supervisor, which has the same news from our answer, tries again.
        with contextlib.suppress(WorkbenchError):
            self._attempt.write_exit(ending)


def _earlier_threads(folder: StageFolder) -> int:
    """Return the threads of the newest attempt that wrote them down, 0 without one.

    Another number of threads adds in another order, and so gives other bits.
    """
    for attempt in reversed(folder.attempts()):
        threads = attempt.read_env().get("threads")
        if isinstance(threads, int) and threads > 0:
            return threads
    return 0


def _product(kind: StageKind, names: Sequence[str]) -> str:
    """Return what a stage made; only an import finds out by making it."""
    choices = kind.product.split("|")
    if "path" in choices and "path.json" in names:
        return "path"
    return choices[0]


def _seconds(folder: StageFolder) -> float:
    """Return the work time of all attempts, by their own clocks."""
    ends = [last_event(attempt.events_path) for attempt in folder.attempts()]
    return sum(end.elapsed_s for end in ends if end is not None)


@contextlib.contextmanager
def _output_to(attempt: AttemptFolder) -> Generator[None]:
    """Let everything printed, by libraries and their children too, go to the attempt's log."""
    try:
        log = os.open(attempt.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise storage_error(attempt.log_path, error) from error
    before = os.dup(2)
    try:
        _redirect(log)
        yield
    finally:
        _redirect(before)
        os.close(before)
        os.close(log)


def _redirect(descriptor: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        # What was printed so far belongs to where it was printed.
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
