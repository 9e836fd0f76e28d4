"""A draft as the rows of a form: pure, so that what shows can be tested without a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from mcworkbench.config.fields import FormField, form_sections
from mcworkbench.config.toml_edit import flat, value_text
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.editing import PresetDraft
    from mcworkbench.config.fields import FormSection, Keys
    from mcworkbench.config.problems import Problem

_MAX_VALUE, _MAX_PROBLEM = 300, 400


@final
@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field with its value; text is one clean line each.

    Attributes:
        value: what holds now, '' where nothing does.
        is_set: whether the file says so, or it is the default.
        was: what the value was before it was edited, None where it was not edited.
        problem: what is wrong with it, '' where nothing is.
    """

    field: FormField
    value: str
    is_set: bool
    was: str | None
    problem: str

    @property
    def label(self) -> str:
        """Return its own key, without the section's, as it is shown."""
        return clean_line(self.field.name)

    @property
    def dotted(self) -> str:
        """Return the whole key as one types it after --set."""
        return clean_line(".".join(self.field.keys))


@final
@dataclass(frozen=True, slots=True)
class SectionRows:
    """A heading, what is wrong with the section as such, and its fields."""

    title: str
    problem: str
    rows: tuple[FieldRow, ...]


def form_rows(draft: PresetDraft, *, shows_all: bool) -> list[SectionRows]:
    """Return the form of a draft, [] where its text is not TOML.

    Args:
        draft: what is edited.
        shows_all: every key there is, or those that are set, wrong or worth setting.
    """
    if draft.values is None:
        return []
    changes, problems = draft.changes(), draft.checked.problems
    values = flat(draft.values)
    found: list[SectionRows] = []
    for section in form_sections(draft.values):
        rows = [_row(field, values, changes, problems) for field in section.fields]
        rows = [row for row in rows if shows_all or _is_shown(row, section)]
        problem = "" if not section.keys else _problem(section.keys, problems)
        if rows or problem:
            found.append(SectionRows(clean_line(section.title), problem, tuple(rows)))
    return found


def _is_shown(row: FieldRow, section: FormSection) -> bool:
    is_wanted = row.field.is_main and not section.is_idle
    return is_wanted or row.is_set or row.was is not None or bool(row.problem)


def _row(
    field: FormField,
    values: dict[Keys, Any],
    changes: dict[Keys, tuple[Any, Any]],
    problems: Sequence[Problem],
) -> FieldRow:
    is_set = field.keys in values
    was = None
    if field.keys in changes:
        old = changes[field.keys][0]
        was = "not set" if old is None else _shown(old)
    return FieldRow(
        field,
        _shown(values[field.keys] if is_set else field.default),
        is_set,
        was,
        _problem(field.keys, problems),
    )


def _shown(value: Any) -> str:
    return clean_line(value_text(value), limit=_MAX_VALUE)


def _problem(keys: Keys, problems: Sequence[Problem]) -> str:
    found = next((problem.text for problem in problems if problem.keys == keys), "")
    return clean_line(found, limit=_MAX_PROBLEM)
