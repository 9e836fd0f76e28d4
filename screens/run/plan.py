"""The plan panel: one stage per line, what it does or did, and what to press where it broke."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding, BindingType
from typing_extensions import override

from mcworkbench.runs.state import ACTIVE, State
from mcworkbench.screens.run.words import bar, eta, look_of, percent, sign_of, stage_words
from mcworkbench.screens.widgets.cells import fitted
from mcworkbench.screens.widgets.lines import AbstractLines, Line
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from rich.style import Style

    from mcworkbench.screens.pictures.run_picture import StageRow

_GAP = "  "
_MIN_NAME, _MAX_NAME, _NAME_SHARE = 10, 22, 3
_MIN_BAR, _MAX_BAR, _BAR_SHARE = 6, 20, 5
_INDENT = 2
_PRESS = {
    State.failed: "L opens its log, R tries again",
    State.lost: "R goes on, L opens its log",
}


@final
class PlanList(AbstractLines):
    """The stages of a run in the order in which they can run."""

    HELP = (
        "Every stage of the run: what it does or did, and the numbers it is known by. Stages that "
        "were done before the run started are marked as reused. Enter shows a stage in the charts: "
        "its training, or its path."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "pick", "Show", id="plan.show", tooltip="Show this stage in the charts"
        ),
    ]  # fmt: skip

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, name="Plan", classes="pane")
        self.border_title = "Plan"
        self.stages: tuple[StageRow, ...] = ()
        self._has_moved = False

    def show(self, stages: tuple[StageRow, ...]) -> None:
        """Show stages; the cursor stays on its stage, or follows the work until it was moved."""
        if stages is self.stages:
            return
        at = self.stages[self.at].name if self.at < len(self.stages) else ""
        names = [row.name for row in stages]
        is_same = {row.name for row in self.stages} == set(names)
        self._has_moved = self._has_moved and is_same
        self.stages = stages
        if self._has_moved and at in names:
            self.at = names.index(at)
        else:
            self.at = _place_of_work(stages)
        self.renew()
        self.reveal()

    @property
    @override
    def num_items(self) -> int:
        return len(self.stages)

    @override
    def action_step(self, by: int) -> None:
        self._has_moved = True
        super().action_step(by)

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        longest = max((cell_len(row.name) for row in self.stages), default=_MIN_NAME)
        names = min(longest, _MAX_NAME, max(_MIN_NAME, width // _NAME_SHARE))
        lines: list[Line] = []
        for place, row in enumerate(self.stages):
            lines += [Line(text, place) for text in self._stage(row, width, names)]
        return [], lines

    def _stage(self, row: StageRow, width: int, names: int) -> list[Text]:
        look = self.look(look_of(row))
        line = Text(f"{sign_of(row)} ", style=look, no_wrap=True, end="")
        is_dim = row.state in (State.waiting, State.queued)
        name = fitted(clean_line(row.name), names)
        line.append(name, look if is_dim else self.look("strong"))
        if row.state in ACTIVE:
            self._append_progress(line, row, width, look)
        else:
            self._append_words(line, row, width, look)
        line.truncate(width, overflow="ellipsis")
        return [line, *self._message(row, width, look)]

    def _append_progress(self, line: Text, row: StageRow, width: int, look: Style) -> None:
        full, rest = bar(row.fraction, min(_MAX_BAR, max(_MIN_BAR, width // _BAR_SHARE)))
        line.append(_GAP)
        line.append(full, look)
        line.append(rest, self.look("quiet"))
        line.append(f" {percent(row.fraction)}", look)
        told = [] if row.words in ("", str(row.state)) else [clean_line(row.words)]
        if row.state is State.stopping:
            told.insert(0, str(row.state))
        told.append(eta(row.eta_s))
        for part in filter(None, [*told, *row.numbers]):
            self._append(line, part, width, self.look("strong"))

    def _append_words(self, line: Text, row: StageRow, width: int, look: Style) -> None:
        words = stage_words(row)
        numbers = [clean_line(text) for text in row.numbers]
        needed = len(_GAP) * 2 + len(numbers[0]) if numbers else len(_GAP)
        if line.cell_len + needed + len(words) > width:
            words = stage_words(row, is_short=True)
        if row.is_reused and line.cell_len + needed + len(words) > width:
            words = "reused"
        line.append(_GAP + words, look)
        for part in numbers:
            self._append(line, part, width, self.look("strong"))

    @staticmethod
    def _append(line: Text, part: str, width: int, look: Style) -> None:
        """Append a part where it fits whole; later, shorter parts may still."""
        text = _GAP + clean_line(part)
        if line.cell_len + cell_len(text) <= width:
            line.append(text, look)

    def _message(self, row: StageRow, width: int, look: Style) -> list[Text]:
        if row.state not in _PRESS:
            return []
        room = max(1, width - _INDENT)
        told = Text(clean_line(row.message, limit=2000), look)
        press = Text(_PRESS[row.state], self.look("quiet"))
        rows = [*(told.wrap(self.app.console, room) if told else []), press]
        for text in rows:
            text.truncate(room, overflow="ellipsis")
            text.pad_left(_INDENT)
            text.end = ""
        return rows


def _place_of_work(stages: tuple[StageRow, ...]) -> int:
    """Return the stage to look at: the active, else the broken, else the last one begun."""
    wanted = (ACTIVE, {State.failed, State.lost}, {State.stopped})
    for states in wanted:
        for place, row in enumerate(stages):
            if row.state in states:
                return place
    done = [place for place, row in enumerate(stages) if row.state is State.done]
    return done[-1] if done else 0
