"""Wait on what the app shows, never on the clock."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

_LIMIT_S = 20.0
_STEP_S = 0.02


async def wait_for(pilot: Pilot[Any], predicate: Callable[[], object], what: str = "") -> None:
    """Return once `predicate()` holds; fail with `what` after twenty seconds."""
    ends_s = time.monotonic() + _LIMIT_S
    while not predicate():
        assert time.monotonic() < ends_s, f"never came true: {what or predicate}"
        await asyncio.sleep(_STEP_S)
        await pilot.pause()


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys one after the other, each handled before the next."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
