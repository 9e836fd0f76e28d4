"""Ask for one of a few things, each with a sentence on what it means; esc chooses none.

Names in questions come from outside and are plain text, never markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mcworkbench.screens.dialogs.dialog import AbstractDialog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.events import Key


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """One answer.

    Attributes:
        key: the letter that gives it; j and k move the highlight instead.
        label: what it does, in a few words.
        detail: what that means, what is lost, how to undo it.
        is_grave: something is lost for good; it is coloured so.
    """

    key: str
    label: str
    detail: str = ""
    is_grave: bool = False


@final
class ChoiceDialog(AbstractDialog[str | None]):
    """Returns the name of the choice, None where the user left without one."""

    HELP = "Choose with the arrow keys and enter, or with the letter in front; esc changes nothing."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Cancel", show=False),
        Binding("j", "move(1)", "Down", show=False, id="question.down"),
        Binding("k", "move(-1)", "Up", show=False, id="question.up"),
    ]

    def __init__(self, title: str, question: str, choices: Mapping[str, Choice]) -> None:
        """Ask `question`, one or more sentences, under `title`; `choices` by their names."""
        super().__init__()
        self._heading, self._question = title, question
        self._choices = dict(choices)

    def compose(self) -> ComposeResult:
        """Lay out the question above its answers."""
        with Vertical(classes="dialog choice") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = "⏎ chooses · esc cancels"
            yield Static(Content(self._question), classes="choice-question")
            yield OptionList(
                *(Option(_told(choice), id=name) for name, choice in self._choices.items()),
                classes="choice-list",
            )

    def on_mount(self) -> None:
        """Put the focus where the arrow keys act."""
        self.set_focus(self.query_one(OptionList))

    def action_move(self, step: int) -> None:
        """Highlight the next answer, or with -1 the one before."""
        found = self.query_one(OptionList)
        if step > 0:
            found.action_cursor_down()
        else:
            found.action_cursor_up()

    def on_key(self, event: Key) -> None:
        """Take the letter of an answer."""
        for name, choice in self._choices.items():
            if event.character == choice.key:
                event.stop()
                self.dismiss(name)
                return

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)


def _told(choice: Choice) -> Content:
    head = Content.assemble(
        (f"{choice.key}  ", "bold $accent"),
        (choice.label, "bold $state-failed" if choice.is_grave else "bold"),
    )
    if not choice.detail:
        return head
    detail = choice.detail.replace("\n", "\n   ")
    return Content.assemble(head, "\n", (f"   {detail}", "$foreground 70%"))
