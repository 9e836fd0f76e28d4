"""A field in words: what it may be, its range, its default, and what typing nothing means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.config.toml_edit import value_text
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.config.fields import FormField
    from mcworkbench.screens.presets.rows import FieldRow

_MAX_DEFAULT, _MAX_CHOICES = 60, 120


def facts(row: FieldRow) -> str:
    """Return kind, range and default of a field in words."""
    field = row.field
    if not field.is_known:
        return "unknown key; del takes it out"
    kinds = " or ".join(field.kinds) if field.kinds != ("choice",) else _choices(field)
    default = "required" if field.is_required else f"default {default_of(field) or '–'}"
    return " · ".join(filter(None, [kinds, field.limits, default]))


def meaning_of_nothing(field: FormField) -> str:
    """Return in a few words what enter means where nothing is typed."""
    if field.is_required:
        return "required"
    default = default_of(field)
    return f"empty: default {default}" if default else "empty: not set"


def default_of(field: FormField) -> str:
    """Return the default of a field as it is shown, '' where there is none."""
    return clean_line(value_text(field.default), limit=_MAX_DEFAULT)


def _choices(field: FormField) -> str:
    *most, last = [clean_line(choice) for choice in field.choices] or ["one of a few"]
    listed = f"{', '.join(most)} or {last}" if most else last
    return listed if len(listed) <= _MAX_CHOICES else f"one of {len(field.choices)}: ⏎ lists them"
