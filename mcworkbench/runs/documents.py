"""Read JSON documents that may be damaged, hostile or of a later version.

Used by everything in this room that opens a file it did not just write: a value of the wrong
type becomes an empty one, text becomes harmless, and nothing raises.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from mcworkbench.folders import read_json
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from pathlib import Path


def read_document(path: Path) -> dict[str, Any]:
    """Return the JSON object at `path`, or an empty dict where there is none."""
    try:
        return mapping(read_json(path))
    except RecursionError:
        return {}


def mapping(value: Any) -> dict[str, Any]:
    """Return `value` where it is a JSON object, else an empty dict."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def line(value: Any) -> str:
    """Return `value` as one harmless line, or '' where it is not text."""
    return clean_line(value) if isinstance(value, str) else ""


def strings(value: Any) -> list[str]:
    """Return the texts of a JSON list, as they are."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str)]


def number(value: Any, default: float = 0.0) -> float:
    """Return `value` as a finite float, or `default` where it is not one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return default
    try:
        return float(value) if math.isfinite(value) else default
    except OverflowError:
        return default


def integer(value: Any) -> int:
    """Return `value` as an integer, or 0 where it is not a number."""
    return int(number(value))
