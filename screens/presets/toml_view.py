"""The preset as text: a second view of the same draft, with light colours and line numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea
from typing_extensions import override

if TYPE_CHECKING:
    from mcworkbench.config.editing import PresetDraft

# What a terminal would obey or reorder shows as one placeholder, so that columns stay.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]"
    "|[\ud800-\udfff]"
)
_TABLE = re.compile(r"\s*\[[^\]]*\]")
_KEY = re.compile(r"[^=#]*=")
_COMMENT = re.compile(r"\s*#.*")


@final
class TomlView(TextArea):
    """Edits the text of a draft."""

    HELP = (
        "The preset as it will be saved, comments and all. The check follows while you type. "
        "Esc goes back to the form."
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {"toml--table", "toml--key", "toml--comment"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Form", id="toml.close", tooltip="Back to the form"),
        Binding("ctrl+home", "go_to_edge(0)", "Top", show=False, id="toml.first",
                tooltip="To the first line"),
        Binding("ctrl+end", "go_to_edge(1)", "End", show=False, id="toml.last",
                tooltip="To the end of the text"),
    ]  # fmt: skip

    @dataclass
    class Closed(Message):
        """The user wants the form back."""

    @dataclass
    class Edited(Message):
        """The user changed the text."""

    def __init__(self) -> None:
        super().__init__(id="toml", name="TOML", show_line_numbers=True, soft_wrap=False)
        self._draft: PresetDraft | None = None
        self._given, self._taken = "", ""
        self._has_typed = False

    def show(self, draft: PresetDraft | None) -> None:
        """Show a draft's text; the cursor stays where it is on the same text."""
        text = draft.text if draft is not None else ""
        if draft is self._draft and text == self._given:
            return
        self._draft, self._given, self._has_typed = draft, text, False
        self.load_text(text)
        # Ends of lines may be told apart by the file, not by the view.
        self._taken = self.text

    def go_to_line(self, number: int) -> None:
        """Put the cursor at the beginning of a line, counted from 1."""
        self.move_cursor((max(0, min(number - 1, self.document.line_count - 1)), 0))
        self.scroll_cursor_visible(center=True)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Take the text over into the draft."""
        event.stop()
        if self._draft is None or self.text == self._taken:
            return
        self._taken = self._given = self.text
        self._draft.replace(self.text, joins=self._has_typed)
        self._has_typed = True
        self.post_message(self.Edited())

    def action_go_to_edge(self, where: int) -> None:
        """Put the cursor at the beginning of the text (0) or at its end (1)."""
        self.move_cursor(self.document.end if where else (0, 0))

    def action_close(self) -> None:
        """Go back to the form."""
        self.post_message(self.Closed())

    @override
    def get_line(self, line_index: int) -> Text:
        line = Text(_HOSTILE.sub("�", self.document.get_line(line_index)), end="", no_wrap=True)
        for pattern, name in ((_COMMENT, "comment"), (_TABLE, "table"), (_KEY, "key")):
            match = pattern.match(line.plain)
            if match:
                style = self.get_component_rich_style(f"toml--{name}", partial=True)
                line.stylize(style, 0, match.end())
                break
        return line
