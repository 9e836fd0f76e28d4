"""From the words of a command line to an exit code: the one place where errors become text."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING, Any

from mcworkbench.cli.exits import DONE, FAILED, STOPPED, explain, explain_unexpected
from mcworkbench.cli.wrapping import fitted
from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import PRIVATE_UMASK
from mcworkbench.text import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEBUG = "--debug"
_INTERRUPTED = 130
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def enter(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit code.

    Args:
        arguments: the words after the program's name; none opens the app, or without a
            terminal shows the help.
    """
    os.umask(PRIVATE_UMASK)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            # A terminal that cannot show a sign gets a question mark, not a traceback.
            stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue]
    words = [word for word in arguments if word != _DEBUG]
    is_debug = len(words) < len(arguments)
    try:
        return _call(words) if words else _without_words(is_debug=is_debug)
    except WorkbenchError as error:
        if is_debug:
            sys.stderr.write(explain_unexpected(error, is_debug=True))
        sys.stderr.write(fitted(explain(error), sys.stderr))
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write(f"{PROGRAM}: interrupted.\n")
        return STOPPED
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        _forget_output()
        return DONE
    except OSError as error:
        if error.errno not in _NO_SPACE:
            return _unexpected(error, is_debug=is_debug)
        _forget_output()
        sys.stderr.write(f"{PROGRAM}: the output cannot be written: no space is left.\n")
        return FAILED
    # Whatever else happens is a mistake of ours: one sentence, the rest with --debug.
    except Exception as error:  # noqa: BLE001
        return _usage(error) or _unexpected(error, is_debug=is_debug)


def _without_words(*, is_debug: bool) -> int:
    from mcworkbench.cli.app_command import is_interactive, open_app

    return open_app(is_debug=is_debug) if is_interactive() else _call(["--help"])


def _forget_output() -> None:
    """Drop what stdout still holds: Python must not complain when it flushes at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _call(words: list[str]) -> int:
    from mcworkbench.cli.app import app

    try:
        result: Any = app(args=words, prog_name=PROGRAM, standalone_mode=False)
    except SystemExit as end:
        # The parser turns a closed pipe into exit code 1.
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        raise
    if result == _INTERRUPTED:
        raise KeyboardInterrupt
    sys.stdout.flush()
    return result if isinstance(result, int) else DONE


def _usage(error: Exception) -> int:
    """Say what is wrong with the command line and return the exit code; 0 for other errors."""
    told: Any = error
    if not hasattr(told, "format_message"):
        return 0
    message = " ".join(str(told.format_message()).split()).rstrip(".")
    context = getattr(told, "ctx", None)
    command = context.command_path if context is not None else PROGRAM
    ending = "" if message.endswith("?") else "."
    told_text = f"{PROGRAM}: {message}{ending} `{command} --help` shows what there is.\n"
    sys.stderr.write(fitted(told_text, sys.stderr))
    return int(told.exit_code)


def _unexpected(error: Exception, *, is_debug: bool) -> int:
    sys.stderr.write(explain_unexpected(error, is_debug=is_debug))
    return FAILED
