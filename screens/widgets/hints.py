"""The last line of every screen: the keys that act now, whole or not at all, help always."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from rich.text import Text
from textual.widget import Widget
from textual.widgets import Input, TextArea
from typing_extensions import override

if TYPE_CHECKING:
    from textual.binding import Binding
    from textual.screen import Screen

_GAP = "  "
# Always there where they act, whatever else finds room.
_TAIL = (("q", "Quit"), ("?", "Help"))
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
    is_typing = isinstance(screen.focused, Input | TextArea)
    for _, binding, enabled, _tooltip in screen.active_bindings.values():
        shown = _key(binding)
        # Where text is typed a letter is a letter.
        if is_typing and len(shown) == 1 and shown.isprintable() and shown.isascii():
            continue
        is_useful = getattr(screen, "is_useful", _always)
        if binding.show and enabled and binding.description and is_useful(binding.action):
            found.setdefault(binding.action, (shown, binding.description))
    return list(found.values())


def _always(_action: str) -> bool:
    return True


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
        bindings = shown_bindings(self.screen)
        tail = [hint for hint in _TAIL if hint in bindings]
        hints = [hint for hint in bindings if hint not in _TAIL][: _MOST - len(tail)]
        line = Text(" ", no_wrap=True)
        room = self.size.width - 1 - sum(map(_width, tail))
        for shown, described in hints:
            if _width((shown, described)) <= room:
                room -= _width((shown, described))
                line.append(shown, style=key).append(f" {described}{_GAP}", style=word)
        for shown, described in tail:
            line.append(shown, style=key).append(f" {described}{_GAP}", style=word)
        return line


def _width(hint: tuple[str, str]) -> int:
    return sum(map(len, hint)) + 1 + len(_GAP)
