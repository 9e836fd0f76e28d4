"""Every preset that can be chosen, and the drafts of those that were opened: no widgets here.

A draft lives as long as the app, so edits survive a look at another preset or mode.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

from mcworkbench.config.editing import Place, PresetDraft
from mcworkbench.config.experiment import KINDS
from mcworkbench.config.loading import first_problem
from mcworkbench.config.presets import list_presets, shipped_root
from mcworkbench.config.toml_file import read_text
from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping


_FIRST = "curve"
OTHER = "not readable"
ELSEWHERE = "opened from elsewhere"
_MAX_CELL, _MAX_PROBLEM = 200, 600
_LABELS: dict[Place, str] = {
    "shipped": "as shipped",
    "own": "as saved",
    "run": "as it was run",
    "file": "as in its file",
}


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list; text is one clean line each.

    Attributes:
        group: the heading it stands under.
        problem: the first thing wrong with the file, '' where there is none or it is not known.
    """

    path: Path
    name: str
    group: str
    title: str
    is_own: bool
    problem: str = ""


@final
class Shelf:
    """The list of presets, by path, and their drafts."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._drafts: dict[Path, PresetDraft] = {}
        self._problems: dict[Path, str] = {}

    def refresh(self) -> None:
        """Look which presets there are now."""
        found = [
            Entry(
                preset.path,
                clean_line(preset.name, limit=_MAX_CELL),
                preset.kind if preset.kind in KINDS else OTHER,
                preset.title,
                not preset.is_shipped,
                clean_line(preset.problem, limit=_MAX_PROBLEM)
                or self._problems.get(preset.path, ""),
            )
            for preset in list_presets()
        ]
        known = {entry.path for entry in found}
        for path, draft in self._drafts.items():
            if path not in known:
                title = str((draft.values or {}).get("title", ""))
                found.append(Entry(path, draft.name, ELSEWHERE, clean_line(title), is_own=False))
        order = [_FIRST, *(kind for kind in KINDS if kind != _FIRST), OTHER, ELSEWHERE]
        self.entries = sorted(found, key=lambda entry: (order.index(entry.group), entry.name))

    def set_problems(self, problems: Mapping[Path, str]) -> None:
        """Remember what is wrong with files, as `look_for_problems` found it."""
        self._problems = {
            path: clean_line(problem, limit=_MAX_PROBLEM) for path, problem in problems.items()
        }
        self.entries = [
            replace(entry, problem=self._problems.get(entry.path, entry.problem))
            for entry in self.entries
        ]

    def place_of(self, path: Path) -> int | None:
        """Return where in the list a file stands."""
        return next((i for i, entry in enumerate(self.entries) if entry.path == path), None)

    def draft(self, path: Path, *, name: str = "") -> PresetDraft:
        """Return the draft of a file, read when first asked for.

        Raises:
            InvalidInputError: it is gone, too large or not UTF-8.
        """
        if path not in self._drafts:
            self._drafts[path] = PresetDraft.open(path, name=name)
        return self._drafts[path]

    def known_draft(self, path: Path) -> PresetDraft | None:
        """Return the draft of a file where it was opened before."""
        return self._drafts.get(path)

    def moved(self, draft: PresetDraft) -> None:
        """Keep a draft under the file it was saved to; the one it came from is read anew."""
        self._drafts = {path: one for path, one in self._drafts.items() if one is not draft}
        self._drafts[draft.path] = draft

    def unsaved(self) -> list[PresetDraft]:
        """Return the drafts with changes that no file has."""
        return [draft for draft in self._drafts.values() if draft.is_changed]

    def catch_up(self) -> list[str]:
        """Take in files that changed on disk; return the names of those with edits of ours."""
        conflicts: list[str] = []
        for path, draft in list(self._drafts.items()):
            if not draft.is_stale():
                continue
            if draft.is_changed:
                conflicts.append(draft.name)
                continue
            try:
                draft.reload()
            except InvalidInputError:
                del self._drafts[path]
        return conflicts


def look_for_problems() -> dict[Path, str]:
    """Return the first problem of each preset that has one; some milliseconds a preset."""
    found = {preset.path: first_problem(preset) for preset in list_presets()}
    return {path: problem for path, problem in found.items() if problem}


def compared_texts(draft: PresetDraft) -> list[tuple[str, str]]:
    """Return what a draft can be compared with: a label and a text each, the nearest first."""
    found = [(f"{draft.name} {_LABELS[draft.place]}", draft.base)]
    if draft.place != "shipped":
        known = [path for path in shipped_root().glob("*.toml") if path.stem in draft.name]
        nearest = max(known, key=lambda path: len(path.stem), default=None)
        if nearest is not None:
            found.append((f"{nearest.stem} as shipped", read_text(nearest)))
    return found
