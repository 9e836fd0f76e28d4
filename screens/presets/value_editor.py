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
from mcworkbench.screens.presets.field_words import default_of, meaning_of_nothing

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Key
    from textual.geometry import Size

    from mcworkbench.screens.presets.rows import FieldRow

MAX_TYPED = 4000
_DEFAULT, _OTHER = "=default", "=other"
_MAX_CHOICES = 12
_FRAME = 2


@final
class ChoiceList(OptionList):
    """The values that a key can have."""

    HELP = (
        "The values that this key can have; a letter goes to the next that begins with it, enter "
        "takes one, esc leaves it as it is."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Take", id="choices.take", tooltip="Take this value"),
    ]

    @override
    def check_consume_key(self, key: str, character: str | None) -> bool:
        # A letter is for the list: elsewhere it may start a run.
        return character is not None and character.isprintable()

    def on_key(self, event: Key) -> None:
        """Go to the next value that begins with a letter; j and k move where none does."""
        letter = event.character or ""
        if not self.check_consume_key(event.key, event.character):
            return
        event.stop()
        event.prevent_default()
        count, at = self.option_count, self.highlighted or 0
        places = [(at + step) % count for step in range(1, count + 1)] if count else []
        for place in places:
            if str(self.get_option_at_index(place).prompt).lower().startswith(letter.lower()):
                self.highlighted = place
                return
        if letter == "j":
            self.action_cursor_down()
        elif letter == "k":
            self.action_cursor_up()


@final
class ValueLine(Input):
    """A line to type a value in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep", id="value.keep", tooltip="Keep what is typed"),
    ]


@final
class ValueEditor(Vertical):
    """Edits one value; it only tells what was typed, and by `Ended` that it closed."""

    HELP = (
        "Type the value: text needs no quotes and a list no brackets. Enter keeps it, esc drops "
        "it, and nothing typed takes the key out: its default holds."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "leave", "Drop", id="value.leave",
            tooltip="Drop what was typed or chosen: the value stays as it was",
        ),
    ]  # fmt: skip

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
        self._line = ValueLine(id="value", compact=True, max_length=MAX_TYPED)
        self._choices = ChoiceList(id="choices", name="Choices", compact=True)
        self._keys: Keys | None = None
        # None where any text is a change.
        self._given: str | None = None
        self._proposed = ""
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

    @property
    def is_list(self) -> bool:
        """Return whether a list to choose from is open."""
        return self.is_open and self._choices.display

    @property
    def typed(self) -> tuple[Keys, str] | None:
        """Return the key and the value as typed or highlighted, None where it stays as it was."""
        text = self._chosen_value() if self.is_list else self._line.value
        if self._keys is None or text is None or text == self._given:
            return None
        return self._keys, text

    def _chosen_value(self) -> str | None:
        place = self._choices.highlighted
        choice = "" if place is None else self._choices.get_option_at_index(place).id or ""
        is_typed_on = choice == _OTHER or choice.endswith(":")
        return None if is_typed_on else "" if choice == _DEFAULT else choice

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
        self._proposed = meaning_of_nothing(row.field)
        self._given = text
        if row.field.choices:
            self._given = row.value
            self._open_choices(row)
        else:
            self._open_line(text)

    def end(self, *, is_kept: bool) -> None:
        """Close, with what was typed or with the value as it was."""
        if self._keys is None:
            return
        typed = None if self.is_list or not is_kept else self.typed
        self._finish(typed[1] if typed is not None else None)

    def action_leave(self) -> None:
        """Close and leave the value as it was."""
        self.end(is_kept=False)

    def _finish(self, text: str | None) -> None:
        keys, self._keys = self._keys, None
        self._show(None)
        if keys is not None:
            self.post_message(self.Ended(keys, text))

    def _open_line(self, text: str) -> None:
        self._line.placeholder = self._proposed
        self._line.value = text
        self._show(self._line)
        self._line.cursor_position = len(text)

    def _open_choices(self, row: FieldRow) -> None:
        field = row.field
        options = [Option(Content(choice), id=choice) for choice in field.choices]
        if field.is_open:
            options.append(Option(Content("other…"), id=_OTHER))
        if row.is_set and not field.is_required:
            default = default_of(field)
            told = f"default ({default})" if default else "default"
            options.append(Option(Content(told), id=_DEFAULT))
        self._choices.clear_options()
        self._choices.add_options(options)
        names = [option.id for option in options]
        self._choices.highlighted = names.index(row.value) if row.value in names else 0
        self._show(self._choices)

    def _show(self, shown: ValueLine | ChoiceList | None) -> None:
        for widget in (self._line, self._choices):
            widget.display = widget is shown
            widget.disabled = widget is not shown
        self.display = shown is not None
        if shown is None or self._room is None:
            return
        room, column, line = self._room
        is_list = shown is self._choices
        wanted = min(_MAX_CHOICES, self._choices.option_count) + _FRAME if is_list else 1
        height = min(wanted, room.height)
        # The frame stands around the values, so the list begins a line and a column earlier.
        before = _FRAME // 2 if is_list else 0
        self.styles.width = max(1, room.width - column + before)
        self.styles.height = height
        top = max(0, min(line - before, room.height - height))
        self.styles.offset = (column - before, top)
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
            self._given = None
            self._open_line("" if choice == _OTHER else choice)
        else:
            self._finish("" if choice == _DEFAULT else choice)

    def on_descendant_blur(self) -> None:
        """Close when the user goes elsewhere; what was typed counts."""
        # The focus goes from the list to the line, too; where it went is known a moment later.
        self.call_after_refresh(self._end_if_left)

    def _end_if_left(self) -> None:
        if self._keys is not None and not self.has_focus_within and self.screen.is_current:
            self.end(is_kept=True)
