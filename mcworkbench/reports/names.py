"""What tables, legends and plots call a path: "Bézier, 1 bend, epoch 4", or short "Bézier (1) @ 4".

Pure; called by `reports.scored` and the app's pictures.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

# A stored path that is a chain through networks, not a trained curve.
SEGMENTS = "segments"
_WORDS = {"bezier": "Bézier", "polychain": "polygonal chain"}
_SHORT = {"bezier": "Bézier", "polychain": "chain"}
_SNAPSHOT = re.compile(r"@([\w.:-]+)$")
_NUM_ENDS = 2


def curve_name(curve: str, num_bends: int | None, snapshot: str) -> str:
    """Return a curve in words: its kind, its bends, and which moment of its training it is."""
    if curve == SEGMENTS and num_bends is not None:
        return "straight segment" if num_bends == 0 else f"chain of {num_bends + 1} segments"
    parts = [_WORDS.get(curve, curve)]
    if num_bends is not None:
        parts.append(f"{num_bends} bend" if num_bends == 1 else f"{num_bends} bends")
    if snapshot:
        parts.append(f"epoch {snapshot}" if snapshot.isdecimal() else snapshot)
    return ", ".join(parts)


def short_curve_name(curve: str, num_bends: int | None, snapshot: str) -> str:
    """Return the same where there is little room: "Bézier (1) @ 4"."""
    if curve == SEGMENTS and num_bends is not None:
        return f"{num_bends + 1} segment{'s' * (num_bends > 0)}"
    name = _SHORT.get(curve, curve)
    counted = name if num_bends is None else f"{name} ({num_bends})"
    return f"{counted} @ {snapshot}" if snapshot else counted


def snapshot_of(*references: str) -> str:
    """Return the epoch or word behind '@' in the first name that has one, else ''."""
    found = (_SNAPSHOT.search(reference) for reference in references)
    return next((match[1] for match in found if match), "")


def end_roles(inputs: Iterable[str]) -> tuple[str, str]:
    """Return the roles of a path's two ends among its inputs; a chain counts its points."""
    num_points = sum(role.startswith("point-") for role in inputs)
    return ("point-1", f"point-{num_points}") if num_points else ("first", "last")


def num_bends(options: dict[str, Any], stored: dict[str, Any]) -> int | None:
    """Return the inner nodes of a curve by its stage's options or its table, None if unknown."""
    nodes = stored.get("num_nodes") or options.get("nodes")
    if isinstance(nodes, int):
        return nodes - _NUM_ENDS
    bends = options.get("bends")
    return bends if isinstance(bends, int) else None
