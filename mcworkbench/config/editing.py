"""A preset that is being edited: one text, changed by keys or as a whole, undone step by step.

Pure but for opening and saving. The text is the only truth: the form and the text view are two
views of it, so comments and order stay byte for byte where nothing changed.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Literal, final

from mcworkbench import folders
from mcworkbench.config.fields import form_field
from mcworkbench.config.history import History, Step, Version
from mcworkbench.config.loading import check_text
from mcworkbench.config.presets import (
    SUFFIX,
    create_preset,
    find_preset,
    shipped_root,
    write_preset,
)
from mcworkbench.config.repeat import repeat_command
from mcworkbench.config.toml_edit import flat, remove_key, set_value, source_of, value_source
from mcworkbench.config.toml_file import MAX_BYTES, read_text
from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.config.fields import Keys
    from mcworkbench.config.loading import Checked

# shipped and run: read only; own: in the user's folder of presets; file: anywhere else.
Place = Literal["shipped", "own", "run", "file"]
_MISSING = object()


@final
class PresetDraft:
    """A preset's text between being read and being saved.

    Attributes:
        name: what lists call it.
        path: the file it was read from or saved to.
        place: where that is, which decides how it is saved.
    """

    def __init__(self, path: Path, text: str, *, name: str = "") -> None:
        """Edit `text`, as it was read from `path`."""
        self.path = path
        self.place: Place = _place(path)
        self.name = clean_line(name or path.stem)
        self._base = self._version(text)
        self._history = History(self._base)

    @classmethod
    def open(cls, reference: str | Path, *, name: str = "") -> PresetDraft:
        """Return the draft of a preset's name or file; it need not be TOML.

        Raises:
            InvalidInputError: there is no such file, it is too large or not UTF-8.
        """
        path = find_preset(reference) if isinstance(reference, str) else reference
        return cls(path, read_text(path), name=name)

    # What it says.

    @property
    def file_name(self) -> str:
        """Return what messages call it."""
        return f"{self.name}{SUFFIX}"

    @property
    def text(self) -> str:
        """Return the text as it is now."""
        return self._history.now.text

    @property
    def base(self) -> str:
        """Return the text as it was read or saved last."""
        return self._base.text

    @property
    def checked(self) -> Checked:
        """Return the experiment, or every problem; computed once for each text."""
        return self._history.now.checked

    @property
    def values(self) -> dict[str, Any] | None:
        """Return the values of the text, None where it is not TOML."""
        return self._history.now.values

    @property
    def is_changed(self) -> bool:
        """Return whether the text differs from the file as it was read or saved last."""
        return self.text != self.base

    def changes(self) -> dict[Keys, tuple[Any, Any]]:
        """Return old and new value of every key that differs; None stands for not set."""
        if self._base.values is None or self._history.now.values is None:
            return {}
        before, after = flat(self._base.values), flat(self._history.now.values)
        return {
            keys: (before.get(keys), after.get(keys))
            for keys in {**before, **after}
            if before.get(keys, _MISSING) != after.get(keys, _MISSING)
        }

    def diff(self, other: str, label: str) -> list[str]:
        """Return the lines of a unified diff from another text, [] where they are equal."""
        lines = difflib.unified_diff(
            other.splitlines(), self.text.splitlines(), label, self.name, lineterm=""
        )
        return list(lines)

    def command(self) -> list[str]:
        """Return the words of the equal shell command.

        [] where there is a problem, or where the difference to the file cannot be said with
        --set: then the preset has to be saved first.
        """
        experiment, file = self.checked.experiment, self.checked.file
        if experiment is None or file is None:
            return []
        return repeat_command(self.path, self.base, experiment, file)

    # Changing it.

    def trial(self, keys: Keys, typed: str) -> Checked:
        """Return what the preset would say with a value as typed; nothing changes.

        Raises:
            InvalidInputError: it cannot be changed there alone.
        """
        text = self._written(self.text, keys, self._source(keys, typed))
        return check_text(text, self.file_name)

    def set(self, keys: Keys, typed: str) -> None:
        """Set a key to a value as typed: text needs no quotes; nothing typed takes it out.

        Raises:
            InvalidInputError: the text is not TOML, or cannot be changed there alone.
        """
        source = self._source(keys, typed)
        text = self._written(self.text, keys, source)
        self._history.put(Step(self._version(text), keys, source))

    def unset(self, keys: Keys) -> None:
        """Take a key out, so that its default holds.

        Raises:
            InvalidInputError: the text is not TOML, or cannot be changed there alone.
        """
        self.set(keys, "")

    def replace(self, text: str, *, joins: bool = False) -> None:
        """Replace the whole text.

        Args:
            text: the new one.
            joins: whether it is one step with the replacement just before, as in typing.
        """
        self._history.put(Step(self._version(text)), joins=joins)

    def undo(self) -> bool:
        """Take the last change back; return whether there was one."""
        return self._history.undo()

    def redo(self) -> bool:
        """Make the change again that was taken back last; return whether there was one."""
        return self._history.redo()

    def undo_field(self, keys: Keys) -> None:
        """Let one key be as in the file again, and keep every other change.

        Raises:
            InvalidInputError: a text is not TOML, or cannot be changed there alone.
        """
        first, steps = self._history.without(keys)
        text = first.text
        # Done again without the key's own changes, all else comes out byte for byte as it was.
        for step in steps:
            text = self._written(text, step.keys or (), step.source)
        before = flat(self._base.values or {})
        after = flat(self._version(text).values or {})
        if after.get(keys, _MISSING) != before.get(keys, _MISSING):
            source = value_source(before[keys]) if keys in before else None
            text = self._written(text, keys, source)
        self._history.put(Step(self._version(text), keys, is_undo=True))

    def undo_all(self) -> None:
        """Let the text be as in the file again; that can be undone, too."""
        self.replace(self.base)

    # Reading and saving.

    def is_stale(self) -> bool:
        """Return whether the file is not what it was when it was read or saved last."""
        try:
            return read_text(self.path) != self.base
        except InvalidInputError:
            return True

    def reload(self) -> None:
        """Drop every change and take the file as it is.

        Raises:
            InvalidInputError: it cannot be read.
        """
        self._base = self._version(read_text(self.path))
        self._history = History(self._base)

    def keep_mine(self) -> None:
        """Take the file as it is as what changes are counted from, and keep the text."""
        try:
            self._base = self._version(read_text(self.path))
        except InvalidInputError:
            self._base = self._version("")

    def save(self) -> None:
        """Write the text to its file.

        Raises:
            InvalidInputError: the preset is not the user's own, or too large to be read again.
            WorkbenchError: it cannot be written.
        """
        if self.place != "own":
            raise InvalidInputError(f"{self.name} is read-only; save a copy under another name.")
        self._check_size()
        write_preset(self.path, self.text)
        self._saved(self.path)

    def save_as(self, name: str) -> None:
        """Write the text to a new preset of the user's own, which the draft then is.

        Raises:
            InvalidInputError: no preset can have that name, or one has it.
            WorkbenchError: it cannot be written.
        """
        self._check_size()
        self._saved(create_preset(name, self.text))

    def _check_size(self) -> None:
        if len(self.text.encode(errors="surrogatepass")) > MAX_BYTES:
            raise InvalidInputError(
                f"{self.name}: larger than {MAX_BYTES // 1024} KB, which no preset may be."
            )

    def _saved(self, path: Path) -> None:
        self.path, self.place, self.name = path, "own", clean_line(path.stem)
        self._base = self._version(self.text)
        self._history.rename(self.file_name)

    def _version(self, text: str) -> Version:
        return Version(text, self.file_name)

    def _source(self, keys: Keys, typed: str) -> str | None:
        return source_of(form_field(self.values or {}, keys), typed) if typed.strip() else None

    def _written(self, text: str, keys: Keys, source: str | None) -> str:
        if source is not None:
            return set_value(text, keys, source)
        return remove_key(text, keys, keep=self.base if self._base.values is not None else "")


def _place(path: Path) -> Place:
    if path.parent == shipped_root():
        return "shipped"
    if path.parent == folders.user_presets_root():
        return "own"
    return "run" if path.parent.parent == folders.runs_root() else "file"
