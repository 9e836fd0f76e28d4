"""The shell command that means the same as an edited preset: `mcworkbench run NAME --set …`.

A command is only given where carrying it out would build the very same experiment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mcworkbench.config.fields import form_field
from mcworkbench.config.loading import build_experiment
from mcworkbench.config.presets import preset_files
from mcworkbench.config.toml_edit import flat, value_source
from mcworkbench.config.toml_file import parse_override, parse_toml
from mcworkbench.errors import InvalidInputError
from mcworkbench.text import PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.config.experiment import Experiment
    from mcworkbench.config.fields import Keys
    from mcworkbench.config.toml_file import TomlFile

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_BARE = re.compile(r"[\w./:@+-]+(?: [\w./:@+-]+)*", re.ASCII)


def reference_to(path: Path) -> str:
    """Return what to type for a preset's file: its name where that means it, else its path."""
    for name, known in preset_files().items():
        if known == path and _PLAIN_NAME.fullmatch(name):
            return name
    return str(path)


def repeat_command(path: Path, saved: str, experiment: Experiment, file: TomlFile) -> list[str]:
    """Return the words of a command that builds `experiment` from the saved file.

    Args:
        path: the preset's file.
        saved: its text.
        experiment: what the edited text means.
        file: the edited text, parsed.

    Returns:
        `mcworkbench run NAME --set …`, or [] where no --set can say the difference.
    """
    words = [PROGRAM, "run", reference_to(path)]
    try:
        base = parse_toml(saved, file.name)
    except InvalidInputError:
        return []
    given, removed = _differences(base.values, file.values)
    for overrides in (given, given + _defaults(file.values, removed)):
        try:
            built, _ = build_experiment(base, overrides)
        except InvalidInputError:
            continue
        if is_same(built, experiment):
            return [*words, *(word for text in overrides for word in ("--set", text))]
    return []


def is_same(one: Experiment, other: Experiment) -> bool:
    """Return whether two experiments mean the same in every stage."""
    if one != other or one.curve.num_nodes != other.curve.num_nodes:
        return False
    # What a further section inherits depends on which keys were set, not only on their values.
    return not one.further or one.model_dump(exclude_unset=True) == other.model_dump(
        exclude_unset=True
    )


def _differences(old: dict[str, Any], new: dict[str, Any]) -> tuple[list[str], list[Keys]]:
    before, after = flat(old), flat(new)
    # Sections whose keys hold dots can only be said whole.
    whole = {keys[:1] for keys in (*before, *after) if any("." in key or not key for key in keys)}
    changed = [keys for keys, value in after.items() if keys not in before or before[keys] != value]
    removed = [keys for keys in before if keys not in after]
    texts = [
        _override(keys[:1], new[keys[0]])
        for keys in dict.fromkeys(keys[:1] for keys in (*changed, *removed) if keys[:1] in whole)
        if keys[0] in new
    ]
    texts += [_override(keys, after[keys]) for keys in changed if keys[:1] not in whole]
    return texts, [keys for keys in removed if keys[:1] not in whole]


def _override(keys: Keys, value: Any) -> str:
    dotted = ".".join(keys)
    if isinstance(value, str) and _BARE.fullmatch(value):
        bare = f"{dotted}={value}"
        if parse_override(bare) == (keys, value):
            return bare
    return f"{dotted}={value_source(value)}"


def _defaults(values: dict[str, Any], removed: list[Keys]) -> list[str]:
    """Return overrides that set what was taken out to its default."""
    fields = [form_field(values, keys) for keys in removed]
    return [_override(f.keys, f.default) for f in fields if f.is_known and f.default is not None]
