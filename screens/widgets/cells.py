"""Text in cells of a fixed width."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def fitted(text: str, width: int, *, is_right: bool = False) -> str:
    """Return a text as exactly `width` cells."""
    if cell_len(text) > width:
        text = set_cell_size(text, max(0, width - 1)).rstrip() + "…" * (width > 0)
    blanks = " " * (width - cell_len(text))
    return blanks + text if is_right else text + blanks
