"""Help on what has the focus: what it is, its keys, then the screen's and the app's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, final

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from mcworkbench.screens.dialogs.dialog import AbstractDialog
from mcworkbench.screens.palette import bindings_of
from mcworkbench.screens.widgets.hints import key_text

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.dom import DOMNode


@final
class HelpDialog(AbstractDialog[None]):
    """Shows the keys of a focused widget and of everything around it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "Close", show=False),
    ]

    def __init__(self, nodes: list[tuple[str, DOMNode]]) -> None:
        """Explain `nodes`, each with the name of its part, innermost first."""
        super().__init__()
        self._explained = nodes

    def compose(self) -> ComposeResult:
        """Lay out one part per node."""
        with VerticalScroll(id="help", classes="dialog") as box:
            box.border_title = "Help"
            box.border_subtitle = "esc closes"
            for name, node in self._explained:
                yield Static(Text(name, style="bold"), classes="help-head")
                told = str(getattr(node, "HELP", "") or "").strip()
                if told:
                    yield Static(Text(told), classes="help-text")
                yield Static(_keys(node))


def _keys(node: Any) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=12)
    table.add_column()
    by_action: dict[str, tuple[list[str], str]] = {}
    for binding in (binding for bindings in bindings_of(node) for binding in bindings):
        if binding.description:
            told = binding.tooltip or binding.description
            by_action.setdefault(binding.action, ([], told))[0].append(key_text(binding.key))
    for keys, told in by_action.values():
        table.add_row(Text("  " + " ".join(keys), style="bold"), Text(told))
    return table
