"""Find and list presets: those shipped with the package and those the user saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mcworkbench import folders
from mcworkbench.config.toml_file import read_toml
from mcworkbench.errors import InvalidInputError, unknown_name
from mcworkbench.text import clean_line

SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class PresetInfo:
    """One line of a preset list; `problem` is set where the file cannot be read."""

    name: str
    kind: str
    title: str
    summary: str
    path: Path
    is_shipped: bool
    problem: str = ""


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


def _describe(name: str, path: Path, is_shipped: bool) -> PresetInfo:  # noqa: FBT001
    try:
        values = read_toml(path).values
    except InvalidInputError as error:
        return PresetInfo(name, "?", "", "", path, is_shipped, problem=str(error))
    words = {
        key: clean_line(str(values.get(key, "")), limit=400) for key in ("kind", "title", "summary")
    }
    return PresetInfo(name, words["kind"], words["title"], words["summary"], path, is_shipped)
