"""The list of an ensemble's networks, each in or out of the what-if ensemble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from typing_extensions import override

from mcworkbench.screens.pictures.lines_of_members import AVERAGE
from mcworkbench.screens.run.member_words import cells_of, fitting, widths_of
from mcworkbench.screens.widgets.cells import fitted
from mcworkbench.screens.widgets.lines import AbstractLines, Line

if TYPE_CHECKING:
    from mcworkbench.screens.pictures.run_picture import MembersPicture
    from mcworkbench.screens.pictures.what_if import Answer
    from mcworkbench.screens.run.member_words import Column

_GAP = "  "
_NUM_HEAD = 2


@final
class MembersList(AbstractLines):
    """One row per captured network; space puts it into the what-if ensemble or takes it out."""

    HELP = (
        "The networks that were captured. Space takes one out of the what-if ensemble or puts it "
        "in, A puts all members in again; the line below says what the others score together. "
        "agree: on how many examples a network predicts the class that the others in the ensemble "
        "do, on average. if toggled: how much the ensemble gains or loses without it, or with it "
        "where it is out, in the quantity of the chart (m). Distances are between weights."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "flip", "In/out", id="members.toggle",
                tooltip="Take the network out of the what-if ensemble, or put it in"),
        Binding("A", "all", "All in", id="members.all",
                tooltip="Put all members into the what-if ensemble, nothing else"),
    ]  # fmt: skip

    @dataclass
    class Toggled(Message):
        """The user wants a network in or out; None for all members in."""

        index: int | None

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, name="Members")
        self.picture: MembersPicture | None = None
        self._source: tuple[object, ...] = ()
        self._column = ""
        self._chosen: frozenset[int] = frozenset()
        self._answer: Answer | None = None
        self._empty = ""

    def show(
        self,
        picture: MembersPicture,
        chosen: frozenset[int],
        answer: Answer | None,
        *,
        column: str,
        empty: str,
    ) -> None:
        """Show an ensemble; the cursor stays on its network.

        Args:
            picture: the ensemble.
            chosen: indices of the networks that are in.
            answer: what they score, None while that is computed.
            column: the quantity in which networks are compared.
            empty: the sentence shown instead of rows.
        """
        source = (picture, chosen, answer, column, "" if picture.networks else empty)
        if source == self._source:
            return
        at, could_flip = self.index, self.check_action("flip", ())
        is_other = self.picture is None or self.picture.node != picture.node
        self._source, self.picture = source, picture
        self._chosen, self._answer, self._column, self._empty = chosen, answer, column, empty
        self.at = 0 if is_other or at is None else self._place(at)
        self.renew()
        self.reveal()
        if could_flip != self.check_action("flip", ()):
            self.refresh_bindings()

    @property
    def index(self) -> int | None:
        """Return the index of the network under the cursor."""
        networks = self.picture.networks if self.picture is not None else ()
        return networks[self.at].index if self.at < len(networks) else None

    def _place(self, index: int) -> int:
        networks = self.picture.networks if self.picture is not None else ()
        return next((place for place, one in enumerate(networks) if one.index == index), 0)

    def move_to_index(self, index: int) -> None:
        """Put the cursor on a network without telling anyone."""
        self.move_to(self._place(index))

    @property
    @override
    def num_items(self) -> int:
        return len(self.picture.networks) if self.picture is not None else 0

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("flip", "all"):
            has_what_if = self.picture is not None and self.picture.kind != AVERAGE
            return True if self.num_items and has_what_if else None
        return super().check_action(action, parameters)

    def action_flip(self) -> None:
        """Take the network under the cursor out, or put it in."""
        if self.index is not None and self.check_action("flip", ()):
            self.post_message(self.Toggled(self.index))

    @override
    def action_pick(self) -> None:
        self.action_flip()

    def action_all(self) -> None:
        """Put all members in."""
        self.post_message(self.Toggled(None))

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        picture = self.picture
        if picture is None or not picture.networks:
            return [], [Line(Text(self._empty, self.look("quiet"), end=""))]
        columns = fitting(cells_of(picture, self._chosen, self._answer, self._column), width)
        widths = widths_of(columns, width)
        heads = [
            self._row([column.head[place] for column in columns], widths, "head", columns)
            for place in range(_NUM_HEAD)
        ]
        lines: list[Line] = []
        for place, one in enumerate(picture.networks):
            look = "" if one.index in self._chosen else "quiet"
            cells = [column.cells[place] for column in columns]
            lines.append(Line(self._row(cells, widths, look, columns), place))
        return heads, lines

    def _row(self, cells: list[str], widths: list[int], look: str, columns: list[Column]) -> Text:
        text = Text(no_wrap=True, end="")
        style = self.look(look) if look else ""
        for cell, width, column in zip(cells, widths, columns, strict=True):
            gap = _GAP if text.plain else " "
            text.append(gap + fitted(cell, width, is_right=not column.is_text), style)
        return text
