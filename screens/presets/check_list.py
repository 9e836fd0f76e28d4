"""The check: everything that is wrong, or what a run would do, and the equal shell command."""

from __future__ import annotations

import shlex
import textwrap
from typing import TYPE_CHECKING, ClassVar, final

from rich.text import Text
from textual.binding import Binding, BindingType
from typing_extensions import override

from mcworkbench.errors import WorkbenchError
from mcworkbench.reports.plan_text import FATE_SIGNS, estimate_words, fate_words
from mcworkbench.screens.widgets.lines import AbstractLines, Line
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.problems import Problem
    from mcworkbench.plans.preview import PlanPreview, PreviewNode

_LOOKS = {"reused": "reused", "busy": "running", "begun": "stopped", "run": "strong"}
_MAX_NAME = 20
_MAX_SENTENCE = 600


@final
class CheckList(AbstractLines):
    """Problems to go to; where there are none, the plan."""

    HELP = (
        "What is wrong with the preset, every problem at once; enter goes to the key. Where "
        "nothing is wrong: which stages a run would reuse and which it would carry out, and the "
        "shell command that does the same."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "pick", "Go there", id="check.go", tooltip="Go to the key of the problem"),
    ]

    def __init__(self) -> None:
        super().__init__(id="check", name="Check", classes="pane")
        self.border_title = "Check"
        self.problems: tuple[Problem, ...] = ()
        self._found: PlanPreview | WorkbenchError | None = None
        self._command: Sequence[str] = ()
        self._nothing = ""

    @property
    @override
    def num_items(self) -> int:
        return len(self.problems)

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.problems) if action == "pick" else True

    def show(
        self,
        problems: tuple[Problem, ...],
        found: PlanPreview | WorkbenchError | None,
        command: Sequence[str],
        *,
        nothing: str = "",
    ) -> None:
        """Show a check.

        Args:
            problems: what is wrong, in the order of the file.
            found: what a run would do, or why that cannot be said; None while it is looked for.
            command: the words of the equal shell command, () where there is none.
            nothing: why there is nothing to check, '' where there is.
        """
        self.problems, self._found = problems, found
        self._command, self._nothing = command, nothing
        count = len(problems)
        told = f"{count} problem{'s' * (count != 1)}" if count else ""
        self.border_subtitle = told or ("Y copies the command" if command else "")
        self.renew()
        self.refresh_bindings()

    @override
    def action_step(self, by: int) -> None:
        if self.problems:
            super().action_step(by)
        else:
            self._scroll(self.scroll_offset.y + by)

    @override
    def lay_out(self, width: int) -> tuple[list[Text], list[Line]]:
        if self._nothing:
            return [], self._wrapped(self._nothing, width, "quiet")
        if self.problems:
            lines: list[Line] = []
            for place, problem in enumerate(self.problems):
                lines += self._wrapped(problem.sentence, width, "failed", sign="✗", item=place)
            return [], lines
        return [], [*self._plan(width), *self._shell(width)]

    def _plan(self, width: int) -> list[Line]:
        found = self._found
        if found is None:
            return self._wrapped("nothing is wrong; looking what would run …", width, "quiet")
        if isinstance(found, WorkbenchError):
            told = f"nothing is wrong with the preset, but it cannot run here yet: {found}"
            return self._wrapped(told, width, "stopped", sign="✗")
        lines = self._wrapped(found.headline(), width, "done", sign="✓")
        names = min(_MAX_NAME, max((len(node.name) for node in found.nodes), default=1))
        lines += [Line(self._node(node, names, width)) for node in found.nodes]
        estimate = estimate_words(found)
        return [*lines, *(self._wrapped(estimate, width, "quiet") if estimate else [])]

    def _node(self, node: PreviewNode, names: int, width: int) -> Text:
        look = self.look(_LOOKS[node.fate])
        line = Text(f" {FATE_SIGNS[node.fate][0]} ", style=look, no_wrap=True, end="")
        name = Text(clean_line(node.name))
        name.truncate(names, overflow="ellipsis", pad=True)
        line.append_text(name).append(f"  {clean_line(fate_words(node))}")
        line.truncate(width, overflow="ellipsis")
        return line

    def _shell(self, width: int) -> list[Line]:
        lines = [Line(Text("", end=""))]
        if not self._command:
            told = "no --set can say these changes; save the preset (w) to run it from a shell"
            return [*lines, *self._wrapped(told, width, "quiet")]
        lines += self._wrapped("the same in a shell:", width, "quiet")
        return [*lines, *self._wrapped(shlex.join(self._command), width, "strong")]

    def _wrapped(
        self, text: str, width: int, look: str, *, sign: str = "", item: int = -1
    ) -> list[Line]:
        head = f" {sign} " if sign else " "
        room = max(1, width - len(head))
        # Quotes and options of a command must come out of a copy by the mouse as they are.
        pieces = textwrap.wrap(
            clean_line(text, limit=_MAX_SENTENCE), room, break_on_hyphens=False
        ) or [""]
        return [
            Line(
                Text(
                    f"{head if not place else ' ' * len(head)}{piece}",
                    style=self.look(look),
                    no_wrap=True,
                    end="",
                ),
                item,
            )
            for place, piece in enumerate(pieces)
        ]
