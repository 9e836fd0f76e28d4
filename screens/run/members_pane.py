"""The pane of an ensemble's members: the list, and what the networks that are in score together.

Numbers of another ensemble are computed off the app's thread from stored predictions; until
they are there the last ones stay.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from typing_extensions import override

from mcworkbench.screens.careful_work import careful_work
from mcworkbench.screens.pictures.what_if import Answer, what_if
from mcworkbench.screens.run.member_words import chosen_of, note_words, what_if_words
from mcworkbench.screens.run.members_list import MembersList
from mcworkbench.screens.widgets.lines import AbstractLines
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from mcworkbench.screens.pictures.run_picture import MembersPicture
    from mcworkbench.screens.pictures.what_if import Predictions
    from mcworkbench.screens.run.choices import Choices

_HINT = "space in/out"


@final
class WhatIfWords(Widget):
    """Two lines: what the networks that are in score together, and how they are averaged."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"words--note"}

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shown: tuple[MembersPicture, Answer | None] | None = None

    def show(self, picture: MembersPicture, answer: Answer | None) -> None:
        """Show an answer, None while it is computed."""
        if self._shown != (picture, answer):
            self._shown = (picture, answer)
            self.refresh()

    @override
    def render(self) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        if self._shown is not None:
            picture, answer = self._shown
            text.append(what_if_words(picture, answer, self.size.width))
            note = note_words(picture, answer)
            text.append(f"\n{note}", self.get_component_rich_style("words--note", partial=True))
        return text


@final
class MembersPane(Vertical):
    """The list, and below it what the networks that are in score together."""

    def __init__(
        self,
        *,
        id: str,  # noqa: A002
        on_answer: Callable[[Answer], None],
        on_moved: Callable[[int], None],
    ) -> None:
        """Prepare an empty pane.

        Args:
            id: of the widget.
            on_answer: told what the chosen networks score, whenever that is known anew.
            on_moved: told the index of the network to which the user moved.
        """
        super().__init__(id=id, name="Members", classes="pane")
        self.rows = MembersList(id="member-rows")
        self._words = WhatIfWords(id="member-words")
        self.border_title = "Members"
        self._on_answer, self._on_moved = on_answer, on_moved
        self._picture: MembersPicture | None = None
        self._choices: Choices | None = None
        self._column = self._empty = ""
        self._answer: Answer | None = None
        # What was asked last, what is to be asked next, and whether somebody answers.
        self._asked: tuple[object, ...] = ()
        self._next: tuple[Predictions, frozenset[int]] | None = None
        self._is_answering = False

    def compose(self) -> ComposeResult:
        """Lay out the list above the words."""
        yield self.rows
        yield self._words

    def show(self, picture: MembersPicture, choices: Choices, *, column: str, empty: str) -> None:
        """Show an ensemble.

        Args:
            picture: the ensemble.
            choices: what the user chose; toggling a member changes it.
            column: the quantity in which networks are compared.
            empty: the sentence shown instead of rows.
        """
        self._picture, self._choices = picture, choices
        self._column, self._empty = column, empty
        self._ask()
        self._draw()

    def forget(self) -> None:
        """Begin anew with another ensemble."""
        self._picture, self._answer, self._asked, self._next = None, None, (), None

    @property
    def chosen(self) -> frozenset[int]:
        """Return the indices of the networks that are in."""
        if self._picture is None or self._choices is None:
            return frozenset()
        toggled = self._choices.toggled.get(self._picture.node, frozenset())
        return chosen_of(self._picture.networks, toggled)

    def _draw(self) -> None:
        picture = self._picture
        if picture is None:
            return
        chosen = self.chosen
        self.rows.show(picture, chosen, self._answer, column=self._column, empty=self._empty)
        num = sum(bool(one.size) for one in picture.networks)
        counted = f" · {num} of {picture.total}" if num < picture.total else f" · {num}" * bool(num)
        title = clean_line(f"Members · {picture.node}{counted}")
        if str(self.border_title) != title:
            self.border_title = Content(title)  # pyright: ignore[reportAttributeAccessIssue]
        self.border_subtitle = _HINT if self.rows.check_action("flip", ()) else ""
        self._words.display = bool(picture.networks)
        self._words.show(picture, self._answer)

    @on(MembersList.Toggled)
    def _toggled(self, event: MembersList.Toggled) -> None:
        event.stop()
        if self._picture is None or self._choices is None:
            return
        node = self._picture.node
        before = self._choices.toggled.get(node, frozenset())
        after = before ^ {event.index} if event.index is not None else frozenset[int]()
        self._choices.toggled[node] = after
        self._ask()
        self._draw()

    @on(AbstractLines.Moved)
    def _moved(self, event: AbstractLines.Moved) -> None:
        event.stop()
        if self.rows.index is not None:
            self._on_moved(self.rows.index)

    def _ask(self) -> None:
        """Have the chosen networks scored, where that was not asked yet."""
        picture, chosen = self._picture, self.chosen
        if picture is None or picture.predictions is None or not self.is_mounted:
            return
        asked = (picture.predictions.stamp, chosen)
        if asked == self._asked:
            return
        self._asked, self._next = asked, (picture.predictions, chosen)
        if not self._is_answering:
            self._is_answering = True
            self._answer_all()

    @careful_work
    async def _answer_all(self) -> None:
        try:
            while self._next is not None:
                predictions, chosen = self._next
                self._next = None
                answer = await asyncio.to_thread(what_if, predictions, chosen)
                if self._asked == (predictions.stamp, chosen):
                    self._answer = answer
                    self._draw()
                    self._on_answer(answer)
        finally:
            self._is_answering = False
