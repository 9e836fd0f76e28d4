"""What the app remembers between starts: the theme and the user's own keys.

`settings.toml` and `keys.toml` lie in the config folder; both may be edited by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import tomlkit

from mcworkbench.config.toml_file import read_toml
from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import config_root, make_private, publish_bytes

_SETTINGS, _KEYS = "settings.toml", "keys.toml"


@final
@dataclass(frozen=True)
class Settings:
    """What was remembered.

    Attributes:
        theme: the name of a theme, '' for the default.
        keymap: key by binding id, e.g. {"chart.log-y": "Y"}.
        problems: one sentence for each file that could not be used.
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
    keymap = {str(name): str(key) for name, key in keys.items() if isinstance(key, str)}
    return Settings(theme if isinstance(theme, str) else "", keymap, tuple(problems))


def remember_theme(theme: str) -> None:
    """Keep the theme for the next start.

    Raises:
        WorkbenchError: the config folder cannot be written.
    """
    root = make_private(config_root())
    path = root / _SETTINGS
    document = tomlkit.parse(path.read_text()) if path.is_file() else tomlkit.document()
    document["theme"] = theme
    publish_bytes(path, tomlkit.dumps(document).encode())


def _read(name: str, problems: list[str]) -> dict[str, object]:
    path = config_root() / name
    if not path.is_file():
        return {}
    try:
        return dict(read_toml(path).values)
    except WorkbenchError as error:
        problems.append(str(error))
        return {}
