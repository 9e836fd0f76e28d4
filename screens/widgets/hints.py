"""The last line of every screen: the keys that act now, whole or not at all, help always."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from rich.text import Text
from textual.widget import Widget
from typing_extensions import override

if TYPE_CHECKING:
    from textual.binding import Binding
    from textual.screen import Screen

_GAP = "  "
_HELP = ("?", "Help")
_MOST = 12
_KEYS = {
    "question_mark": "?",
    "enter": "⏎",
    "escape": "esc",
    "slash": "/",
    "equals_sign": "=",
    "plus": "+",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "exclamation_mark": "!",
    "colon": ":",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "comma": ",",
    "full_stop": ".",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "delete": "del",
}


def key_text(key: str) -> str:
    """Return a key as it stands on the keyboard: "ctrl+s", "?", "⏎"."""
    *modifiers, last = key.split("+")
    if modifiers == ["shift"] and len(last) == 1:
        return last.upper()
    return "+".join([*modifiers, _KEYS.get(last, last)])


def shown_bindings(screen: Screen[object]) -> list[tuple[str, str]]:
    """Return key and word of what can be done now, the focused widget's first."""
    found: dict[str, tuple[str, str]] = {}
    for _, binding, enabled, _tooltip in screen.active_bindings.values():
        if binding.show and enabled and binding.description and binding.action not in found:
            found[binding.action] = (_key(binding), binding.description)
    return list(found.values())


def _key(binding: Binding) -> str:
    return binding.key_display or key_text(binding.key)


@final
class Hints(Widget):
    """Keys and what they do."""

    COMPONENT_CLASSES = {"hints--key", "hints--word"}  # noqa: RUF012

    def on_mount(self) -> None:
        """Draw again whenever other keys act."""
        self.screen.bindings_updated_signal.subscribe(self, self._keys_changed)

    def _keys_changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    @override
    def render(self) -> Text:
        key, word = (str(self.get_component_rich_style(f"hints--{n}")) for n in ("key", "word"))
        hints = [hint for hint in shown_bindings(self.screen) if hint != _HELP][:_MOST]
        needed = sum(map(len, _HELP)) + 1 + len(_GAP)
        line = Text(" ", no_wrap=True)
        for shown, described in [*hints, _HELP]:
            size = len(shown) + 1 + len(described) + len(_GAP)
            reserve = 0 if (shown, described) == _HELP else needed
            if line.cell_len + size + reserve > self.size.width:
                continue
            line.append(shown, style=key).append(f" {described}{_GAP}", style=word)
        return line
