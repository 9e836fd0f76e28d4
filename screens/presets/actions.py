"""What can be done with the chosen preset: run, compare, edit elsewhere, undo; saving.py saves.

Each action ends in one sentence, or in what it asked for.
"""

from __future__ import annotations

import contextlib
import shlex
import threading
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.message import Message
from typing_extensions import override

from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.screens.launching import Begun, Order, begin
from mcworkbench.screens.presets.dialogs import DiffDialog
from mcworkbench.screens.presets.external import edit_outside
from mcworkbench.screens.presets.saving import PresetSaving
from mcworkbench.screens.presets.shelf import compared_texts

# How long the app's end may wait for a start.
_LAST_WAIT_S = 5.0


class PresetActions(PresetSaving):
    """A screen that has presets to act on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r,ctrl+r,f5", "run", "Run", id="presets.run",
            tooltip="Start a run of what is shown, saved or not, and open it (mcworkbench run)",
        ),
        Binding(
            "w,ctrl+s", "save", "Save", id="presets.save",
            tooltip="Save; a shipped preset becomes a copy of your own",
        ),
        Binding(
            "Q,ctrl+t,f6", "queue", "Queue", id="presets.queue",
            tooltip="Start a run and stay here (mcworkbench run --detach)",
        ),
        Binding("t", "toggle_text", "Text", id="presets.text", tooltip="Form or TOML text"),
        Binding(
            "D", "diff", "Diff", id="presets.diff",
            tooltip="What differs from the file and from the shipped preset",
        ),
        Binding(
            "n", "copy_preset", "New", id="presets.new",
            tooltip="A new preset from this one (mcworkbench presets copy)",
        ),
        Binding(
            "Y", "copy_command", "Copy", id="presets.command", show=False,
            tooltip="Copy the equal shell command",
        ),
        Binding(
            "E", "edit_outside", "Editor", id="presets.editor", show=False,
            tooltip="Edit the text in $EDITOR",
        ),
        Binding(
            "less_than_sign,ctrl+z", "undo", "Back", show=False, id="presets.undo",
            tooltip="Take the last change back",
        ),
        Binding(
            "greater_than_sign,ctrl+y", "redo", "Forth", show=False, id="presets.redo",
            tooltip="Make the change again that was taken back",
        ),
    ]  # fmt: skip

    @dataclass
    class Started(Message):
        """A run was started, or could not be."""

        found: Begun | WorkbenchError

    def __init__(self) -> None:
        super().__init__()
        self._starting: threading.Thread | None = None
        self._leaves_then = False

    def on_unmount(self) -> None:
        """Let a start that is under way come to its end: a run that is made must be started."""
        if self._starting is not None:
            self._starting.join(_LAST_WAIT_S)

    # Running.

    def action_run(self) -> None:
        """Start a run of what is shown and open it."""
        self._start(opens=True)

    def action_queue(self) -> None:
        """Start a run of what is shown and stay."""
        self._start(opens=False)

    def _start(self, *, opens: bool) -> None:
        draft = self._chosen()
        if draft is None or self._starting is not None:
            return
        experiment, file = draft.checked.experiment, draft.checked.file
        if experiment is None or file is None:
            problems = draft.checked.problems
            count = f"{len(problems)} problem{'s' * (len(problems) != 1)}"
            self.workbench.tell(f"not started: {count}. {problems[0].sentence}", is_error=True)
            return
        self.workbench.tell(f"starting {draft.name} …")
        order = Order(experiment, file, tuple(draft.command()), opens)
        self._starting = threading.Thread(target=self._begin, args=(order,), daemon=True)
        self._starting.start()

    def _begin(self, order: Order) -> None:
        """Start a run, in a thread of its own."""
        try:
            found: Begun | WorkbenchError = begin(order)
        except WorkbenchError as error:
            found = error
        except Exception as error:  # noqa: BLE001 - the screen must hear of it
            found = WorkbenchError(f"{type(error).__name__}: {error}")
        # The app may have ended meanwhile.
        with contextlib.suppress(RuntimeError):
            self.post_message(self.Started(found))

    @on(Started)
    def _started(self, event: Started) -> None:
        self._starting = None
        leaves, self._leaves_then = self._leaves_then, False
        found = event.found
        if isinstance(found, WorkbenchError):
            self.workbench.tell(f"not started: {found}", is_error=True)
            return
        self.workbench.feed.poke()
        self.draw_again()
        if leaves:
            self.app.call_later(self.app.run_action, "detach")
        elif found.opens:
            self.workbench.open_run(found.run_id)
        else:
            told = f"{found.name} is started as {found.run_id}; it runs as soon as a slot is free."
            self.workbench.tell(told)

    @override
    async def may_leave(self) -> bool:
        if self._starting is not None and not self._leaves_then:
            self._leaves_then = True
            self.workbench.tell("a run is being started: leaving once it is; q again leaves now.")
            return False
        return await super().may_leave()

    # Looking at and changing the text as a whole.

    def action_diff(self) -> None:
        """Show what differs from the file and from the shipped preset."""
        draft = self._chosen()
        if draft is None:
            return
        try:
            parts = [(label, draft.diff(text, label)) for label, text in compared_texts(draft)]
        except InvalidInputError as error:
            self.workbench.tell(str(error), is_error=True)
            return
        self.app.push_screen(DiffDialog(draft.name, parts))

    def action_copy_command(self) -> None:
        """Copy the equal shell command."""
        draft = self._chosen()
        words = draft.command() if draft is not None else []
        if words:
            self.app.copy_to_clipboard(shlex.join(words))
            self.workbench.tell(f"sent to the terminal's clipboard: {shlex.join(words)}")
        elif draft is not None:
            self.workbench.tell("there is no command yet: mend the problems, or save first (w).")

    def action_edit_outside(self) -> None:
        """Edit the text in the user's own editor."""
        draft = self._chosen()
        if draft is None:
            return
        text, problem = "", "this terminal cannot be lent to an editor."
        with contextlib.suppress(SuspendNotSupported), self.app.suspend():
            # Caught in here: an exception that leaves the block leaves the terminal lent.
            text, problem = _edited(draft.text)
        if problem:
            self.workbench.tell(problem, is_error=True)
        else:
            draft.replace(text)
            self.draw_again()

    def action_undo(self) -> None:
        """Take the last change back."""
        draft = self._chosen()
        if draft is not None and not draft.undo():
            self.workbench.tell("nothing is left to undo.")
        self.draw_again()

    def action_redo(self) -> None:
        """Make the change again that was taken back."""
        draft = self._chosen()
        if draft is not None and not draft.redo():
            self.workbench.tell("nothing was undone.")
        self.draw_again()


def _edited(text: str) -> tuple[str, str]:
    """Return a text as edited elsewhere, and why it could not be, '' where it could."""
    try:
        return edit_outside(text), ""
    except WorkbenchError as error:
        return "", str(error)
    except Exception as error:  # noqa: BLE001 - the terminal must come back
        return "", f"the editor went wrong: {type(error).__name__}: {error}"
