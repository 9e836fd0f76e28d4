"""`presets list` as text: by kind and by whose recipe it is, titles whole at any width."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from mcworkbench.cli.consoles import NUM_INDENT, heading
from mcworkbench.config.presets import grouped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mcworkbench.config.presets import PresetInfo

_INDENT = " " * NUM_INDENT
# Narrower than this a title stands below its name.
_MIN_TITLE = 28


def list_lines(
    presets: Sequence[PresetInfo], problems: Mapping[str, str], width: int
) -> Iterator[Text]:
    """Yield the list; lines are no longer than `width`, 0 is any width.

    Args:
        presets: in any order.
        problems: by name, '' where there is none.
        width: columns of the terminal.
    """
    names = {
        preset.name: f"{_INDENT}{preset.name}{'' if preset.is_shipped else '  yours'}"
        for preset in presets
    }
    column = max(map(len, names.values()), default=0) + NUM_INDENT
    for group, members in grouped(presets).items():
        for line in _wrapped(group, width):
            yield heading(line)
        for preset in members:
            problem = problems.get(preset.name, "")
            told = f"cannot be used: {problem}" if problem else preset.title
            yield from _entry(names[preset.name], told, column, width)


def _entry(name: str, told: str, column: int, width: int) -> Iterator[Text]:
    if not width:
        yield Text(f"{name.ljust(column)}{told}".rstrip())
        return
    is_beside = width - column >= _MIN_TITLE
    indent = column if is_beside else 2 * NUM_INDENT
    lines = _wrapped(told, width - indent)
    if is_beside:
        yield Text(name.ljust(column) + (lines[0] if lines else ""))
        lines = lines[1:]
    else:
        yield Text(name)
    for line in lines:
        yield Text(" " * indent + line)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, NUM_INDENT)) if width else [text]
