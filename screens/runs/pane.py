"""The pane of the list: its heads, the runs, one line on the chosen one, and the filter."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static
from typing_extensions import override

from mcworkbench.errors import InvalidInputError
from mcworkbench.screens.run.words import LOOKS
from mcworkbench.screens.runs.columns import heads_text, reason_of, sign_of
from mcworkbench.screens.runs.filter import SORTS, RunFilter, ordered, parse_filter
from mcworkbench.screens.runs.run_list import RunList
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from mcworkbench.screens.pictures.run_row import RunRow

_READING = (("reading runs …", ""),)
_EMPTY = (
    ("no runs yet", ""),
    ("", ""),
    ("starts the 30-second demo `quickstart`", "enter"),
    ("shows all presets", "3"),
)
_MAX_SHOWN = 60


@final
class FilterInput(Input):
    """Where the filter is typed."""

    HELP = (
        "Words look into names, ids, titles, tags and changes. state:running|done  kind:curve  "
        "name:vgg*  tag:old  group:x  set:lr compare text; best<5%  progress>50  age<2h  eta<10m "
        "compare numbers. A blank means and, | means or, - in front excludes."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", "Keep", tooltip="Keep the filter", id="filter.keep"),
        Binding("escape", "drop", "Clear", tooltip="Clear the filter", id="filter.clear"),
        Binding("down,up", "keep", "Keep", show=False, id="filter.leave"),
    ]

    @dataclass
    class Left(Message):
        """The user is done with the filter."""

        is_kept: bool

    def action_keep(self) -> None:
        """Keep what is typed and go back to the list."""
        self.post_message(self.Left(is_kept=True))

    def action_drop(self) -> None:
        """Forget what is typed and go back to the list."""
        self.post_message(self.Left(is_kept=False))


@final
class RunsPane(Vertical):
    """Shows the runs that fit the filter, in the order asked for."""

    HELP = "The list of runs; / narrows it, > changes its order, < turns it around."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash", "filter", "Filter", id="runs.filter",
            tooltip="Narrow the list: state:running best<5% -old",
        ),
        Binding(
            "greater_than_sign", "sort", "Sort", key_display=">", id="runs.sort",
            tooltip="Order by start, name, state, best or progress",
        ),
        Binding(
            "less_than_sign", "reverse", "Reverse", key_display="<", show=False, id="runs.reverse",
            tooltip="Turn the order around",
        ),
        Binding(
            "escape", "clear", "Clear", show=False, id="runs.clear",
            tooltip="Unmark all runs, then show all of them",
        ),
    ]  # fmt: skip

    @dataclass
    class Chosen(Message):
        """Another run stands under the cursor."""

    def __init__(self, *, wall_s: Callable[[], float] = time.time) -> None:
        """Show nothing yet; ages are taken against `wall_s`."""
        super().__init__(name="Runs", id="runs", classes="pane")
        self._wall_s = wall_s
        self._all: tuple[RunRow, ...] = ()
        self._has_heard = False
        self._filter = RunFilter()
        self._problem = ""
        self._sort, self._is_reversed = SORTS[0], False

    def compose(self) -> ComposeResult:
        """Lay out heads, list, the line on the chosen run, and the filter."""
        yield Static(id="runs-heads")
        yield RunList(wall_s=self._wall_s)
        yield Static(id="runs-reason")
        yield FilterInput(id="runs-filter", compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Begin with the filter out of the way."""
        self.query_one(FilterInput).display = False
        self._arrange()

    @property
    def list(self) -> RunList:
        """Return the lines."""
        return self.query_one(RunList)

    @property
    def row(self) -> RunRow | None:
        """Return the run under the cursor."""
        return self.list.row

    @property
    def marked(self) -> list[RunRow]:
        """Return the marked runs, in the order of the list."""
        return [row for row in self.list.rows if row.id in self.list.marked]

    @property
    def is_empty(self) -> bool:
        """Return whether there is no run at all, and that is certain."""
        return self._has_heard and not self._all

    def show(self, rows: tuple[RunRow, ...], *, has_heard: bool) -> None:
        """Show runs; `has_heard` tells an empty home from one not read yet."""
        self._all, self._has_heard = rows, has_heard
        self._arrange()

    def _arrange(self) -> None:
        chosen = self._filter.chosen(self._all, self._wall_s())
        rows = ordered(chosen, self._sort, is_reversed=self._is_reversed)
        self.list.show(rows, self._sentences())
        self._tell()

    def _sentences(self) -> tuple[tuple[str, str], ...]:
        if not self._has_heard:
            return _READING
        if not self._all:
            return _EMPTY
        shown = clean_line(self._filter.text, limit=_MAX_SHOWN)
        return ((f"No runs match `{shown}`", ""), ("", ""), ("clears the filter", "esc"))

    def _tell(self) -> None:
        shown, total, num_marked = len(self.list.rows), len(self._all), len(self.list.marked)
        count = f"{shown} of {total}" if self._filter.text else f"{total}"
        marks = f" · {num_marked} marked" if num_marked else ""
        self.border_title = f"Runs {count}{marks}" if self._has_heard else "Runs"
        order = "" if (self._sort, self._is_reversed) == (SORTS[0], False) else f"by {self._sort}"
        if order and self._is_reversed:
            order += ", reversed"
        typed = f"/ {clean_line(self._filter.text)}" if self._filter.text else ""
        self.border_subtitle = Content(" · ".join(filter(None, [order, typed])))  # pyright: ignore[reportAttributeAccessIssue]
        self._tell_heads()
        self._tell_reason()

    @on(RunList.LaidOut)
    def _tell_heads(self) -> None:
        heads = heads_text(self.list.columns, self._sort, is_reversed=self._is_reversed)
        self.query_one("#runs-heads", Static).update(
            Text(heads if self.list.rows else "", no_wrap=True, overflow="crop")
        )

    def _tell_reason(self) -> None:
        row, told = self.row, self.query_one("#runs-reason", Static)
        for look in (*LOOKS.values(), "problem"):
            told.set_class(False, f"-{look}")  # noqa: FBT003
        if self._problem:
            told.add_class("-failed")
            told.update(Text(f"✗ {self._problem}"))
        elif row is None:
            told.update("")
        else:
            told.add_class("-failed" if row.problem else f"-{LOOKS[row.state]}")
            reason = reason_of(row)
            told.update(Text(f"{sign_of(row)} {reason}" if reason else ""))

    @on(RunList.Marked)
    def _marked(self) -> None:
        self._tell()

    @on(RunList.Moved)
    def _moved(self, event: RunList.Moved) -> None:
        # Told anew: what this pane causes in its own list Textual takes no further up.
        event.stop()
        self._tell()
        self.post_message(self.Chosen())

    # The filter.

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # While the filter is typed its keys are letters like all others.
        is_typing = isinstance(self.screen.focused, FilterInput)
        return not is_typing or action not in ("filter", "sort", "reverse", "clear")

    def action_filter(self) -> None:
        """Show the filter's line and type into it."""
        typed = self.query_one(FilterInput)
        typed.display = True
        self.screen.set_focus(typed)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        try:
            self._filter, self._problem = parse_filter(event.value), ""
        except InvalidInputError as error:
            self._problem = str(error)
        self._arrange()

    @on(FilterInput.Left)
    def _left(self, event: FilterInput.Left) -> None:
        event.stop()
        typed = self.query_one(FilterInput)
        if not event.is_kept or self._problem:
            # What cannot be used is not kept either: the line says again what is.
            typed.value = self._filter.text if event.is_kept else ""
        typed.display = False
        self.screen.set_focus(self.list)

    def action_clear(self) -> None:
        """Unmark all runs, or where none is marked show all of them."""
        if self.list.marked:
            self.list.unmark()
        else:
            self.query_one(FilterInput).value = ""

    # The order.

    def action_sort(self) -> None:
        """Take the next order."""
        self._sort = SORTS[(SORTS.index(self._sort) + 1) % len(SORTS)]
        self._arrange()

    def action_reverse(self) -> None:
        """Turn the order around."""
        self._is_reversed = not self._is_reversed
        self._arrange()
