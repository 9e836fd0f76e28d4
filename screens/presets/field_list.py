"""The form of a draft as lines: one field each, under the headings of their sections."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual.binding import Binding, BindingType
from typing_extensions import override

from mcworkbench.screens.presets.rows import form_rows
from mcworkbench.screens.widgets.lines import AbstractLines, Line
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from rich.style import Style

    from mcworkbench.config.editing import PresetDraft
    from mcworkbench.config.fields import Keys
    from mcworkbench.screens.presets.rows import FieldRow, SectionRows

VALUE_COLUMN = 21
_MIN_VALUE = 8
_MAX_TOLD = 600
_NOT_TOML = "The text is not TOML; t shows it, u takes the last change back."


@final
class FieldList(AbstractLines):
    """Fields with their values; what changed is marked, defaults are dim."""

    HELP = (
        "The preset as a form: one key per line, dim where the default holds. Enter changes a "
        "value, del takes it back to the default, u to what the file says. Only keys that are set "
        "or that most people want are listed; a lists all."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,space", "pick", "Edit", id="form.edit",
            tooltip="Change the value; true and false toggle",
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(id="fields", name="Form")
        self.draft: PresetDraft | None = None
        self.shows_all = False
        self._sections: list[SectionRows] = []
        self._rows: list[FieldRow] = []
        self._told = ""

    @property
    @override
    def num_items(self) -> int:
        return len(self._rows)

    @property
    def row(self) -> FieldRow | None:
        """Return the field under the cursor."""
        return self._rows[self.at] if 0 <= self.at < len(self._rows) else None

    @property
    def editor_line(self) -> int:
        """Return on which line of the widget the field under the cursor stands."""
        places = [place for place, line in enumerate(self._laid) if line.item == self.at]
        return (places[0] if places else 0) - self.scroll_offset.y

    def show(self, draft: PresetDraft | None, told: str = "") -> None:
        """Show a draft, or a sentence where there is none; the cursor keeps its key."""
        row = self.row if draft is self.draft else None
        self.draft, self._told = draft, told
        self._sections = form_rows(draft, shows_all=self.shows_all) if draft is not None else []
        self._rows = [row for section in self._sections for row in section.rows]
        if row is not None:
            self.at = self._place(row.field.keys) or min(self.at, max(0, len(self._rows) - 1))
        else:
            self.at = 0
        self.renew()
        self.reveal()

    def go_to(self, keys: Keys) -> bool:
        """Put the cursor on a key, or on the first of a section; return whether there is one."""
        if self.draft is None:
            return False
        if self._place(keys) is None and not self.shows_all:
            self.shows_all = True
            self.show(self.draft, self._told)
            if self._place(keys) is None:
                self.shows_all = False
                self.show(self.draft, self._told)
                return False
        self.move_to(self._place(keys) or 0)
        return True

    def find(self, typed: str) -> Keys | None:
        """Return the key that fits letters best: called so, listed now, beginning so."""
        if self.draft is None or not typed.strip():
            return None
        word = typed.strip().lower()
        rows = [row for section in form_rows(self.draft, shows_all=True) for row in section.rows]
        shown = {row.field.keys for row in self._rows}
        fitting = [row for row in rows if word in row.dotted.lower()]
        fitting.sort(
            key=lambda row: (
                word not in (row.field.name.lower(), row.dotted.lower()),
                row.field.keys not in shown,
                not row.field.name.lower().startswith(word),
            )
        )
        return fitting[0].field.keys if fitting else None

    def _place(self, keys: Keys) -> int | None:
        if not keys:
            return None
        return next(
            (i for i, row in enumerate(self._rows) if row.field.keys[: len(keys)] == keys), None
        )

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        if self.draft is None or not self._sections:
            told = clean_line(self._told or _NOT_TOML, limit=_MAX_TOLD)
            pieces = textwrap.wrap(told, max(1, width - 2))
            return [], [Line(Text(f" {one}", style=self.look("failed"), end="")) for one in pieces]
        lines: list[Line] = []
        place = 0
        for section in self._sections:
            head = Text(f" {section.title}", style=self.look("head"), no_wrap=True, end="")
            if section.problem:
                head.append(f"  ✗ {section.problem}", style=self.look("failed"))
            head.truncate(width, overflow="ellipsis")
            lines.append(Line(head))
            for row in section.rows:
                lines.append(Line(self._line(row, width), place))
                place += 1
        return [], lines

    def _line(self, row: FieldRow, width: int) -> Text:
        line = Text(no_wrap=True, end="")
        line.append(" ✗ " if row.problem else "   ", style=self.look("failed"))
        name = Text(row.label, style=self._name_style(row), end="")
        name.truncate(VALUE_COLUMN - line.cell_len - 1, overflow="ellipsis")
        line.append_text(name).append(" " * (VALUE_COLUMN - line.cell_len))
        mark = _mark(row)
        room = width - VALUE_COLUMN - len(mark) - 2
        if room < _MIN_VALUE and len(mark) > 1:
            mark, room = "●", width - VALUE_COLUMN - 3
        value = Text(_value(row), style=self._value_style(row), end="")
        value.truncate(max(1, room), overflow="ellipsis")
        line.append_text(value)
        if mark:
            line.append(f"  {mark}", style=self.look("mark"))
        line.truncate(width, overflow="ellipsis")
        return line

    def _name_style(self, row: FieldRow) -> Style:
        if not row.field.is_known or row.problem:
            return self.look("failed")
        return self.look("strong" if row.is_set else "quiet")

    def _value_style(self, row: FieldRow) -> Style:
        if row.problem:
            return self.look("failed")
        return self.look("strong" if row.is_set else "quiet")


def _mark(row: FieldRow) -> str:
    if row.was is None:
        return ""
    return "● new" if row.was == "not set" else f"● was {row.was}"


def _value(row: FieldRow) -> str:
    if row.value or row.is_set:
        return row.value or '""'
    return "required" if row.field.is_required else "–"
