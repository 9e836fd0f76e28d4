"""The list of runs as tests look at it: what it shows, what was said, which dialog is open."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from mcworkbench.runs.state import State
from mcworkbench.screens.dialogs.choice import ChoiceDialog
from mcworkbench.screens.pictures.run_row import RunRow
from mcworkbench.screens.runs.pane import RunsPane
from tests.screens.pilots import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.pilot import Pilot

    from mcworkbench.app import WorkbenchApp


def screen_text(app: App[Any]) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def pane_of(app: App[Any]) -> RunsPane:
    return app.screen_stack[0].query_one(RunsPane)


def listed(app: App[Any]) -> list[str]:
    return [row.name for row in pane_of(app).list.rows]


async def look(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Let the app see the disk as it is now."""
    app.feed.tick()
    await pilot.pause()


async def opened(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    app.feed.tick()
    await wait_for(pilot, lambda: app.has_heard and app.focused is pane_of(app).list, "the list")


def many_rows(count: int) -> tuple[RunRow, ...]:
    return tuple(
        RunRow(
            f"20260101-120000-curve-{place:06}", f"run-{place}", "curve", "A title", State.done,
            "", 1.0, None, "curve max test error 2.22 %", "2.22 %", 0.0222, None, "",
            1e9 - place, 7, 7,
        )
        for place in range(count)
    )  # fmt: skip


def said(app: WorkbenchApp) -> list[str]:
    return [text for _, text, _ in app.told]


async def wait_long(pilot: Pilot[Any], predicate: Callable[[], object]) -> None:
    """Wait for a child that has to load torch or matplotlib on a busy machine."""
    for _ in range(2):
        with contextlib.suppress(AssertionError):
            await wait_for(pilot, predicate)
            return
    await wait_for(pilot, predicate)


async def dialog(app: WorkbenchApp, pilot: Pilot[Any], kind: type = ChoiceDialog) -> Any:
    await wait_for(pilot, lambda: isinstance(app.screen, kind), kind.__name__)
    await pilot.pause()
    return app.screen
