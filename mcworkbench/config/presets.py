"""Find and list presets: those shipped with the package and those the user saved."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench import folders
from mcworkbench.config.experiment import KINDS
from mcworkbench.config.toml_file import read_toml
from mcworkbench.errors import InvalidInputError, unknown_name
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable

SUFFIX = ".toml"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}", re.ASCII)
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")
_MAX_STEM = 70


@dataclass(frozen=True, slots=True)
class PresetInfo:
    """One line of a preset list; `problem` is set where the file cannot be read.

    `source` is where its recipe was published, '' for one of our own or the user's.
    """

    name: str
    kind: str
    title: str
    summary: str
    path: Path
    is_shipped: bool
    problem: str = ""
    source: str = ""

    @property
    def group(self) -> str:
        """The heading it stands under: its kind, and the source where there is one."""
        return f"{self.kind}, {self.source}" if self.source else self.kind


def shipped_root() -> Path:
    """Return the folder of presets that come with the package."""
    return Path(__file__).resolve().parents[1] / "presets"


def preset_files() -> dict[str, Path]:
    """Return every preset by its harmless name; a user's own hides a shipped one of that name."""
    found: dict[str, Path] = {}
    for root in (shipped_root(), folders.user_presets_root()):
        if root.is_dir():
            found |= {clean_line(path.stem): path for path in sorted(root.glob(f"*{SUFFIX}"))}
    return dict(sorted(found.items()))


def find_preset(reference: str) -> Path:
    """Return the file of a preset name, or the path itself where it is one.

    Raises:
        InvalidInputError: neither; the sentence names the nearest preset.
    """
    files = preset_files()
    shown = clean_line(reference)
    if shown in files:
        return files[shown]
    path = Path(reference).expanduser()
    if path.is_file():
        return path
    if path.suffix == SUFFIX or "/" in reference:
        raise InvalidInputError(f"{shown}: there is no such file; give a preset file.")
    raise unknown_name("preset", shown, files)


def list_presets() -> list[PresetInfo]:
    """Return every preset, shipped and saved, by name; unreadable ones say why."""
    shipped = shipped_root()
    return [_describe(name, path, path.parent == shipped) for name, path in preset_files().items()]


def grouped(presets: Iterable[PresetInfo]) -> dict[str, list[PresetInfo]]:
    """Return presets by their heading: kinds in the order of the options, without a source first.

    Within a group the order stays.
    """
    order = {kind: place for place, kind in enumerate(KINDS)}
    found: dict[str, list[PresetInfo]] = {}
    for preset in sorted(presets, key=lambda one: (order.get(one.kind, len(order)), one.source)):
        found.setdefault(preset.group, []).append(preset)
    return found


def new_preset_path(name: str, *, hint: str = "") -> Path:
    """Return where a new preset of the user's own goes; nothing is written.

    Args:
        name: what it is to be called, with or without its suffix.
        hint: how to give another name, for the sentence about one that is taken.

    Raises:
        InvalidInputError: no preset can have the name, or one has it already.
    """
    stem = name.removesuffix(SUFFIX)
    if not _NAME.fullmatch(stem):
        raise InvalidInputError(
            f"'{clean_line(stem, limit=80)}' cannot name a preset: use letters, digits, '-' and "
            "'_', beginning with a letter or digit."
        )
    target = folders.user_presets_root() / f"{stem}{SUFFIX}"
    if target.exists() or stem in preset_files():
        taken = str(target) if target.exists() else f"a preset called '{stem}'"
        raise _taken(taken, hint)
    return target


def create_preset(name: str, text: str, *, hint: str = "") -> Path:
    """Publish a new preset of the user's own and return its file.

    Args:
        name: what it is to be called, with or without its suffix.
        text: what it says.
        hint: how to give another name, for the sentence about one that is taken.

    Raises:
        InvalidInputError: no preset can have the name, or one has it already.
        WorkbenchError: it cannot be written.
    """
    path = new_preset_path(name, hint=hint)
    folders.make_private(path.parent)
    try:
        # Whoever makes the file has the name, also where two ask at the same moment.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        raise _taken(str(path), hint) from error
    except OSError as error:
        raise folders.storage_error(path, error) from error
    try:
        write_preset(path, text)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return path


def write_preset(path: Path, text: str) -> None:
    """Publish the text of a preset of the user's own, in place of what its file has.

    Raises:
        WorkbenchError: it cannot be written.
    """
    folders.make_private(path.parent)
    folders.publish_bytes(path, text.encode())


def _taken(what: str, hint: str) -> InvalidInputError:
    return InvalidInputError(f"{what} exists; give another name{hint}.")


def free_name(stem: str) -> str:
    """Return a name that a copy of the preset `stem` can have: "quickstart-2"."""
    plain = _OTHER.sub("-", stem).strip("-_")[:_MAX_STEM] or "preset"
    taken = preset_files()
    number = 2
    while f"{plain}-{number}" in taken:
        number += 1
    return f"{plain}-{number}"


def _describe(name: str, path: Path, is_shipped: bool) -> PresetInfo:  # noqa: FBT001
    try:
        values = read_toml(path).values
    except InvalidInputError as error:
        return PresetInfo(name, "?", "", "", path, is_shipped, problem=str(error))
    kind, title, summary, source = (
        clean_line(str(values.get(key, "")), limit=400)
        for key in ("kind", "title", "summary", "source")
    )
    return PresetInfo(name, kind, title, summary, path, is_shipped, source=source)
