"""The Presets mode: choose a preset, edit it as a form or as text, see what it would run, run it.

The edits live in drafts, which outlive a look at another preset or mode. Looking happens in
threads; the screen only shows what they found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

from textual import on
from textual.containers import Vertical
from textual.events import ScreenResume
from textual.message import Message
from typing_extensions import override

from mcworkbench.config.presets import find_preset
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.folders import runs_root
from mcworkbench.plans.preview import preview
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.screens.base import PaneColumn
from mcworkbench.screens.presets.actions import PresetActions
from mcworkbench.screens.presets.check_list import CheckList
from mcworkbench.screens.presets.field_form import FieldForm
from mcworkbench.screens.presets.form_pane import FormPane
from mcworkbench.screens.presets.looker import Looker
from mcworkbench.screens.presets.preset_list import PresetDetails, PresetList
from mcworkbench.screens.presets.shelf import look_for_problems
from mcworkbench.screens.presets.toml_view import TomlView

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from mcworkbench.config.editing import PresetDraft
    from mcworkbench.plans.preview import PlanPreview
    from mcworkbench.screens.pictures.run_row import RunRow

_FIRST = "quickstart"
_PLAN_PAUSE_S, _LIST_PAUSE_S = 0.3, 0.1


@final
class PresetsScreen(PresetActions):
    """List, form and check."""

    MODE: ClassVar[str] = "presets"
    HELP = (
        "A preset says what to train and to evaluate. Choose one, change what you like, and r "
        "runs it: the run keeps its own copy, so nothing has to be saved. What was computed "
        "before is reused."
    )

    @dataclass
    class PlanFound(Message):
        """The answer to the look of a number: a plan, or why there is none."""

        number: int
        found: Any

    @dataclass
    class ProblemsFound(Message):
        """The first problem of each preset that has one."""

        found: Any

    def __init__(self) -> None:
        super().__init__()
        self._list = PresetList(self.shelf)
        self._details = PresetDetails()
        self._form = FormPane()
        self._check = CheckList()
        self._path: Path | None = None
        self._trouble = ""
        self._asked = -1
        self._planned: tuple[str, PlanPreview | WorkbenchError] | None = None
        self._seen_runs: object = None
        self._plans = Looker(
            lambda number, found: self.post_message(self.PlanFound(number, found)),
            pause_s=_PLAN_PAUSE_S,
        )
        self._lists = Looker(
            lambda _, found: self.post_message(self.ProblemsFound(found)), pause_s=_LIST_PAUSE_S
        )

    @override
    def compose_panes(self) -> ComposeResult:
        with PaneColumn(id="presets-left"), Vertical(name="Presets", classes="pane") as pane:
            pane.id = "presets"
            yield self._list
            yield self._details
        with PaneColumn(id="presets-middle"):
            yield self._form
        with PaneColumn(id="presets-right"):
            yield self._check

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self._relist()
        entries = self.shelf.entries
        first = next((entry for entry in entries if entry.name == _FIRST), None)
        if self._path is None and entries:
            self.choose((first or entries[0]).path)

    @override
    def on_unmount(self) -> None:
        # Textual calls that of the class below by itself.
        self._plans.end()
        self._lists.end()

    # What is chosen.

    @property
    @override
    def draft(self) -> PresetDraft | None:
        return self.shelf.known_draft(self._path) if self._path is not None else None

    @override
    def take_over(self) -> str:
        return "" if self._form.is_toml else self._form.form.take_over()

    def open_preset(self, reference: str) -> None:
        """Show a preset by name or file and go to its form."""
        try:
            path = find_preset(reference).absolute()
            self.shelf.draft(path, name=_name_of_run(path))
        except InvalidInputError as error:
            self.workbench.tell(str(error), is_error=True)
            return
        self.choose(path)
        self.go_to_pane(self._form)

    @override
    def choose(self, path: Path) -> None:
        if self.shelf.place_of(path) is None:
            self._relist()
        self._path, self._trouble, self._planned = path, "", None
        try:
            self.shelf.draft(path)
        except InvalidInputError as error:
            self._trouble = str(error)
        if self.shelf.place_of(path) is None:
            self.shelf.refresh()
        # A preset that was not listed before must be laid out before it can be scrolled to.
        self._list.renew()
        self._list.move_to(self.shelf.place_of(path) or 0)
        self.draw_again()

    def _relist(self) -> None:
        self.shelf.refresh()
        self._lists.ask(look_for_problems)

    @override
    def header_context(self) -> str:
        draft = self.draft
        return f"{draft.name}{' *' if draft.is_changed else ''}" if draft is not None else ""

    # Showing it.

    @override
    def draw_again(self) -> None:
        draft = self.draft
        self._list.renew()
        own = sum(entry.is_own for entry in self.shelf.entries)
        pane = self.query_one("#presets")
        pane.border_title = f"Presets {len(self.shelf.entries)}"
        pane.border_subtitle = f"{own} yours" if own else ""
        self._details.show(draft, self._trouble)
        self._form.show(draft, self._trouble)
        self._look(draft)
        self.refresh_chrome()

    def _look(self, draft: PresetDraft | None) -> None:
        """Show the check, and ask what would run where that is not known for this text."""
        if draft is None:
            self._check.show((), None, (), nothing=self._trouble or "no preset is open")
            return
        problems, experiment = draft.checked.problems, draft.checked.experiment
        is_known = self._planned is not None and self._planned[0] == draft.text
        found = self._planned[1] if self._planned is not None and is_known else None
        self._check.show(problems, found, draft.command())
        if experiment is not None and not is_known:
            self._ask_plan(draft)

    def _ask_plan(self, draft: PresetDraft) -> None:
        experiment = draft.checked.experiment
        if experiment is not None:
            text = draft.text
            self._asked = self._plans.ask(lambda: (text, _planned(experiment)))

    @on(PlanFound)
    def _plan_found(self, event: PlanFound) -> None:
        draft = self.draft
        if event.number != self._asked or draft is None or not isinstance(event.found, tuple):
            return
        if event.found[0] == draft.text:
            self._planned = event.found
            self._check.show(draft.checked.problems, event.found[1], draft.command())

    @on(ProblemsFound)
    def _problems_found(self, event: ProblemsFound) -> None:
        if isinstance(event.found, dict):
            self.shelf.set_problems(event.found)
            self._list.renew()

    @override
    def show_rows(self, rows: tuple[RunRow, ...]) -> None:
        # What a run has finished since, a new one would reuse.
        seen = [(row.id, row.num_done, row.state) for row in rows]
        draft = self.draft
        if seen != self._seen_runs and draft is not None:
            self._ask_plan(draft)
        self._seen_runs = seen

    @on(ScreenResume)
    def _resumed(self) -> None:
        conflicts = self.shelf.catch_up()
        if conflicts:
            names = ", ".join(conflicts)
            self.workbench.tell(f"changed on disk since you edited it: {names}; saving asks.")
        self._relist()
        entries = self.shelf.entries
        if self._path is not None and (self.shelf.place_of(self._path) is not None or not entries):
            self.choose(self._path)
        elif entries:
            self.choose(entries[0].path)

    # What the panes tell.

    @on(PresetList.Moved, "#preset-list")
    def _moved(self) -> None:
        entry = self._list.entry
        if entry is not None:
            self.choose(entry.path)

    @on(PresetList.Picked, "#preset-list")
    def _preset_picked(self) -> None:
        self._form.show_toml(is_shown=False)
        self.go_to_pane(self._form)

    @on(CheckList.Picked, "#check")
    def _go_to_problem(self, event: CheckList.Picked) -> None:
        problem = self._check.problems[event.item]
        self.go_to_pane(self._form)
        self._form.go_to(problem.keys, problem.line)

    @on(FieldForm.Changed)
    @on(TomlView.Edited)
    def _edited(self) -> None:
        self.draw_again()

    @on(FieldForm.Refused)
    def _refused(self, event: FieldForm.Refused) -> None:
        self.workbench.tell(event.reason, is_error=True)

    @on(TomlView.Closed)
    def _text_closed(self) -> None:
        self._form.show_toml(is_shown=False)
        self._form.focus_view()

    def action_toggle_text(self) -> None:
        """Show the text in place of the form, or the form again."""
        self._form.show_toml(is_shown=not self._form.is_toml)
        self.go_to_pane(self._form)


def _planned(experiment: Any) -> PlanPreview | WorkbenchError:
    try:
        return preview(experiment)
    except WorkbenchError as error:
        return error


def _name_of_run(path: Path) -> str:
    """Return the name of the run whose preset a file is, '' where it is none."""
    if path.parent.parent != runs_root():
        return ""
    try:
        document = RunFolder(path.parent.name).document()
    except InvalidInputError:
        return ""
    return document.name if document is not None else ""
