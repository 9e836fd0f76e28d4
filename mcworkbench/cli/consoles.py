"""How the command line writes: data to stdout, talk to stderr, colour only where it is wanted.

Names come from outside, so nothing here interprets markup. In a pipe lines are as long as they
need to be and hold no control characters.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from mcworkbench.cli.wrapping import fitted
from mcworkbench.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PIPE_WIDTH = 100
NUM_INDENT = 2


def out() -> Console:
    """Return the console of data."""
    return _console(stderr=False)


def talk() -> Console:
    """Return the console of talk."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


def is_live(console: Console) -> bool:
    """Return whether the console is a terminal on which lines can be painted again."""
    return console.is_terminal and not console.is_dumb_terminal


def has_unicode(console: Console) -> bool:
    """Return whether the console shows more than ASCII."""
    return console.encoding.startswith("utf")


def width_of(console: Console) -> int:
    """Return how many columns a line may have; in a pipe a fixed number."""
    return max(1, console.width - 1) if console.is_terminal else _PIPE_WIDTH


def table_width(console: Console) -> int:
    """Return how wide a table may be, 0 for any width: a pipe gets every cell whole."""
    return width_of(console) if console.is_terminal else 0


def say(text: str) -> None:
    """Write one line of talk; a terminal gets it broken at spaces."""
    sys.stderr.write(fitted(clean(text), sys.stderr) + "\n")
    sys.stderr.flush()


def write(lines: Iterable[str | Text], console: Console | None = None) -> None:
    """Write lines of data: styled ones are cut at the edge of a terminal, plain ones go on."""
    console = console or out()
    for line in lines:
        if console.is_terminal and isinstance(line, str):
            console.print(line, soft_wrap=True)
        elif console.is_terminal:
            console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
        else:
            plain = line.plain if isinstance(line, Text) else line
            console.file.write(plain.rstrip() + "\n")
    console.file.flush()


def write_json(value: Any) -> None:
    """Write one JSON document, the whole of stdout."""
    sys.stdout.write(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def aligned(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    num_words: int,
    width: int = 0,
    cut: Sequence[int] = (),
) -> list[Text]:
    """Return a table as lines: words to the left, numbers to the right, a dim line of heads.

    Args:
        heads: the columns' names.
        rows: one cell per column.
        num_words: how many leading columns hold words.
        width: where not 0, the longest word columns are cut until a line is no longer.
        cut: the columns that may be cut; all word columns where absent.
    """
    table = [list(heads), *(list(row) for row in rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(heads))]
    while width and sum(widths) + NUM_INDENT * (len(widths) - 1) > width:
        longest = max(cut or range(num_words), key=lambda place: widths[place])
        if widths[longest] <= max(len(heads[longest]), NUM_INDENT):
            break
        widths[longest] -= 1
    lines: list[Text] = []
    for index, row in enumerate(table):
        cells = [
            _cell(cell, widths[place], is_word=place < num_words) for place, cell in enumerate(row)
        ]
        lines.append(Text((" " * NUM_INDENT).join(cells), style="" if index else "dim"))
    return lines


def split_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, width: int) -> list[Text]:
    """Return a table of one column of words and many of numbers, cut nowhere.

    Where it is wider than `width` (0 is any) it becomes several, each with the words first.
    """
    sizes = [max(len(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    groups: list[list[int]] = [[]]
    used = sizes[0]
    for place in range(1, len(heads)):
        needed = NUM_INDENT + sizes[place]
        if width and groups[-1] and used + needed > width:
            groups.append([])
            used = sizes[0]
        groups[-1].append(place)
        used += needed
    lines: list[Text] = []
    for group in groups:
        places = [0, *group]
        chosen = [[row[place] for place in places] for row in rows]
        lines += aligned([heads[place] for place in places], chosen, num_words=1)
    return lines


def _cell(text: str, width: int, *, is_word: bool) -> str:
    shown = text if len(text) <= width else text[: width - 1] + "…"
    return shown.ljust(width) if is_word else shown.rjust(width)


def heading(text: str) -> Text:
    """Return the title of a part of the output."""
    return Text(text, style="bold")
