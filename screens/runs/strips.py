"""Lines of the list of runs as styled pieces of plain text; names never become markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from mcworkbench.reports.bars import filled_columns
from mcworkbench.screens.run.words import LOOKS
from mcworkbench.screens.runs.columns import (
    BAR,
    BAR_COLUMNS,
    GAP,
    NAME,
    NUM_LEAD,
    STATE,
    cells_of,
    sign_of,
)
from mcworkbench.screens.widgets.cells import fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.style import Style

    from mcworkbench.screens.pictures.run_row import RunRow
    from mcworkbench.screens.runs.columns import Column

STYLES = ("cursor", "cursor-blurred", "mark", "name", "number", "quiet", "hatch", "sentence", "key")
STATE_STYLES = tuple(sorted(set(LOOKS.values())))
_HATCH = "╱ "


def run_pieces(
    row: RunRow,
    columns: Sequence[Column],
    width: int,
    now_s: float,
    *,
    look: Callable[[str], Style],
    is_marked: bool,
    is_cursor: bool,
) -> list[tuple[str, Style]]:
    """Return the texts of a run's line, each with its style.

    Args:
        row: the run.
        columns: where its cells stand.
        width: of the line; only an unreadable run needs it.
        now_s: the wall clock, for its age.
        look: the style of a name in `STYLES` and `STATE_STYLES`.
        is_marked: the user marked it.
        is_cursor: the cursor stands on it.
    """
    state, mark = look("failed" if row.problem else LOOKS[row.state]), look("mark")
    lead = [
        ("▸" if is_cursor else " ", mark),
        ("*" if is_marked else " ", mark),
        (f"{sign_of(row)} ", state),
    ]
    if row.problem:
        return [*lead, (fitted(f"unreadable: {row.id}", width - NUM_LEAD), state)]
    quiet = look("quiet")
    looks = {NAME: look("name"), STATE: state, "best": look("number"), "ETA": look("number")}
    found: list[tuple[str, Style]] = []
    for column, cell in zip(columns, cells_of(row, columns, now_s), strict=True):
        if column.name == BAR:
            done = filled_columns(row.fraction, BAR_COLUMNS)
            found += [(cell[:done], state), (cell[done:], quiet)]
        else:
            found.append((cell, looks.get(column.name, quiet)))
        found.append((" " * GAP, quiet))
    return [*lead, *found[:-1]]


def strip_of(pieces: Sequence[tuple[str, Style]], width: int, base: Style) -> Strip:
    """Return pieces as a line of `width` cells on the background of `base`."""
    segments = [Segment(text, base + style) for text, style in pieces]
    return Strip(Segment.adjust_line_length(segments, width, style=base), width)


def empty_pieces(
    sentences: Sequence[tuple[str, str]],
    y: int,
    width: int,
    height: int,
    *,
    look: Callable[[str], Style],
) -> list[tuple[str, Style]]:
    """Return line `y` of a hatched pane with sentences in its middle; without any it is blank."""
    place = y - max(0, (height - len(sentences)) // 2)
    if not sentences:
        return []
    if not -1 <= place <= len(sentences):
        return [((_HATCH * width)[y % 2 : y % 2 + width], look("hatch"))]
    what, key = sentences[place] if 0 <= place < len(sentences) else ("", "")
    pressed = f"{key}  " if key else ""
    what = fitted(what, min(cell_len(what), max(0, width - cell_len(pressed))))
    left = max(0, (width - cell_len(pressed) - cell_len(what)) // 2)
    return [(" " * left, look("quiet")), (pressed, look("key")), (what, look("sentence"))]
