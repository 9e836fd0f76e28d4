"""What every method is worth at every budget: the table of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from rich.cells import cell_len
from rich.text import Text
from typing_extensions import override

from mcworkbench.screens.widgets.cells import fitted
from mcworkbench.screens.widgets.lines import AbstractLines, Line
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.screens.pictures.run_picture import Budgets

_GAP = "  "
_MAX_CELL = 24


@final
class BudgetList(AbstractLines):
    """A row per method and budget."""

    HELP = (
        "Every method at every budget: 1B is what one run of a method costs, 2B the pooled members "
        "of two. Numbers are means over the choices of runs, ± their standard deviation."
    )
    HAS_CURSOR: ClassVar[bool] = False

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, name="Budgets", classes="pane")
        self.border_title = "Budgets"
        self.budgets: Budgets | None = None
        self._empty = ""

    def show(self, budgets: Budgets | None, empty: str) -> None:
        """Show a table, or a sentence where there is none."""
        if (budgets, empty) != (self.budgets, self._empty):
            self.budgets, self._empty = budgets, empty
            self.renew()

    @property
    @override
    def num_items(self) -> int:
        return len(self.budgets.rows) if self.budgets is not None else 0

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        table = self.budgets
        if table is None or not table.rows:
            return [], [Line(Text(self._empty, self.look("quiet"), end=""))]
        heads = [_split(head) for head in table.heads]
        rows = [[clean_line(cell, limit=_MAX_CELL) for cell in row] for row in table.rows]
        widths = [
            max(map(cell_len, (*head, *(row[place] for row in rows))))
            for place, head in enumerate(heads)
        ]
        kept = _fitting(widths, width)
        first = rows[0][0]
        above = [
            self._row([head[place] for head in heads], kept, widths, "head") for place in range(2)
        ]
        # The first method leads, here as in the chart.
        return above, [
            Line(self._row(row, kept, widths, "strong" if row[0] == first else ""), place)
            for place, row in enumerate(rows)
        ]

    def _row(self, cells: list[str], kept: list[int], widths: list[int], look: str) -> Text:
        text = Text(no_wrap=True, end="")
        style = self.look(look) if look else ""
        for place in kept:
            gap = _GAP if text.plain else " "
            text.append(gap + fitted(cells[place], widths[place], is_right=place > 0), style)
        return text


def _fitting(widths: list[int], width: int) -> list[int]:
    """Return the columns for which there is room; how many members and pools goes first."""
    kept = list(range(len(widths)))
    for place in (3, 2, *range(len(widths) - 1, 4, -1)):
        if 1 + sum(widths[one] + len(_GAP) for one in kept) - len(_GAP) <= width:
            break
        if place in kept:
            kept.remove(place)
    return kept


def _split(head: str) -> tuple[str, str]:
    """Return a head on two rows: split and meaning."""
    first, _, rest = head.partition(" ")
    return (first, rest) if rest else ("", first)
