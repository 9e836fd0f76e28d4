"""The lines under the header: which run, how far, how good, and why it stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual.widget import Widget
from typing_extensions import override

from mcworkbench.reports.stage_text import SIGNS
from mcworkbench.runs.state import ACTIVE, State
from mcworkbench.screens.base import WIDE_COLUMNS
from mcworkbench.screens.run.words import (
    LOOKS,
    advice,
    bar,
    eta,
    now_words,
    percent,
    result_words,
    sentence,
)
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from rich.style import Style
    from textual.geometry import Size

    from mcworkbench.screens.pictures.run_picture import RunPicture

_GAP = "  "
_DOT = " · "
_MIN_BAR, _MAX_BAR, _BAR_SHARE = 8, 24, 7
_MAX_REASON_ROWS, _MAX_NARROW_ROWS = 3, 2
# A reason that is too long loses so many characters at a time, down to the least.
_CUT, _MIN_TOLD = 8, 24
_MAX_NAME = 28


@final
class RunStatus(Widget):
    """One line that is as wide as the terminal; a second one only where there is a reason."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status--name",
        "status--quiet",
        "status--strong",
        "status--running",
        "status--waiting",
        "status--stopped",
        "status--failed",
        "status--done",
    }

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._picture: RunPicture | None = None
        self._headline = ""

    def show(self, picture: RunPicture | None, headline: str = "") -> None:
        """Show a run, nothing without one; the headline where there is room for it."""
        before = len(self._rows(self.size.width))
        self._picture, self._headline = picture, headline
        # A layout of the whole screen only where a row came or went.
        self.refresh(layout=len(self._rows(self.size.width)) != before)

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._rows(width))

    @override
    def render(self) -> Text:
        return Text("\n", no_wrap=True, overflow="crop").join(self._rows(self.size.width))

    def _rows(self, width: int) -> list[Text]:
        if self._picture is None or width <= 0:
            return []
        return [self._first(self._picture, width), *self._reason(self._picture, width)]

    def _look(self, name: str) -> Style:
        return self.get_component_rich_style(f"status--{name}", partial=True)

    def _first(self, picture: RunPicture, width: int) -> Text:
        row, quiet = picture.row, self._look("quiet")
        state = self._look(LOOKS[row.state])
        name = clean_line(row.name or row.id, limit=_MAX_NAME)
        line = Text(" ", no_wrap=True)
        line.append(name, self._look("name"))
        line.append(f"{_GAP}{SIGNS[row.state][0]} {row.state}", state)
        now = now_words(picture)
        parts: list[Text] = [Text(_GAP + now, self._look("strong"))] if now else []
        if row.state is not State.done:
            parts.append(self._bar(picture, width, state))
        if row.state in ACTIVE and eta(row.eta_s):
            parts.append(Text(_GAP + eta(row.eta_s), quiet))
        extras = self._extras(picture, quiet)
        room = width - line.cell_len - sum(part.cell_len for part in [*parts, *extras])
        result = self._result(picture, room - len(_GAP))
        if result:
            parts.append(Text(_GAP + result, self._look("strong")))
        parts += extras
        for part in parts:
            # A part shows whole or not at all; later, shorter ones may still fit.
            if line.cell_len + part.cell_len <= width:
                line.append_text(part)
        line.truncate(width, overflow="ellipsis")
        return line

    def _result(self, picture: RunPicture, room: int) -> str:
        """Return as much of the shown pair's numbers as there is room for, its first first."""
        parts = clean_line(self._headline).split(_DOT) if self._headline else []
        while parts and len(_DOT.join(parts)) > room:
            parts.pop()
        if parts:
            return _DOT.join(parts)
        # What the run is known by may be another pair's.
        words = clean_line(result_words(picture)) if len(picture.pairs) <= 1 else ""
        return words if len(words) <= room else ""

    def _bar(self, picture: RunPicture, width: int, state: Style) -> Text:
        columns = min(_MAX_BAR, max(_MIN_BAR, width // _BAR_SHARE))
        full, rest = bar(picture.row.fraction, columns)
        quiet = self._look("quiet")
        return Text.assemble(
            _GAP, (full, state), (rest, quiet), (f" {percent(picture.row.fraction)}", "")
        )

    def _extras(self, picture: RunPicture, quiet: Style) -> list[Text]:
        num_warnings = len(picture.warnings)
        found: list[Text] = []
        if num_warnings:
            word = "warning" if num_warnings == 1 else "warnings"
            found.append(Text(f"{_GAP}⚠ {num_warnings} {word}", self._look("stopped")))
        if picture.row.state is State.done:
            found.append(Text(f"{_GAP}p writes a report", quiet))
        return found

    def _reason(self, picture: RunPicture, width: int) -> list[Text]:
        """Return why the run stands as it does and what to press; the latter is never cut."""
        told, press = sentence(picture), advice(picture.row)
        if not told and not press:
            return []
        most = _MAX_REASON_ROWS if width >= WIDE_COLUMNS else _MAX_NARROW_ROWS
        room = max(1, width - 2)
        join = " — " if told and press else ""
        text, rows = told, list[Text]()
        while True:
            line = Text.assemble(
                (text, self._look(LOOKS[picture.row.state])), (join + press, self._look("quiet"))
            )
            rows = list(line.wrap(self.app.console, room, no_wrap=False))
            if len(rows) <= most or len(text) <= _MIN_TOLD:
                break
            text = text[: max(_MIN_TOLD, len(text) - _CUT)].rstrip(" …") + " …"
        for row in rows[:most]:
            row.truncate(room, overflow="ellipsis")
            row.pad_left(1)
        return rows[:most]
