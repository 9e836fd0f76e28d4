"""Edit a text in the user's own editor, while the app stands back from the terminal.

What was typed there is never thrown away: where it cannot be taken over, its file stays and the
sentence names it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from mcworkbench.config.toml_file import read_text
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import remove_quietly

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
        InvalidInputError: there is no editor, it failed, it left no readable text, or there is
            no room for the file that it edits.
    """
    words = editor_command()
    path = _written(text)
    try:
        code = subprocess.run([*words, str(path)], check=False).returncode
    except OSError as error:
        remove_quietly(path.parent)
        told = f"{words[0]}: {_reason(error)}; set EDITOR to another."
        raise InvalidInputError(told) from error
    try:
        edited = read_text(path)
    except InvalidInputError as error:
        raise InvalidInputError(f"{error} {_kept(path)}") from error
    if code and edited != text:
        raise InvalidInputError(f"{words[0]} ended with code {code}. {_kept(path)}")
    remove_quietly(path.parent)
    if code:
        raise InvalidInputError(f"{words[0]} ended with code {code}; the text stays as it was.")
    return edited


def _written(text: str) -> Path:
    """Return a new file with a text, in a folder of its own that only this user can read."""
    folder: Path | None = None
    try:
        folder = Path(tempfile.mkdtemp(prefix="mcworkbench-"))
        path = folder / "preset.toml"
        path.write_bytes(text.encode(errors="surrogatepass"))
    except OSError as error:
        if folder is not None:
            remove_quietly(folder)
        raise InvalidInputError(
            f"the editor needs a file in a temporary folder, which cannot be written "
            f"({_reason(error)}); free space, or set TMPDIR to another folder."
        ) from error
    return path


def _reason(error: OSError) -> str:
    return (error.strerror or "failed").lower()


def _kept(path: Path) -> str:
    if path.exists():
        return f"Nothing is taken over; what you typed is kept in {path}."
    remove_quietly(path.parent)
    return "Nothing is taken over."
