"""The table along t: every statistic of one evaluated path, a row per point.

Rows stream in while a path is evaluated; the cursor stays at its t. Moving it tells the charts,
and a crosshair in a chart moves it, without telling anyone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static
from typing_extensions import override

from mcworkbench.screens.run.choices import nearest
from mcworkbench.screens.widgets.cells import fitted
from mcworkbench.screens.widgets.lines import AbstractLines, Line
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from mcworkbench.screens.pictures.run_picture import PathTable

_GAP = 2
_MARK = "▲"
_GUTTER = 2
_MAX_HEAD, _MAX_CELL = 40, 16
_PENALTY = " (regularised)"
_NUM_HEAD = 2
_NOTHING = "no path has been evaluated yet"


@final
class PathTableList(AbstractLines):
    """The rows of a path's table, numbers to the right."""

    HELP = (
        "Every number along the path, one row per evaluated t. Moving in the table moves the "
        "crosshair of the charts, and the other way round. ▲ marks the row where the quantity of "
        "the big chart is highest. Left and right show more columns; P changes between the paths."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "shift(1)", "Columns", show=False, id="table.columns",
                tooltip="Show the columns further right"),
        Binding("left", "shift(-1)", "Columns back", show=False, id="table.columns-back",
                tooltip="Show the columns further left"),
    ]  # fmt: skip

    @dataclass
    class Hidden(Message):
        """So many columns are out of sight to the left and to the right."""

        left: int
        right: int

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, name="Table")
        self.table: PathTable | None = None
        self.highest = -1
        self._shift_by = 0
        self._num_hidden = 0
        # Where the cursor was put, by somebody or because a path is worst there; a path that is
        # being evaluated may not have come so far.
        self._placed_t: float | None = None

    def show(self, table: PathTable | None, highest: int) -> None:
        """Show a table; the cursor stays at its t once it was put somewhere."""
        if table is self.table and highest == self.highest:
            return
        self.table, self.highest = table, highest
        if table is not None and self._placed_t is not None:
            self.at = nearest(table.ts, self._placed_t)
        elif self.is_whole:
            # A path is opened where it is worst, once that is known.
            self.at = max(0, highest)
            self._placed_t = self.t
        self.renew()
        self.reveal()

    @property
    def t(self) -> float | None:
        """Return where the cursor stands."""
        table = self.table
        return table.ts[self.at] if table is not None and self.at < len(table.ts) else None

    def forget(self) -> None:
        """Begin anew with another run."""
        self.at, self._placed_t = 0, None

    @property
    def is_whole(self) -> bool:
        """Return whether every point of the path is there."""
        table = self.table
        return table is not None and bool(table.rows) and len(table.rows) == table.total

    def move_to_t(self, t: float) -> None:
        """Put the cursor on the row nearest to t without telling anyone."""
        self._placed_t = t
        if self.table is not None and self.table.ts:
            self.move_to(nearest(self.table.ts, t))

    @override
    def _user_moves(self, item: int) -> None:
        super()._user_moves(item)
        self._placed_t = self.t

    @property
    @override
    def num_items(self) -> int:
        return len(self.table.rows) if self.table is not None else 0

    def action_shift(self, by: int) -> None:
        """Show columns further right or left; t always stays."""
        if by > 0 and not self._num_hidden:
            return
        self._shift_by = max(0, self._shift_by + by)
        self.renew()

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        table = self.table
        if table is None or not table.rows:
            return [], [Line(Text(_NOTHING, self.look("quiet"), end=""))]
        heads = [_split(clean_line(head, limit=_MAX_HEAD)) for head in table.heads]
        cells = [[clean_line(cell, limit=_MAX_CELL) for cell in row] for row in table.rows]
        widths = [
            max(
                [
                    *map(cell_len, head),
                    *(cell_len(row[column]) for row in cells if column < len(row)),
                ]
            )
            for column, head in enumerate(heads)
        ]
        columns = self._fitting(widths, width)
        above = [
            self._row([head[place] for head in heads], columns, widths, "head")
            for place in range(_NUM_HEAD)
        ]
        self.post_message(self.Hidden(self._shift_by, self._num_hidden))
        return above, [
            Line(self._row(row, columns, widths, "mark" if place == self.highest else ""), place)
            for place, row in enumerate(cells)
        ]

    def _fitting(self, widths: list[int], width: int) -> list[int]:
        """Return the columns that fit: t, then those from the shift on."""
        self._shift_by = max(0, min(self._shift_by, len(widths) - 2))
        used, columns = _GUTTER + widths[0], [0]
        for column in range(1 + self._shift_by, len(widths)):
            if used + _GAP + widths[column] > width and len(columns) > 1:
                break
            used += _GAP + widths[column]
            columns.append(column)
        self._num_hidden = len(widths) - 1 - columns[-1] if len(columns) > 1 else 0
        return columns

    def _row(self, cells: list[str], columns: list[int], widths: list[int], look: str) -> Text:
        text = Text(no_wrap=True, end="")
        style = self.look(look) if look else ""
        text.append(f"{_MARK if look == 'mark' else ' ':<{_GUTTER}}", style)
        for place, column in enumerate(columns):
            cell = cells[column] if column < len(cells) else ""
            gap = " " * _GAP if place else ""
            text.append(gap + fitted(cell, widths[column], is_right=True), style)
        return text


def _split(head: str) -> tuple[str, str]:
    """Return a head on two rows: split and meaning, e.g. "train" over "error, %"."""
    first, _, rest = head.replace(_PENALTY, "").partition(" ")
    return (first, rest) if rest else ("", first)


@final
class TablePane(Vertical):
    """The table with its summary below."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, name="Table", classes="pane")
        self.rows = PathTableList(id="table-rows")
        self._footer = Static("", id="table-footer", markup=False)
        self.border_title = "Along t"
        self._has_others = False
        self._out_of_sight = (0, 0)

    def compose(self) -> ComposeResult:
        """Lay out rows and summary."""
        yield self.rows
        yield self._footer

    def show(self, table: PathTable | None, highest: int, *, has_others: bool) -> None:
        """Show a path's table.

        Args:
            table: the path's, None where nothing was evaluated.
            highest: the row where the charted quantity is largest, -1 where unknown.
            has_others: another path was evaluated too.
        """
        if table is not self.rows.table or highest != self.rows.highest:
            title = "Along t" if table is None else f"Along t · {table.path}{_count(table)}"
            self.border_title = Content(clean_line(title))
            self.rows.show(table, highest)
            footer = Text(clean_line(table.footer, limit=400) if table is not None else "")
            self._footer.update(footer)
            self._footer.display = bool(footer)
        self._has_others = has_others
        self._hint()

    @on(PathTableList.Hidden)
    def _columns_hidden(self, event: PathTableList.Hidden) -> None:
        event.stop()
        self._out_of_sight = (event.left, event.right)
        self._hint()

    def _hint(self) -> None:
        left, right = self._out_of_sight
        arrows = f"{'←' if left else ''}{'→' if right else ''}"
        hints = [f"{arrows} columns"] if arrows else []
        hints += ["P other path"] if self._has_others else []
        self.border_subtitle = " · ".join(hints)


def _count(table: PathTable) -> str:
    if len(table.rows) < table.total:
        return f" · {len(table.rows)} of {table.total} points"
    return f" · {table.total} points"
