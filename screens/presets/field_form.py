"""The form: fields, editing in place, finding a key, and what the field under the cursor means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static
from typing_extensions import override

from mcworkbench.config.toml_edit import value_text
from mcworkbench.errors import InvalidInputError
from mcworkbench.screens.presets.field_list import VALUE_COLUMN, FieldList
from mcworkbench.screens.presets.field_words import facts
from mcworkbench.screens.presets.find_line import FindLine
from mcworkbench.screens.presets.value_editor import MAX_TYPED, ValueEditor
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from mcworkbench.config.editing import PresetDraft
    from mcworkbench.config.fields import Keys

_LIST_ACTIONS = frozenset({"undo_field", "undo_all", "unset", "all_keys", "find"})
_MAX_PROBLEM = 300


@final
class FieldForm(Vertical):
    """A draft as a form; every change goes into it at once and is told by `Changed`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "u", "undo_field", "Undo", id="form.undo-field",
            tooltip="Take this key back to what the file says",
        ),
        Binding(
            "U", "undo_all", "Undo all", show=False, id="form.undo-all",
            tooltip="Take every key back to what the file says",
        ),
        Binding(
            "delete,backspace", "unset", "Default", id="form.unset",
            tooltip="Take the key out of the file: its default holds",
        ),
        Binding(
            "a", "all_keys", "All", show=False, id="form.all",
            tooltip="Show all keys, or only a few",
        ),
        Binding("slash", "find", "Find", id="form.find", tooltip="Find a key by typing"),
        Binding(
            "escape", "leave_find", "Back", id="form.leave-find",
            tooltip="Go back to the key before",
        ),
    ]  # fmt: skip

    @dataclass
    class Changed(Message):
        """The draft was changed here."""

    @dataclass
    class Refused(Message):
        """A change could not be made; one sentence says why."""

        reason: str

    def __init__(self) -> None:
        super().__init__(id="field-form", name="Form")
        self.draft: PresetDraft | None = None
        self.fields = FieldList()
        self.editor = ValueEditor()
        self._find = FindLine(id="find", compact=True, placeholder="part of a key, e.g. lr")
        self._found_from: Keys = ()
        self._showed_all = False

    @override
    def compose(self) -> ComposeResult:
        yield self.fields
        yield self.editor
        yield self._find
        yield Static(id="field-told")

    def on_mount(self) -> None:
        """Begin without looking for anything."""
        self._show_find(is_shown=False)

    def show(self, draft: PresetDraft | None, told: str = "") -> None:
        """Show a draft as it is now, or a sentence where there is none."""
        if draft is not self.draft:
            self.editor.end(is_kept=False)
        self.draft = draft
        self.fields.show(draft, told)
        self.explain()

    @property
    def keys_of_line(self) -> str:
        """Return which keys end what is open over the form, '' where nothing is."""
        if self._find.display:
            return "⏎ stays there · esc goes back"
        if not self.editor.is_open:
            return ""
        return f"⏎ {'takes' if self.editor.is_list else 'keeps'} it · esc drops it"

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "leave_find":
            return self._find.display
        return self.fields.has_focus if action in _LIST_ACTIONS else True

    # What the field under the cursor means.

    @on(FieldList.Moved)
    def _moved(self, event: FieldList.Moved) -> None:
        event.stop()
        self.explain()

    def explain(self, problem: str | None = None) -> None:
        """Say what the field is and what is wrong with it; `problem` is that of a trial."""
        row, told = self.fields.row, Text()
        if row is not None:
            look = self.fields.look
            told.append(row.dotted, look("mark"))
            told.append(f"  {facts(row)}\n", look("quiet"))
            wrong = row.problem if problem is None else problem
            if wrong:
                told.append(f"✗ {clean_line(wrong, limit=_MAX_PROBLEM)}\n", look("failed"))
            told.append(row.field.description)
        for static in self.query("#field-told").results(Static):
            static.update(told)

    # Editing in place.

    @on(FieldList.Picked)
    def _picked(self, event: FieldList.Picked) -> None:
        event.stop()
        row = self.fields.row
        if row is None or self.draft is None:
            return
        if row.field.kinds == ("true/false",) and row.value in ("true", "false"):
            self._put(row.field.keys, "false" if row.value == "true" else "true")
            return
        text = value_text(self._raw(row.field.keys)) if row.is_set else ""
        if clean_line(text, limit=MAX_TYPED) != " ".join(text.split(" ")).strip():
            self.post_message(self.Refused(f"{row.dotted}: does not fit one line; t opens it."))
            return
        self.editor.open(row, text, self.fields.size, VALUE_COLUMN, self.fields.editor_line)

    def _raw(self, keys: Keys) -> object:
        found: object = self.draft.values if self.draft is not None else None
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    @on(ValueEditor.Typed)
    def _typed(self, event: ValueEditor.Typed) -> None:
        event.stop()
        if self.draft is None:
            return
        self.explain(self._problem_of(event.keys, event.text))

    def _problem_of(self, keys: Keys, typed: str) -> str:
        """Return what is wrong with a value as typed, '' where nothing is."""
        if self.draft is None:
            return ""
        try:
            problems = self.draft.trial(keys, typed).problems
        except InvalidInputError as error:
            return str(error)
        return next((one.text for one in problems if one.keys in (keys, keys[:-1])), "")

    def take_over(self) -> str:
        """Put what is being typed into the draft; return why it cannot be, '' where it can."""
        if not self.editor.is_open:
            return ""
        found = self.editor.typed
        if found is not None:
            problem = self._problem_of(*found)
            if problem:
                dotted = clean_line(".".join(found[0]))
                return f"{dotted}: {clean_line(problem, limit=_MAX_PROBLEM)}"
            self._put(*found)
        self.editor.end(is_kept=False)
        return ""

    @on(ValueEditor.Ended)
    def _ended(self, event: ValueEditor.Ended) -> None:
        event.stop()
        if event.text is not None:
            self._put(event.keys, event.text)
        if self.screen.focused is None or not self.screen.focused.display:
            self.screen.set_focus(self.fields)
        self.explain()

    def _put(self, keys: Keys, typed: str) -> None:
        if self.draft is not None:
            draft = self.draft
            self._change(lambda: draft.set(keys, typed))

    def _change(self, change: Callable[[], object]) -> None:
        try:
            change()
        except InvalidInputError as error:
            self.post_message(self.Refused(str(error)))
        self.post_message(self.Changed())

    def action_unset(self) -> None:
        """Take the key under the cursor out of the file."""
        row = self.fields.row
        if row is not None and row.is_set:
            self._put(row.field.keys, "")

    def action_undo_field(self) -> None:
        """Take the key under the cursor back to what the file says."""
        row, draft = self.fields.row, self.draft
        if draft is not None and draft.values is None:
            self._change(lambda: _undo_to_readable(draft))
        elif row is not None and draft is not None and row.was is not None:
            self._change(lambda: draft.undo_field(row.field.keys))

    def action_undo_all(self) -> None:
        """Take every key back to what the file says."""
        if self.draft is not None:
            self._change(self.draft.undo_all)

    def action_all_keys(self) -> None:
        """Show all keys, or only those that are set or wanted by most."""
        self.fields.shows_all = not self.fields.shows_all
        self.post_message(self.Changed())

    # Finding a key.

    def action_find(self) -> None:
        """Open a line to type a part of a key in."""
        if self.draft is None or self.draft.values is None:
            self.post_message(self.Refused("there is no key to find: the text is not TOML."))
            return
        row = self.fields.row
        self._found_from = row.field.keys if row is not None else ()
        self._showed_all = self.fields.shows_all
        self._find.value = ""
        self._show_find(is_shown=True)
        self.screen.set_focus(self._find)

    def _show_find(self, *, is_shown: bool) -> None:
        self._find.display = is_shown
        self._find.disabled = not is_shown

    @on(Input.Changed, "#find")
    def _find_typed(self, event: Input.Changed) -> None:
        event.stop()
        # Letters typed on the way to a listed key may have unfolded all of them.
        if self.fields.shows_all != self._showed_all:
            self.fields.shows_all = self._showed_all
            self.fields.show(self.draft)
        keys = self.fields.find(event.value)
        if keys is not None:
            self.fields.go_to(keys)
            self.explain()
        elif event.value.strip():
            self.explain(f"no key has '{clean_line(event.value, limit=40)}' in it")

    @on(Input.Submitted, "#find")
    @on(Input.Blurred, "#find")
    def _find_ended(self, event: Input.Submitted | Input.Blurred) -> None:
        event.stop()
        self._end_find()

    def action_leave_find(self) -> None:
        """Close the line and go back to the key before."""
        keys = self._found_from
        self._end_find()
        self.fields.go_to(keys)
        self.explain()

    def _end_find(self) -> None:
        if self._find.display:
            had_focus = self._find.has_focus
            self._show_find(is_shown=False)
            self.post_message(self.Changed())
            if had_focus:
                self.screen.set_focus(self.fields)


def _undo_to_readable(draft: PresetDraft) -> None:
    """Step back to the last text that is TOML; where there is none, nothing changes."""
    steps = 0
    while draft.values is None:
        if not draft.undo():
            for _ in range(steps):
                draft.redo()
            raise InvalidInputError("the file itself is not TOML; t shows it, mend it there.")
        steps += 1
