"""Open a recorded run in the Run screen, let the feed look, read what is painted."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, cast

from mcworkbench.app import WorkbenchApp
from mcworkbench.folders import stages_root
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.screens.run.screen import RunScreen
from tests.screens.pilots import wait_for
from tests.screens.recorded import run_id_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from textual.message import Message
    from textual.pilot import Pilot
    from textual.widget import Widget

FULL, LARGE, SMALL = (120, 36), (160, 48), (80, 24)


@contextlib.asynccontextmanager
async def opened(
    name: str,
    size: tuple[int, int] = FULL,
    *,
    hook: Callable[[Message], None] | None = None,
) -> AsyncGenerator[tuple[WorkbenchApp, RunScreen, Pilot[str]]]:
    app = WorkbenchApp(run_id_of(name), is_polling=False)
    async with app.run_test(size=size, message_hook=hook) as pilot:
        await wait_for(pilot, lambda: isinstance(app.front, RunScreen))
        screen = cast("RunScreen", app.front)
        await look(app, pilot)
        await wait_for(pilot, lambda: screen.target() is not None)
        await pilot.pause()
        yield app, screen, pilot


async def look(app: WorkbenchApp, pilot: Pilot[str]) -> None:
    app.feed.tick()
    await pilot.pause()


def document(name: str, node: str, file: str) -> dict[str, Any]:
    run = RunFolder(run_id_of(name)).document()
    assert run is not None
    return json.loads((stages_root() / run.nodes[node].key / file).read_text())


def painted(widget: Widget) -> str:
    """Return what stands on the screen where the widget is, with its border and children."""
    strips, region = widget.screen._compositor.render_strips(), widget.region
    shown = strips[region.y : region.bottom]
    return "\n".join(strip.crop(region.x, region.right).text for strip in shown)
