"""The list of presets by kind, and what the chosen one is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static
from typing_extensions import override

from mcworkbench.config.toml_edit import value_text
from mcworkbench.screens.widgets.lines import AbstractLines, Line
from mcworkbench.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from mcworkbench.config.editing import PresetDraft
    from mcworkbench.screens.presets.shelf import Entry, Shelf

_GAP = 2
_MIN_TITLE = 24
_NAME_SHARE = 0.48


@final
class PresetList(AbstractLines):
    """Presets under their kinds, with marks: yours, unsaved, wrong."""

    HELP = (
        "Every preset, shipped and your own, by kind. * has unsaved edits, ✗ has a problem. "
        "Shipped ones are never changed: saving an edited one makes a copy of your own."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "pick", "Edit", id="presets.edit", tooltip="Edit it in the form"),
    ]

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(id="preset-list", name="Presets")
        self._shelf = shelf

    @property
    @override
    def num_items(self) -> int:
        return len(self._shelf.entries)

    @property
    def entry(self) -> Entry | None:
        """Return the preset under the cursor."""
        entries = self._shelf.entries
        return entries[self.at] if 0 <= self.at < len(entries) else None

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        lines: list[Line] = []
        group = ""
        for place, entry in enumerate(self._shelf.entries):
            if entry.group != group:
                group = entry.group
                lines.append(Line(Text(f" {group}", style=self.look("head"), end="")))
            lines.append(Line(self._row(entry, width), place))
        return [], lines

    def _row(self, entry: Entry, width: int) -> Text:
        draft = self._shelf.known_draft(entry.path)
        is_wrong = bool(draft.checked.problems) if draft is not None else bool(entry.problem)
        is_unsaved = draft is not None and draft.is_changed
        row = Text(" ", no_wrap=True, end="")
        row.append("✗ " if is_wrong else "  ", style=self.look("failed"))
        mark = f"{' *' if is_unsaved else ''}{' yours' if entry.is_own else ''}"
        has_title = width >= _MIN_TITLE + round(width * _NAME_SHARE) + _GAP
        room = round(width * _NAME_SHARE) if has_title else width
        gap = _GAP if has_title else 0
        name = _shortened(entry.name, room - gap - row.cell_len - cell_len(mark))
        row.append(name, style=self.look("strong")).append(mark, style=self.look("mark"))
        if has_title:
            row.append(" " * (room - row.cell_len))
            row.append(entry.problem or entry.title, style=self.look("quiet"))
        row.truncate(width, overflow="ellipsis")
        return row


def _shortened(name: str, room: int) -> str:
    """Return a name in so many columns, cut in the middle: related names differ at their ends."""
    if cell_len(name) <= room:
        return name
    kept = max(2, room - 1)
    return f"{set_cell_size(name, kept // 2)}…{name[len(name) - (kept - kept // 2) :]}"


@final
class PresetDetails(VerticalScroll):
    """Title, summary, source and published numbers of the chosen preset."""

    HELP = "What the chosen preset is about: its title, what it shows and costs, published numbers."
    COMPONENT_CLASSES: ClassVar[set[str]] = {"details--title", "details--quiet", "details--place"}

    def compose(self) -> ComposeResult:
        """Lay out one text."""
        yield Static(id="preset-told", markup=False)

    def on_mount(self) -> None:
        """Leave the focus to the list; the wheel scrolls."""
        self.can_focus = False

    def show(self, draft: PresetDraft | None, problem: str = "") -> None:
        """Show what a preset says about itself, or why it cannot be opened."""
        told = self.query_one("#preset-told", Static)
        if draft is None:
            told.update(Text(clean(problem) or "No preset is chosen."))
            return
        told.update(_told(draft, self.look))

    def look(self, name: str) -> str:
        """Return the theme's style for a part of the text."""
        return str(self.get_component_rich_style(f"details--{name}", partial=True))


def _told(draft: PresetDraft, style: Callable[[str], str]) -> Text:
    values = draft.values or {}
    places = {
        "shipped": "Shipped: read-only; saving makes a copy of your own.",
        "own": "Yours.",
        "run": "As a run was started with; saving makes a preset of your own.",
        "file": "A file elsewhere; saving makes a preset of your own.",
    }
    told = Text()
    title = clean_line(str(values.get("title", "")), limit=400)
    if title:
        told.append(f"{title}\n", style("title"))
    told.append(f"{places[draft.place]}\n", style("place"))
    summary = clean(str(values.get("summary", ""))).strip()
    if summary:
        told.append(f"\n{summary}\n")
    expect = values.get("expect")
    if isinstance(expect, dict) and expect:
        told.append("\nPublished\n", style("title"))
        for key, value in expect.items():
            told.append(f"{clean_line(str(key))} ", style("quiet"))
            told.append(f"{clean_line(value_text(value))}\n")
    source = clean_line(str(values.get("source", "")), limit=400)
    if source:
        told.append(f"\n{source}\n", style("quiet"))
    told.rstrip()
    return told
