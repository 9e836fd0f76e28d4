"""Pictures of the whole app that are the same on every machine and at every hour.

A `Camera`, the fixture `camera`, opens the app on what the test wrote into its home, lets it do
`steps`, waits until nothing on the screen changes any more, and compares with what a person
accepted. Clocks, time zone, load, cursors and animations stand still; runs are recorded ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, cast, final

from textual.widgets import Input

from mcworkbench.app import WorkbenchApp
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.screens.pictures.machine import MachinePicture
from mcworkbench.screens.presets.screen import PresetsScreen
from mcworkbench.screens.run.screen import RunScreen
from mcworkbench.screens.runs.screen import RunsScreen
from mcworkbench.screens.themes import LIGHT
from tests.screens.lists import screen_text
from tests.screens.pilots import wait_for
from tests.screens.recorded import NOW_S, hold, run_id_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from typing import TypeAlias

    from textual.pilot import Pilot

    Steps: TypeAlias = Callable[[WorkbenchApp, Pilot[Any]], Awaitable[None]]

FULL, LARGE, SMALL = (120, 36), (160, 48), (80, 24)
# What a supervisor says while another run has the only slot.
WAITS = "waiting for a free slot on cpu (used by 20251120-104409-curve-twh7hs)"
_GIB = 2**30
MACHINE = MachinePicture(
    "gpu0", 0.71, 38 * _GIB, 141 * _GIB, (0.05, 0.3, 0.55, 0.9, 0.95, 0.85, 0.7, 0.71)
)
# As many looks in a row must find the same picture, so far apart.
_NUM_SAME, _APART_S, _LIMIT_S = 5, 0.06, 20.0


def now_s() -> float:
    """Return the time at which all pictures are taken."""
    return NOW_S


@final
class Camera:
    """Takes one picture of one app; a test asserts what it returns."""

    def __init__(self, compare: Callable[..., bool]) -> None:
        """Compare by the fixture `snap_compare`."""
        self._compare = compare

    def __call__(
        self,
        *steps: Steps,
        size: tuple[int, int] = FULL,
        run: str = "",
        is_light: bool = False,
    ) -> bool:
        """Return whether the app looks as it was accepted.

        Args:
            steps: what to do before the picture, in this order.
            size: columns and rows.
            run: the name of a recorded run to open at once, '' for the list.
            is_light: take the light theme.
        """
        run_id = run_id_of(run) if run else ""
        app = WorkbenchApp(run_id, clock_s=now_s, wall_s=now_s, is_polling=False)
        app.animation_level = "none"
        _export_lean(app)
        if is_light:
            app.theme = LIGHT.name

        async def prepare(pilot: Pilot[Any]) -> None:
            for step in steps:
                await step(app, pilot)
            app.clear_notifications()
            await _come_to_rest(app, pilot)

        return self._compare(app, terminal_size=size, run_before=prepare)


def _export_lean(app: WorkbenchApp) -> None:
    exported = app.export_screenshot

    def export(*, title: str | None = None, simplify: bool = False) -> str:
        return lean(exported(title=title, simplify=simplify))

    # What compares offers no place in between, and the class is not to be derived from.
    app.export_screenshot = export


async def _come_to_rest(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Return once nothing on the screen changes any more."""
    ends_s = time.monotonic() + _LIMIT_S
    last, num_same = "", 0
    while num_same < _NUM_SAME:
        assert time.monotonic() < ends_s, "the screen does not come to rest"
        await asyncio.sleep(_APART_S)
        await pilot.pause()
        shown = repr(app.screen._compositor.render_strips())
        num_same = num_same + 1 if shown == last else 0
        last = shown


_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_LINE_CLIP = re.compile(
    r'<clipPath id="[^"]*-line-\d+">.*?</clipPath>\s*| clip-path="url\(#[^"]*-line-\d+\)"',
    re.DOTALL,
)
_RECT = re.compile(
    r'<rect fill="(\S+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"'
    r' shape-rendering="crispEdges"/>'
)
_TOUCH = 0.05
_MOST_PRESSES = 12


