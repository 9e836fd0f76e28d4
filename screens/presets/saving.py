"""Presets saved and copied, and what is asked before edits could be lost.

A screen derives from `PresetSaving` and says which draft is meant and what to draw again.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from mcworkbench.config.presets import create_preset, free_name
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.screens.base import WorkbenchScreen
from mcworkbench.screens.presets.dialogs import NameDialog, leave_dialog, save_conflict_dialog
from mcworkbench.screens.presets.shelf import Shelf

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.config.editing import PresetDraft

_READ_ONLY = {
    "shipped": "Shipped presets stay as they are: your changes become a preset of your own.",
    "run": "What a run was started with stays as it is: this becomes a preset of your own.",
    "file": "Only your own presets are written here: this becomes one of them.",
}


class PresetSaving(WorkbenchScreen):
    """A screen that has a shelf of drafts."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Shelf()
        self._has_agreed = False

    @property
    @abstractmethod
    def draft(self) -> PresetDraft | None:
        """Return the draft that is meant, None where no preset can be opened."""

    @abstractmethod
    def draw_again(self) -> None:
        """Show the draft as it is now."""

    @abstractmethod
    def choose(self, path: Path) -> None:
        """Show another preset."""

    @abstractmethod
    def take_over(self) -> str:
        """Put a value that is being typed into the draft; return why it cannot be, or ''."""

    def _chosen(self) -> PresetDraft | None:
        """Return the draft with all that was typed, None where that cannot be: the user is told."""
        problem = self.take_over() if self.draft is not None else "no preset is open."
        if problem:
            self.workbench.tell(problem, is_error=self.draft is not None)
            return None
        return self.draft

    # Saving.

    def action_save(self) -> None:
        """Save in place, or ask for the name of a copy."""
        draft = self._chosen()
        if draft is None:
            return
        if draft.place != "own":
            if not draft.is_changed and draft.place == "shipped":
                self.workbench.tell("nothing is changed; n makes a preset of your own from it.")
                return
            self._ask_name("Save as", _READ_ONLY[draft.place], draft, is_copy=False)
        elif draft.is_stale():
            dialog = save_conflict_dialog(draft.name)
            self.app.push_screen(dialog, lambda answer: self._settle(draft, answer))
        elif draft.is_changed:
            self._save(draft, "")
        else:
            self.workbench.tell(f"{draft.name} is saved already.")

    def action_copy_preset(self) -> None:
        """Make a new preset from what is shown."""
        draft = self._chosen()
        if draft is not None:
            told = f"A preset of your own that begins as {draft.name} does now."
            self._ask_name("New preset", told, draft, is_copy=True)

    def _ask_name(self, title: str, told: str, draft: PresetDraft, *, is_copy: bool) -> None:
        def answered(name: str | None) -> None:
            if name and is_copy:
                self._copy(draft, name)
            elif name:
                self._save(draft, name)

        self.app.push_screen(NameDialog(title, told, free_name(draft.name)), answered)

    def _settle(self, draft: PresetDraft, answer: str | None) -> None:
        try:
            if answer == "mine":
                draft.keep_mine()
                self._save(draft, "")
            elif answer == "reload":
                draft.reload()
        except WorkbenchError as error:
            self.workbench.tell(str(error), is_error=True)
        self.draw_again()

    def _save(self, draft: PresetDraft, name: str) -> None:
        try:
            if name:
                draft.save_as(name)
                self.shelf.moved(draft)
            else:
                draft.save()
        except WorkbenchError as error:
            self.workbench.tell(str(error), is_error=True)
            return
        count = len(draft.checked.problems)
        wrong = f", with {count} problem{'s' * (count != 1)} left" if count else ""
        self.workbench.tell(f"saved {draft.path}{wrong}")
        self.shelf.refresh()
        self.choose(draft.path)

    def _copy(self, draft: PresetDraft, name: str) -> None:
        try:
            path = create_preset(name, draft.text)
        except WorkbenchError as error:
            self.workbench.tell(str(error), is_error=True)
            return
        self.workbench.tell(f"made {path}")
        self.shelf.refresh()
        self.choose(path)

    # Leaving.

    async def may_leave(self) -> bool:
        """Return whether nothing unsaved would be lost.

        Where something would, the user is asked, and the app is left once they agree.
        """
        if self._has_agreed:
            return True
        # A value that is being typed is an edit as well; one that cannot be is no reason to stay.
        self.take_over()
        targets = self._targets()
        if not targets:
            return True
        # Not awaited: the app could not hand keys to the dialog while it waits for this answer.
        named = [(draft.name, target) for draft, target in targets]
        self.app.push_screen(leave_dialog(named), self._left)
        return False

    def _targets(self) -> list[tuple[PresetDraft, str]]:
        """Return every unsaved draft and the new name it would get, '' where it keeps its file."""
        found: list[tuple[PresetDraft, str]] = []
        for draft in self.shelf.unsaved():
            name = "" if draft.place == "own" else free_name(draft.name)
            while name and name in (other for _, other in found):
                name = free_name(name)
            found.append((draft, name))
        return found

    def _left(self, answer: str | None) -> None:
        if answer == "leave" or (answer == "save" and self._save_all()):
            self._has_agreed = True
            self.app.call_later(self.app.run_action, "detach")

    def _save_all(self) -> bool:
        """Save every draft; where one cannot be, say why, show it and return False."""
        for draft, name in self._targets():
            try:
                if not name and draft.is_stale():
                    raise InvalidInputError(
                        f"{draft.name} was changed on disk; saving it (w) asks."
                    )
                if name:
                    draft.save_as(name)
                    self.shelf.moved(draft)
                else:
                    draft.save()
            except WorkbenchError as error:
                self.workbench.tell(f"not left: {error}", is_error=True)
                self.shelf.refresh()
                self.choose(draft.path)
                return False
        return True
