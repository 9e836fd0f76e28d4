"""What the command ends with, and the sentence for every way to fail."""

from __future__ import annotations

import traceback

from mcworkbench.errors import PresetError, WorkbenchError
from mcworkbench.runs.state import State
from mcworkbench.text import PROGRAM, clean

DONE, FAILED, INVALID, STOPPED = 0, 1, 2, 3


def exit_code(state: State) -> int:
    """Return the exit code for the state in which a followed run ended."""
    if state is State.done:
        return DONE
    return STOPPED if state is State.stopped else FAILED


def explain(error: WorkbenchError) -> str:
    """Return the text for stderr: one line per problem, each naming the program."""
    problems = error.problems if isinstance(error, PresetError) else (str(error),)
    return "".join(f"{PROGRAM}: {clean(problem)}\n" for problem in problems)


def explain_unexpected(error: Exception, *, is_debug: bool) -> str:
    """Return the text for an error that is our own mistake: a traceback only where asked for."""
    if is_debug:
        return "".join(traceback.format_exception(error))
    words = clean(str(error)).strip() or "no message"
    return (
        f"{PROGRAM}: unexpected {type(error).__name__}: {words}. This is a mistake in the "
        f"program; `{PROGRAM} --debug …` shows where.\n"
    )
