"""What the Presets screen asks and shows over itself: a name, a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from mcworkbench.config.presets import new_preset_path
from mcworkbench.errors import InvalidInputError
from mcworkbench.screens.dialogs.choice import Choice, ChoiceDialog
from mcworkbench.screens.dialogs.dialog import AbstractDialog
from mcworkbench.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

_MAX_NAME, _MAX_PROBLEM = 80, 600
_MAX_LINES = 2000
_MAX_LISTED = 5


@final
class NameDialog(AbstractDialog[str | None]):
    """Asks what a new preset is called; returns a name that is free, or None."""

    HELP = "Letters, digits, '-' and '_'; enter makes the preset, esc makes none."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False),
    ]

    def __init__(self, title: str, told: str, proposed: str) -> None:
        """Ask under `title`, with a sentence on what the name is for, and propose one."""
        super().__init__()
        self._heading, self._told, self._proposed = title, told, proposed

    def compose(self) -> ComposeResult:
        """Lay out the sentence, the line and what is wrong with the name."""
        with Vertical(id="name-dialog", classes="dialog") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = "⏎ makes it · esc cancels"
            yield Static(Content(clean(self._told)))
            yield Input(self._proposed, id="preset-name", max_length=_MAX_NAME)
            yield Static("", id="name-problem")

    def on_mount(self) -> None:
        """Put the cursor behind the proposed name."""
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.query_one("#name-problem", Static).update(Content(self._problem(event.value)))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if not self._problem(event.value):
            self.dismiss(event.value.strip())

    def _problem(self, name: str) -> str:
        try:
            new_preset_path(name.strip())
        except InvalidInputError as error:
            return clean_line(str(error), limit=_MAX_PROBLEM)
        return ""


@final
class DiffDialog(AbstractDialog[None]):
    """Shows what a draft changes of the texts it can be compared with."""

    HELP = "Lines with - are in the other text alone, lines with + in this one alone."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,D", "dismiss", "Close", show=False),
    ]

    def __init__(self, name: str, parts: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Show `parts`: what was compared with, and the lines of the difference."""
        super().__init__()
        self._heading, self._parts = f"Changes · {clean_line(name)}", parts

    def compose(self) -> ComposeResult:
        """Lay out one text per comparison."""
        with VerticalScroll(id="diff", classes="dialog") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = "esc closes"
            for label, lines in self._parts:
                yield Static(Content(f"against {clean_line(label)}"), classes="help-head")
                yield Static(_coloured(lines, self.app.theme_variables))


def _coloured(lines: Sequence[str], colours: dict[str, str]) -> Text:
    if not lines:
        return Text("  no difference")
    signs = {
        "+": colours.get("state-done", ""),
        "-": colours.get("state-failed", ""),
        "@": colours.get("secondary", ""),
    }
    text = Text()
    # The first two lines name the texts, which the heading does already.
    for line in lines[2 : 2 + _MAX_LINES]:
        sign = line[:1]
        text.append(f"  {clean(line)}\n", style=signs.get(sign, ""))
    if len(lines) > 2 + _MAX_LINES:
        text.append("  …")
    text.rstrip()
    return text


def save_conflict_dialog(name: str) -> ChoiceDialog:
    """Ask what to do with a file that somebody else changed meanwhile."""
    return ChoiceDialog(
        "Changed on disk",
        f"{name} was changed on disk since it was read here.",
        {
            "mine": Choice("k", "Keep mine", "The file gets this text; theirs is lost."),
            "reload": Choice("r", "Reload", "This text is dropped; the file stays."),
            "cancel": Choice("c", "Cancel"),
        },
    )


def leave_dialog(drafts: Sequence[tuple[str, str]]) -> ChoiceDialog:
    """Ask whether unsaved edits may be lost.

    Args:
        drafts: name of each that is edited and what it would be saved as, '' for in place.
    """
    names = [name for name, _ in drafts]
    targets = [f"{name} as {target}" if target else f"{name} in place" for name, target in drafts]
    return ChoiceDialog(
        "Unsaved edits",
        f"Edits of presets are not saved: {_listed(names)}. "
        "Runs that were started keep their own copy.",
        {
            "stay": Choice("s", "Stay"),
            "save": Choice("w", "Save and leave", f"Saves {_listed(targets)}."),
            "leave": Choice("l", "Leave", "The edits are lost.", is_grave=True),
        },
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return f"{', '.join(names[:_MAX_LISTED])}{more}"
