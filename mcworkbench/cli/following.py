"""Stay with a run until it ends: show it, and pass Ctrl-C on as a request to stop.

The run is carried out by its supervisor in another session, so nothing that happens to this
process reaches it, except through the request written here.
"""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING, Any, Protocol, Self, final

from mcworkbench.cli.consoles import is_live, say, talk
from mcworkbench.executors.control import is_of_settings
from mcworkbench.runs.actions import request_stop
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.state import ACTIVE, State
from mcworkbench.runs.views import RunView

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_PAUSE_S = 0.12
_IDLE = "Ctrl-C stops with a checkpoint"
_STOPPING = "stopping: a checkpoint is being saved; Ctrl-C again kills"
_KILLING = "killing"
_WATCHING = "Ctrl-C leaves the run alone"


class View(Protocol):
    """What can show a run."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, *_: object) -> None:
        """Put the terminal back as it was."""
        ...

    def update(self, run: RunView, notice: str) -> None:
        """Show the run as it is now."""
        ...

    def finish(self, run: RunView) -> None:
        """Show the run for the last time."""
        ...


@final
class _Interrupts:
    """Counts Ctrl-C, and termination as one."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _number: int, _frame: Any) -> None:
        self.count += 1


def follow(run_id: str, *, is_ours: bool, begin: Callable[[], object] | None = None) -> RunView:
    """Show a run until it ends, and return it as it ended.

    Args:
        run_id: a run that was started.
        is_ours: Ctrl-C stops the run, twice kills it; else it only ends the watching.
        begin: starts the run. Called here so that no Ctrl-C falls between start and watch.
    """
    asked = StopLevel.none
    with _interrupts() as interrupts, _view() as view:
        if begin is not None:
            begin()
        run = RunView(run_id)
        while True:
            run.refresh()
            wanted = min(StopLevel.kill, interrupts.count + 1) if interrupts.count else 0
            if interrupts.count and not is_ours:
                break
            if wanted > asked:
                asked = StopLevel(wanted)
                request_stop(run_id, asked, by="Ctrl-C")
            is_over = has_ended(run)
            is_quiet = is_over or run.state is State.done
            view.update(run, "" if is_quiet else _notice(asked, is_ours=is_ours))
            if is_over:
                break
            time.sleep(_PAUSE_S)
        view.finish(run)
    return run


def has_ended(run: RunView) -> bool:
    """Return whether nobody works on the run any more."""
    return not run.evidence.is_supervised and run.state not in ACTIVE


def tell_ending(run: RunView) -> None:
    """Say on stderr why a run is not done, and what to type next."""
    if run.state is State.done:
        return
    again = f"`mcworkbench resume {run.id}`"
    for name, message in run.messages.items():
        say(f"mcworkbench: {name}: {message}" if name not in message else f"mcworkbench: {message}")
    if run.state is State.stopped:
        say(f"stopped; {again} goes on from the checkpoint.")
    elif run.state is State.failed and run.kind == "import":
        # Another file or other options make another run: there is nothing to resume.
        say("nothing was imported; correct the command and run it again.")
    elif run.state is State.failed and is_of_settings(run):
        say("failed; resuming would fail the same way: run it again with that setting changed.")
    elif run.state is State.failed:
        say(f"failed; once the cause is gone, {again} goes on.")
    elif run.state is State.lost:
        told = "" if run.messages else f"mcworkbench: {run.reason} "
        say(f"{told}its log: {run.folder.log_path}; {again} goes on.")
    else:
        say(f"run {run.id} is {run.state}; `mcworkbench watch {run.id}` follows it.")


def _notice(asked: StopLevel, *, is_ours: bool) -> str:
    if not is_ours:
        return _WATCHING
    if asked is StopLevel.kill:
        return _KILLING
    return _STOPPING if asked else _IDLE


def _view() -> View:
    from mcworkbench.cli.plain import PlainView
    from mcworkbench.cli.terminal import TerminalView

    console = talk()
    return TerminalView(console) if is_live(console) else PlainView()


@contextlib.contextmanager
def _interrupts() -> Generator[_Interrupts]:
    counter = _Interrupts()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, counter) for number in numbers}
    try:
        yield counter
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
