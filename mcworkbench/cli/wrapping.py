"""Fit sentences to a terminal: broken at spaces only, so that every name stays whole.

Used for everything that goes to stderr, before rich or typer are loaded. In a pipe a line stays
a line.
"""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

_MIN_COLUMNS = 20


def fitted(text: str, stream: TextIO) -> str:
    """Return `text` as it should be written to `stream`."""
    columns = _columns(stream)
    if columns < _MIN_COLUMNS:
        return text
    return "\n".join(wrapped(line, columns) for line in text.split("\n"))


def wrapped(line: str, columns: int) -> str:
    """Return one line broken at spaces; a word longer than a line stays whole."""
    if len(line) <= columns:
        return line
    return textwrap.fill(line, columns, break_long_words=False, break_on_hyphens=False)


def _columns(stream: TextIO) -> int:
    """Return how wide a terminal is, 0 for anything else."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0
    except (OSError, ValueError, AttributeError):
        return 0
