"""Markdown of reports for the terminal: links and pictures are text, tables fit any width.

A table that is too wide is broken into parts of whole columns, its words repeated in front of
each, so that no number is ever cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.rules_core import StateCore

_GAP = "  "
# Anything else would be coloured as a program.
_PLAIN = "text"


def inert_parser(width: int) -> MarkdownIt:
    """Return a parser of Markdown without links, pictures and wide tables, for `width` cells."""

    def disarm(state: StateCore) -> None:
        state.tokens = _without_tables(state.tokens, width)
        for block in state.tokens:
            if block.type in ("fence", "code_block"):
                block.info = _PLAIN
            if block.children is not None:
                block.children = _plain(block.children)

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.core.ruler.push("inert", disarm)
    return parser


def _plain(tokens: Sequence[Token]) -> list[Token]:
    kept = [token for token in tokens if not token.type.startswith("link_")]
    return [_as_text(token) if token.type == "image" else token for token in kept]


def _as_text(image: Token) -> Token:
    return Token("text", "", 0, content=f"[figure: {image.content}]")


def _without_tables(tokens: Sequence[Token], width: int) -> list[Token]:
    """Return the tokens with every table as a block of aligned text."""
    found: list[Token] = []
    rows: list[list[str]] = []
    num_words = 0
    is_inside = False
    for token in tokens:
        if token.type == "table_open":
            is_inside, rows, num_words = True, [], 0
        elif token.type == "table_close":
            is_inside = False
            text = "\n".join(aligned_lines(rows, num_words, width))
            found.append(Token("fence", "code", 0, content=text, info=_PLAIN, map=token.map))
        elif not is_inside:
            found.append(token)
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "th_open" and "right" not in str(token.attrs.get("style", "")):
            num_words += len(rows) == 1
        elif token.type == "inline":
            rows[-1].append("".join(child.content for child in _plain(token.children or ())))
    return found


def aligned_lines(rows: Sequence[Sequence[str]], num_words: int, width: int) -> list[str]:
    """Return a table as lines, in as many parts as it takes for each to fit.

    Args:
        rows: cells, the heads first; every row has as many.
        num_words: columns in front that are words; they are repeated in every part.
        width: cells per line. One column beside the words is shown even where it does not fit.
    """
    if not rows:
        return []
    sizes = [max(map(cell_len, cells)) for cells in zip(*rows, strict=True)]
    words, left = list(range(num_words)), list(range(num_words, len(sizes)))
    lines: list[str] = []
    while True:
        part = [*words, *left[:1]]
        while len(part) < len(words) + len(left):
            wider = [*part, left[len(part) - len(words)]]
            if sum(sizes[place] for place in wider) + len(_GAP) * (len(wider) - 1) > width:
                break
            part = wider
        lines += [_line(row, part, sizes, num_words) for row in rows]
        left = left[len(part) - len(words) :]
        if not left:
            return lines
        lines.append("")


def _line(row: Sequence[str], part: Sequence[int], sizes: Sequence[int], num_words: int) -> str:
    cells: list[str] = []
    for place in part:
        blanks = " " * (sizes[place] - cell_len(row[place]))
        cells.append(row[place] + blanks if place < num_words else blanks + row[place])
    return _GAP.join(cells).rstrip()
