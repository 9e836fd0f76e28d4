"""The table of every preset key, written from the option models: docs/presets.md ends with it.

Run `python -m mcworkbench.config.reference docs/presets.md` after changing an option; a test
compares.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from mcworkbench.config.experiment import Experiment
from mcworkbench.config.options.base import Options
from mcworkbench.config.options.model import AnyModelOptions

HEADING = "## Keys\n"


def keys_reference() -> str:
    """Return one Markdown table per section: key, type, default, meaning."""
    top = {name: field for name, field in Experiment.model_fields.items() if not _section(field)}
    parts = [HEADING, _table("The preset itself", top)]
    for name, field in Experiment.model_fields.items():
        if section := _section(field):
            parts.append(_table(f"[{field.alias or name}]", section.model_fields))
    models = get_args(AnyModelOptions)
    parts += [_table(f'[model] name = "{_name(kind)}"', kind.model_fields) for kind in models]
    return "\n".join(parts)


def _section(field: Any) -> type[Options] | None:
    """Return the one options class of a section, None for plain keys and for [model]."""
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind]
    found = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Options)]
    return found[0] if len(found) == 1 else None


def _name(model: type[Options]) -> str:
    return str(get_args(model.model_fields["name"].annotation)[0])


def _table(title: str, fields: dict[str, Any]) -> str:
    rows = [f"### {title}\n", "| key | type | default | meaning |", "|---|---|---|---|"]
    for name, field in fields.items():
        described = (field.description or "").replace("|", "\\|")
        rows.append(
            f"| `{field.alias or name}` | {_type(field)} | {_default(field)} | {described} |"
        )
    return "\n".join([*rows, ""])


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    shown = list(value) if isinstance(value, tuple) else value
    return f"`{shown!r}`".replace("'", '"')


def _type(field: Any) -> str:
    words: list[str] = []
    for kind in _members(field.annotation):
        if get_origin(kind) is Literal:
            words += [f'"{choice}"' for choice in get_args(kind)]
        elif get_origin(kind) in {tuple, dict} or kind in {tuple, dict}:
            words.append("list" if tuple in {kind, get_origin(kind)} else "table")
        elif kind is not type(None):
            plain = {int: "integer", float: "number", str: "text", bool: "true/false"}
            words.append(plain.get(kind, "table"))
    return ", ".join(dict.fromkeys(words))


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) in {Literal, tuple, dict} or not get_args(annotation):
        return [annotation]
    if hasattr(annotation, "__metadata__"):
        return _members(get_args(annotation)[0])
    return [member for part in get_args(annotation) for member in _members(part)]


def main() -> None:
    """Rewrite the end of the file named on the command line."""
    path = Path(sys.argv[1])
    path.write_text(path.read_text().partition(HEADING)[0] + keys_reference())


if __name__ == "__main__":
    main()
