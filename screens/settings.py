"""What the app remembers between starts: the theme and the user's own keys.

`settings.toml` and `keys.toml` lie in the config folder; both may be edited by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from mcworkbench.config.toml_edit import flat
from mcworkbench.config.toml_file import parse_toml, read_text, read_toml
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.folders import config_root, make_private, publish_bytes, storage_error
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from pathlib import Path

_SETTINGS, _KEYS = "settings.toml", "keys.toml"
_DAMAGED = ".damaged"


@final
@dataclass(frozen=True)
class Settings:
    """What was remembered.

    Attributes:
        theme: the name of a theme, '' for the default.
        keymap: keys by the id of a binding, as written: {"chart.log": "Y"}.
        problems: one sentence for each file, or key of one, that could not be used.
    """

    theme: str = ""
    keymap: dict[str, str] = field(default_factory=dict[str, str])
    problems: tuple[str, ...] = ()


def read_settings() -> Settings:
    """Return what was remembered; a damaged file costs its settings, never the start."""
    problems: list[str] = []
    values = _read(_SETTINGS, problems)
    keys = _read(_KEYS, problems)
    theme = values.get("theme", "")
    keymap: dict[str, str] = {}
    # Without quotes, chart.log = "Y" is a table with a key in it: it means the same.
    for parts, key in flat(keys).items():
        name = ".".join(parts)
        if isinstance(key, str):
            keymap[name] = key
        else:
            problems.append(f"{_KEYS}, {clean_line(name, limit=40)}: write the key in quotes.")
    return Settings(theme if isinstance(theme, str) else "", keymap, tuple(problems))


def remember_theme(theme: str) -> Path | None:
    """Keep the theme for the next start.

    Returns:
        Where a damaged file was put aside to make room for a new one, None where none was.

    Raises:
        WorkbenchError: the config folder cannot be written.
    """
    path = make_private(config_root()) / _SETTINGS
    aside: Path | None = None
    try:
        text = _with_theme(read_text(path) if path.exists() else "", theme)
    except (InvalidInputError, TOMLKitError, ValueError, TypeError):
        text, aside = _with_theme("", theme), path.with_name(f"{_SETTINGS}{_DAMAGED}")
        try:
            path.rename(aside)
        except OSError as error:
            raise storage_error(path, error) from error
    publish_bytes(path, text.encode())
    return aside


def _with_theme(text: str, theme: str) -> str:
    parse_toml(text, _SETTINGS)
    document = tomlkit.parse(text)
    document["theme"] = theme
    changed = tomlkit.dumps(document)
    if parse_toml(changed, _SETTINGS).values.get("theme") != theme:
        raise ValueError("the theme cannot be written into the text as it is")
    return changed


def _read(name: str, problems: list[str]) -> dict[str, object]:
    path = config_root() / name
    if not path.is_file():
        return {}
    try:
        return dict(read_toml(path).values)
    except WorkbenchError as error:
        problems.append(str(error))
        return {}
