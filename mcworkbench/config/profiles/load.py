"""Read FILE#NAME: a profile of the TensorFlow port, translated into a preset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mcworkbench.config.experiment import Experiment
from mcworkbench.config.presets import find_preset
from mcworkbench.config.profiles.translate import translate
from mcworkbench.config.toml_file import read_toml
from mcworkbench.errors import InvalidInputError, nearest
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcworkbench.config.toml_file import TomlFile

MARK = "#"
# A table with one of these is a profile; no section of a preset has them.
_TELLING = ("dataset", "dir", "ckpt", "data-path", "data_path", "wd", "init-start", "num-points")


def read_preset(reference: str) -> TomlFile:
    """Return the preset of a name, a file or FILE#PROFILE.

    Raises:
        InvalidInputError: there is no such preset, file or profile, or it is not TOML.
        PresetError: a profile has keys or values that mean nothing.
    """
    path, profile = _split(reference)
    if path is None:
        found = find_preset(reference)
        file = read_toml(found)
        is_profiles = is_profile_file(file.values)
        return _only_profile(file, found.parent) if is_profiles else file
    file = read_toml(path)
    if not is_profile_file(file.values):
        raise InvalidInputError(
            f"{file.name} is no file of profiles, so '{MARK}{clean_line(profile)}' names nothing "
            f"in it; leave that out."
        )
    if profile not in file.values:
        guess = nearest(profile, file.values)
        hint = f" Did you mean '{MARK}{clean_line(guess)}'?" if guess else ""
        raise InvalidInputError(
            f"{file.name}: there is no profile [{clean_line(profile)}] in it.{hint} {_listed(file)}"
        )
    return translate(file, profile, path.parent)


def is_profile_file(values: Mapping[str, Any]) -> bool:
    """Return whether a file holds profiles: nothing but tables, of which one has their keys."""
    tables = [cast("Mapping[str, Any]", one) for one in values.values() if isinstance(one, dict)]
    sections = {field.alias or name for name, field in Experiment.model_fields.items()}
    return (
        bool(values)
        and len(tables) == len(values)
        and not {"data", "model"} <= values.keys() & sections
        and any(key in table for table in tables for key in _TELLING)
    )


def _split(reference: str) -> tuple[Path | None, str]:
    """Return file and profile of FILE#PROFILE; (None, '') where it is something else."""
    head, mark, profile = reference.rpartition(MARK)
    path = Path(head).expanduser()
    if not mark or not head or Path(reference).expanduser().is_file():
        return None, ""
    if not path.is_file():
        raise InvalidInputError(
            f"{clean_line(reference)}: there is no file {clean_line(head)}; give FILE{MARK}PROFILE."
        )
    return path, profile


def _only_profile(file: TomlFile, folder: Path) -> TomlFile:
    """Return the one profile of a file.

    Raises:
        InvalidInputError: it has several.
    """
    if len(file.values) == 1:
        return translate(file, next(iter(file.values)), folder)
    first = clean_line(next(iter(file.values)), limit=60)
    raise InvalidInputError(
        f"{file.name} holds {len(file.values)} profiles; name one as in "
        f"{file.name}{MARK}{first}. {_listed(file)}"
    )


def _listed(file: TomlFile) -> str:
    return f"Its profiles: {', '.join(clean_line(name, limit=60) for name in file.values)}."
