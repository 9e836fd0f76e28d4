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
    from collections.abc import Sequence

    from mcworkbench.screens.pictures.run_picture import Budgets

Row = tuple[str, tuple[tuple[str, str], ...]]
_GAP = "  "
_MAX_NAME, _MIN_NAME = 24, 8


@final
class BudgetList(AbstractLines):
    """A block per quantity: a row for each method, a column for each budget."""

    HELP = (
        "Every method at every budget: 1B is what one run of a method costs, 2B the pooled members "
        "of two. Numbers are means over the choices of runs, ± their standard deviation where "
        "there is room."
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
        return sum(len(rows) for _, rows in self.budgets.blocks) if self.budgets is not None else 0

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        table = self.budgets
        if table is None or not table.blocks:
            return [], [Line(Text(self._empty, self.look("quiet"), end=""))]
        rows = [row for _, rows in table.blocks for row in rows]
        names = max(min(cell_len(name), _MAX_NAME) for name, _ in rows)
        wanted, has_spread = min(names, _MIN_NAME), True
        widths = _widths(table.heads, rows, has_spread=True)
        if _room(widths, width) < wanted:
            has_spread, widths = False, _widths(table.heads, rows, has_spread=False)
        while len(widths) > 1 and _room(widths, width) < wanted:
            widths.pop()
        room = _room(widths, width)
        names = max(1, min(names, room))
        lines: list[Line] = []
        for title, block in table.blocks:
            head = Text(f" {clean_line(title)}", self.look("head"), no_wrap=True, end="")
            lines += [Line(Text("", end=""))] * bool(lines) + [Line(head)]
            for name, row in block:
                texts = [_text(*cell, has_spread=has_spread) for cell in row]
                lines.append(Line(self._row(name, names, texts, widths)))
        return [self._row("", names, table.heads, widths, "head")], lines

    def _row(
        self,
        name: str,
        names: int,
        cells: Sequence[str],
        widths: Sequence[int],
        look: str = "",
    ) -> Text:
        style = self.look(look) if look else ""
        text = Text(no_wrap=True, end="")
        text.append(f" {fitted(clean_line(name), names)}", style)
        for cell, width in zip(cells, widths, strict=False):
            text.append(_GAP + fitted(cell, width, is_right=True), style)
        return text


def _text(mean: str, spread: str, *, has_spread: bool) -> str:
    return f"{mean}±{spread}" if spread and has_spread else mean


def _widths(heads: Sequence[str], rows: Sequence[Row], *, has_spread: bool) -> list[int]:
    cells = [[_text(*cell, has_spread=has_spread) for cell in row] for _, row in rows]
    return [max(map(cell_len, column)) for column in zip(heads, *cells, strict=True)]


def _room(widths: Sequence[int], width: int) -> int:
    """Return what columns leave to the name."""
    return width - 1 - sum(size + len(_GAP) for size in widths)
