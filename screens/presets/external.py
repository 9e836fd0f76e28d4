"""Edit a text in the user's own editor, while the app stands back from the terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from mcworkbench.config.toml_file import read_text
from mcworkbench.errors import InvalidInputError

_FALLBACKS = ("nano", "vim", "vi")


def editor_command() -> list[str]:
    """Return the words of the user's editor: $VISUAL, $EDITOR, or one that is there.

    Raises:
        InvalidInputError: there is none, or what is named cannot be found.
    """
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        words = shlex.split(named)
    except ValueError as error:
        raise InvalidInputError(
            f"$EDITOR cannot be read ({error}); set it to a command."
        ) from error
    if not words:
        words = [name for name in _FALLBACKS if shutil.which(name)][:1]
    if not words or not shutil.which(words[0]):
        raise InvalidInputError("no editor is found; set EDITOR, e.g. `export EDITOR=nano`.")
    return words


def edit_outside(text: str) -> str:
    """Return the text after the user edited it; the terminal must be free.

    Raises:
        InvalidInputError: there is no editor, it failed, or it left no readable text.
    """
    words = editor_command()
    with tempfile.TemporaryDirectory(prefix="mcworkbench-") as folder:
        path = Path(folder) / "preset.toml"
        path.write_bytes(text.encode())
        try:
            done = subprocess.run([*words, str(path)], check=False)
        except OSError as error:
            reason = (error.strerror or "failed").lower()
            raise InvalidInputError(f"{words[0]}: {reason}; set EDITOR to another.") from error
        if done.returncode:
            raise InvalidInputError(
                f"{words[0]} ended with code {done.returncode}; the text stays as it was."
            )
        return read_text(path)
