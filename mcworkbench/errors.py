"""What goes wrong because of something a user can change.

Every error of this family is one sentence: where, what, what would work, the nearest valid
name. The command line prints it without a traceback; assertions are for our own mistakes.
"""

from __future__ import annotations

import difflib
import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MEMORY_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory")


class WorkbenchError(Exception):
    """A sentence for the user; `exit_code` is what the command line ends with."""

    exit_code = 1


class InvalidInputError(WorkbenchError):
    """A preset, an option, a name or a file that cannot be used as it is."""

    exit_code = 2


class PresetError(InvalidInputError):
    """Everything that is wrong with one preset, all at once.

    Attributes:
        problems: one sentence each, in the order of the file.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class NumericalError(WorkbenchError):
    """A loss or a parameter stopped being a finite number."""


class OutOfMemoryError(WorkbenchError):
    """The device has too little memory for one training step."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, or None where none is close."""
    spelled: dict[str, str] = {}
    for one in known:
        spelled.setdefault(one.lower(), one)
    matches = difflib.get_close_matches(name.lower(), list(spelled), n=1, cutoff=0.6)
    return spelled[matches[0]] if matches else None


def unknown_name(
    kind: str, name: str, known: Iterable[str], *, where: str = ""
) -> InvalidInputError:
    """Return the error for a name that is in no catalogue, with the nearest that is."""
    names = sorted(known)
    guess = nearest(name, names)
    place = f"{where}: " if where else ""
    hint = f" Did you mean '{guess}'?" if guess else ""
    listed = ", ".join(names) if names else "none"
    return InvalidInputError(f"{place}no {kind} is called '{name}'.{hint} Known: {listed}.")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether the processor or a device had too little memory.

    Errors of torch are told by name and text: on the CPU it raises a plain RuntimeError.
    """
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    names = {cls.__name__ for cls in type(error).__mro__}
    text = str(error).lower()
    return "OutOfMemoryError" in names or (
        isinstance(error, RuntimeError) and any(words in text for words in _MEMORY_WORDS)
    )
