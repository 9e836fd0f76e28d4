"""`mcworkbench` alone and `open`: the app in the terminal, and what it leaves behind there."""

from __future__ import annotations

import io
import os
import sys
import traceback
from typing import TYPE_CHECKING

from rich.console import Console

from mcworkbench.cli.consoles import say
from mcworkbench.cli.exits import DONE, FAILED, explain_unexpected
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.folders import data_root, make_private, publish_bytes
from mcworkbench.text import PROGRAM

if TYPE_CHECKING:
    from mcworkbench.app import WorkbenchApp

_CRASH_LOG = "app-crash.log"


def open_app(reference: str | None = None, *, is_debug: bool = False) -> int:
    """Run the app until the user leaves it and return the exit code.

    Args:
        reference: the run to show first; absent: the list of runs.
        is_debug: let Python's traceback of a crash reach the terminal.

    Raises:
        InvalidInputError: no such run, or this is not a terminal.
    """
    if not is_interactive():
        raise InvalidInputError(
            f"the app needs a terminal for input and output; `{PROGRAM} list`, `{PROGRAM} show` "
            f"and `{PROGRAM} run` work without one."
        )
    from mcworkbench.runs.index import find_run

    run_id = find_run(reference) if reference else ""
    from mcworkbench.app import WorkbenchApp

    app = WorkbenchApp(run_id)
    # What Textual says of a crash is for developers; users get a sentence and a file.
    app.error_console = Console(file=io.StringIO(), width=100)
    farewell = app.run()
    if app.crash is not None:
        return _tell_crash(app, is_debug=is_debug)
    if farewell:
        say(farewell)
    return app.return_code or DONE


def is_interactive() -> bool:
    """Return whether the app can be shown: input and output are a terminal to paint on."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _tell_crash(app: WorkbenchApp, *, is_debug: bool) -> int:
    error = app.crash
    assert error is not None
    sys.stderr.write(explain_unexpected(error, is_debug=is_debug))
    path = data_root() / _CRASH_LOG
    try:
        publish_bytes(
            make_private(path.parent) / path.name,
            "".join(traceback.format_exception(error)).encode(errors="replace"),
        )
        say(f"runs go on without the app; the traceback is in {path}.")
    except WorkbenchError:
        say("runs go on without the app.")
    return FAILED
