"""What opens over a field's value: a line to type in, or a short list to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option
from typing_extensions import override

from mcworkbench.config.fields import Keys
from mcworkbench.config.toml_edit import value_text
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.geometry import Size

    from mcworkbench.screens.presets.rows import FieldRow

MAX_TYPED = 4000
_DEFAULT, _OTHER = "=default", "=other"
_MAX_CHOICES = 12
_MAX_DEFAULT = 60


@final
class ChoiceList(OptionList):
    """The values that a key can have."""

    HELP = "The values that this key can have; enter takes one, esc leaves it as it is."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="choices.down"),
        Binding("k", "cursor_up", "Up", show=False, id="choices.up"),
    ]


@final
class ValueEditor(Vertical):
    """Edits one value; it only tells what was typed, and by `Ended` that it closed."""

    HELP = (
        "Type the value: text needs no quotes and a list no brackets. Enter keeps it, esc leaves "
        "it as it was, and nothing typed means the default."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="value.leave", tooltip="Leave the value as it was"),
    ]

    @dataclass
    class Typed(Message):
        """The text as it is now; it is not taken over yet."""

        keys: Keys
        text: str

    @dataclass
    class Ended(Message):
        """Editing ended; `text` is the new value, '' for the default, None where it stays."""

        keys: Keys
        text: str | None

    def __init__(self) -> None:
        super().__init__(id="editor", name="Value")
        self._line = Input(id="value", compact=True, max_length=MAX_TYPED)
        self._choices = ChoiceList(id="choices", name="Choices", compact=True)
        self._keys: Keys | None = None
        self._room: tuple[Size, int, int] | None = None

    @override
    def compose(self) -> ComposeResult:
        yield self._line
        yield self._choices

    def on_mount(self) -> None:
        """Wait to be opened."""
        self._show(None)

    @property
    def is_open(self) -> bool:
        """Return whether a value is being edited."""
        return self._keys is not None

    def open(self, row: FieldRow, text: str, room: Size, column: int, line: int) -> None:
        """Open over a field's value.

        Args:
            row: the field.
            text: its value as it can be typed, '' where the default holds.
            room: the columns and rows that there are.
            column: where the value begins.
            line: the line of the field.
        """
        self._room = room, column, line
        self._keys = row.field.keys
        if row.field.choices:
            self._open_choices(row)
        else:
            self._open_line(text, row.value)

    def end(self, *, is_kept: bool) -> None:
        """Close, with what was typed or with the value as it was."""
        if self._keys is None:
            return
        text = self._line.value if is_kept and self._line.display else None
        self._finish(text)

    def action_leave(self) -> None:
        """Close and leave the value as it was."""
        self.end(is_kept=False)

    def _finish(self, text: str | None) -> None:
        keys, self._keys = self._keys, None
        self._show(None)
        if keys is not None:
            self.post_message(self.Ended(keys, text))

    def _open_line(self, text: str, default: str) -> None:
        self._line.placeholder = default
        self._line.value = text
        self._show(self._line)
        self._line.cursor_position = len(text)

    def _open_choices(self, row: FieldRow) -> None:
        field = row.field
        options = [Option(Content(choice), id=choice) for choice in field.choices]
        if field.is_open:
            options.append(Option(Content("other…"), id=_OTHER))
        if row.is_set and not field.is_required:
            default = clean_line(value_text(field.default), limit=_MAX_DEFAULT)
            told = f"default ({default})" if field.default is not None else "default"
            options.append(Option(Content(told), id=_DEFAULT))
        self._choices.clear_options()
        self._choices.add_options(options)
        names = [option.id for option in options]
        self._choices.highlighted = names.index(row.value) if row.value in names else 0
        self._show(self._choices)

    def _show(self, shown: Input | ChoiceList | None) -> None:
        for widget in (self._line, self._choices):
            widget.display = widget is shown
            widget.disabled = widget is not shown
        self.display = shown is not None
        if shown is None or self._room is None:
            return
        room, column, line = self._room
        height = min(_MAX_CHOICES, self._choices.option_count, room.height)
        height = height if shown is self._choices else 1
        self.styles.width = max(1, room.width - column)
        self.styles.height = height
        self.styles.offset = (column, max(0, min(line, room.height - height)))
        self.screen.set_focus(shown)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._keys is not None:
            self.post_message(self.Typed(self._keys, event.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.end(is_kept=True)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        choice = event.option.id or ""
        if choice == _OTHER or choice.endswith(":"):
            self._open_line("" if choice == _OTHER else choice, "")
        else:
            self._finish("" if choice == _DEFAULT else choice)

    def on_descendant_blur(self) -> None:
        """Close when the user goes elsewhere; what was typed counts."""
        # The focus goes from the list to the line, too; where it went is known a moment later.
        self.call_after_refresh(self._end_if_left)

    def _end_if_left(self) -> None:
        if self._keys is not None and not self.has_focus_within and self.screen.is_current:
            self.end(is_kept=True)