def lean(svg: str) -> str:
    """Return a picture that looks the same at a third of the size, one element per line.

    What falls away: addresses of fonts to load, clips of lines, one rectangle per piece of text
    where neighbours have the same colour. What most of the screen has becomes one rectangle.
    """
    svg = _LINE_CLIP.sub("", _FONT_FACE.sub("", svg))
    found = [(m[1], *map(float, m.groups()[1:])) for m in _RECT.finditer(svg)]
    share: Counter[str] = Counter()
    for fill, _x, _y, width, _height in found:
        share[fill] += round(width)
    (ground, _), *_ = share.most_common(1)
    right = max(x + width for _, x, _, width, _ in found)
    bottom = max(y + height for _, _, y, _, height in found)
    merged: list[tuple[str, float, float, float, float]] = [(ground, 0.0, 0.0, right, bottom)]
    for fill, x, y, width, height in found:
        last = merged[-1]
        if (fill, y) == (last[0], last[2]) and abs(last[1] + last[3] - x) < _TOUCH:
            merged[-1] = (fill, last[1], y, round(last[3] + width, 1), height)
        elif fill != ground:
            merged.append((fill, x, y, width, height))
    drawn = "\n".join(
        f'<rect fill="{fill}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"/>'
        for fill, x, y, width, height in merged
    )
    first = _RECT.search(svg)
    assert first is not None
    rest = _RECT.sub("", svg[first.end() :])
    style = "    rect { shape-rendering: crispEdges }\n    </style>"
    head = svg[: first.start()].replace("    </style>", style)
    return (
        (head + drawn + rest).replace("&#160;", "\u00a0").replace("</text><text", "</text>\n<text")
    )


# What most pictures begin with.


@contextlib.contextmanager
def live(name: str, *nodes: str, waits: str = "") -> Generator[None]:
    """Let a recorded run look alive for half a minute: at stages, or waiting for something."""
    run = RunFolder(run_id_of(name))
    with hold(name, *nodes):
        run.say_waiting(waits)
        os.utime(run.lock_path, (NOW_S - 30, NOW_S - 30))
        yield


def pressed(*keys: str) -> Steps:
    """Press keys."""

    async def press(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
        del app
        await pilot.press(*keys)
        await pilot.pause()

    return press


def typed(text: str) -> Steps:
    """Put a text into the line that is typed in."""

    async def put(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
        await wait_for(pilot, lambda: isinstance(app.screen.focused, Input), "a line to type in")
        cast("Input", app.screen.focused).value = text
        await pilot.pause()

    return put


async def listed(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Read the home; the list is drawn, and what its cursor stands on is previewed."""
    app.feed.tick()
    await wait_for(pilot, lambda: app.has_heard, "the list")
    await previewed(app, pilot)


async def previewed(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Wait for the preview of the run under the cursor."""
    screen = cast("RunsScreen", app.front)
    assert isinstance(screen, RunsScreen)
    await pilot.pause()

    def is_shown() -> bool:
        row, picture = screen.target(), screen._picture
        if row is None or row.problem:
            return True
        if picture is None or picture.row.id != row.id:
            app.feed.tick()
            return False
        return True

    await wait_for(pilot, is_shown, "the preview")


async def opened(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Read the run that is open and draw it."""
    await wait_for(pilot, lambda: isinstance(app.front, RunScreen), "the Run mode")
    app.feed.tick()
    screen = cast("RunScreen", app.front)
    await wait_for(pilot, lambda: screen.target() is not None, "the run")
    await wait_for(pilot, lambda: screen.focused is not None, "the focus")


async def planned(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Wait until the check of the preset that shows is done."""
    screen = cast("PresetsScreen", app.front)

    def is_checked() -> bool:
        draft = screen.draft
        if draft is None:
            return False
        known = screen._planned is not None and screen._planned[0] == draft.text
        return known or bool(draft.checked.problems)

    await wait_for(pilot, is_checked, "the check")


async def at_presets(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Go to the Presets mode, where the first preset shows."""
    app.feed.tick()
    await wait_for(pilot, lambda: app.has_heard, "the list")
    await pilot.press("3")
    await wait_for(pilot, lambda: isinstance(app.front, PresetsScreen), "the Presets mode")
    screen = cast("PresetsScreen", app.front)
    await wait_for(pilot, lambda: screen.draft is not None, "a preset")
    await wait_for(pilot, lambda: screen.focused is not None, "the focus")
    await planned(app, pilot)


def dialog(kind: type) -> Steps:
    """Wait for a dialog of that class."""

    async def wait(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
        await wait_for(pilot, lambda: isinstance(app.screen, kind), kind.__name__)
        await wait_for(pilot, lambda: app.screen.focused is not None, "the focus")

    return wait


def shows(text: str) -> Steps:
    """Wait until `text` stands on the screen."""

    async def wait(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
        await wait_for(pilot, lambda: text in screen_text(app), text)

    return wait


def until(is_so: Callable[[Any], bool], key: str) -> Steps:
    """Press a key until something is so of the screen."""

    async def press(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
        for _ in range(_MOST_PRESSES):
            if is_so(app.screen):
                return
            await pilot.press(key)
            await pilot.pause()
        assert is_so(app.screen), f"{key} does not lead there"

    return press
