"""The middle pane: one draft as a form or as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from textual.containers import Vertical
from textual.content import Content
from typing_extensions import override

from mcworkbench.screens.presets.field_form import FieldForm
from mcworkbench.screens.presets.toml_view import TomlView

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from mcworkbench.config.editing import PresetDraft
    from mcworkbench.config.fields import Keys


@final
class FormPane(Vertical):
    """Shows the form or the text, never both: two views of the same draft."""

    def __init__(self) -> None:
        super().__init__(id="form", name="Form", classes="pane")
        self.draft: PresetDraft | None = None
        self.form = FieldForm()
        self.toml = TomlView()

    @override
    def compose(self) -> ComposeResult:
        yield self.form
        yield self.toml

    def on_mount(self) -> None:
        """Begin with the form."""
        self.toml.display, self.toml.disabled = False, True

    @property
    def is_toml(self) -> bool:
        """Return whether the text shows in place of the form."""
        return not self.toml.disabled

    def show(self, draft: PresetDraft | None, told: str = "") -> None:
        """Show a draft as it is now, or a sentence where there is none."""
        self.draft = draft
        self.form.show(draft, told)
        if self.is_toml:
            self.toml.show(draft)
        name = f"{draft.name}{' *' if draft.is_changed else ''}" if draft is not None else "–"
        self.border_title = Content(f"{'TOML' if self.is_toml else 'Form'} · {name}")
        self._tell_keys()

    def on_descendant_focus(self) -> None:
        """Say which keys act now: letters are text in a line."""
        self._tell_keys()

    def _tell_keys(self) -> None:
        keys = "a fewer keys" if self.form.fields.shows_all else "a all keys"
        told = self.form.keys_of_line or f"{keys} · t text"
        self.border_subtitle = Content("esc form" if self.is_toml else told)

    def show_toml(self, *, is_shown: bool) -> None:
        """Show the text in place of the form, or the form again."""
        if is_shown == self.is_toml:
            return
        had_focus = self.has_focus_within
        self.form.editor.end(is_kept=True)
        self.toml.display, self.toml.disabled = is_shown, not is_shown
        self.form.display, self.form.disabled = not is_shown, is_shown
        self.show(self.draft)
        if had_focus:
            self.focus_view()

    def focus_view(self) -> None:
        """Give the focus to what shows."""
        self.screen.set_focus(self.toml if self.is_toml else self.form.fields)

    def go_to(self, keys: Keys, line: int | None) -> None:
        """Put the cursor on a key in the form, or on a line of the text where it is not there."""
        has_form = self.draft is not None and self.draft.values is not None
        is_in_form = has_form and self.form.fields.go_to(keys)
        self.show_toml(is_shown=not is_in_form)
        if is_in_form:
            self.form.explain()
        else:
            self.toml.go_to_line(line or 1)
        self.focus_view()
