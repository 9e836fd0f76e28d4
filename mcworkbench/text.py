"""Make text from outside harmless before it is stored or shown.

Names, messages and file contents may carry escape sequences, bidirectional controls or
megabytes; `clean` is applied where they come in, so no later reader has to remember it.
"""

from __future__ import annotations

import re

PROGRAM = "mcworkbench"
MAX_CHARACTERS = 4000
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]"
    "|[\ud800-\udfff]"
)


def clean(text: str, *, limit: int = MAX_CHARACTERS) -> str:
    """Return `text` with control, bidi and surrogate characters made visible, capped at `limit`.

    Newline and tab stay. A replaced character shows as its code point, e.g. `<1b>` for ESC.
    """
    shown = _HOSTILE.sub(lambda match: f"<{ord(match[0]):02x}>", text[: limit + 1])
    return shown if len(text) <= limit and len(shown) <= limit else shown[: limit - 1] + "…"


def clean_line(text: str, *, limit: int = 200) -> str:
    """Return `text` as one harmless line, for labels and table cells."""
    return clean(" ".join(text.split()), limit=limit)
