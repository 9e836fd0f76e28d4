"""Panes of other ways to look at a run, each in an app of its own; made-up arrays for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np
from textual import on
from textual.app import App
from textual.containers import Vertical

import mcworkbench
from mcworkbench.runs.views import RunView
from mcworkbench.screens.pictures.build import picture_of
from mcworkbench.screens.pictures.looks import ALONG, Classified, Reconstructions
from mcworkbench.screens.run.parts import PositionMoved
from mcworkbench.screens.themes import DARK, LIGHT
from tests.screens.pilots import press, wait_for
from tests.screens.run_pilots import painted

if TYPE_CHECKING:
    from typing import Any, TypeVar

    from textual.app import ComposeResult
    from textual.pilot import Pilot
    from textual.widget import Widget

    from mcworkbench.screens.pictures.looks import PairLooks
    from mcworkbench.screens.run.parts import AbstractPart
    from mcworkbench.screens.run.screen import RunScreen

    Part = TypeVar("Part", bound=AbstractPart)

_STYLES = Path(mcworkbench.__file__).parent / "screens" / "styles"
HOSTILE = "\x1b[31m[red]evil[/red][@click=app.quit]x[/]\u202e界" + "ab" * 60


@final
class Panes(App[None]):
    """Any panes above one another; notes every position that one of them told."""

    CSS_PATH = [  # noqa: RUF012
        _STYLES / f"{name}.tcss" for name in ("shared", "chart", "run", "looks")
    ]

    def __init__(self, *panes: Widget) -> None:
        super().__init__()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name
        self.panes = panes
        self.told: list[float] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield from self.panes

    @on(PositionMoved)
    def note(self, event: PositionMoved) -> None:
        self.told.append(event.t)


def reconstructions(
    num_positions: int = 11,
    num_images: int = 8,
    side: int = 8,
    *,
    name: str = "curve",
    axis: str = ALONG,
    is_line: bool = False,
) -> Reconstructions:
    """Images that brighten from left to right, and outputs whose brightness is the position."""
    ramp = np.linspace(0, 255, side).astype(np.uint8)
    inputs = np.broadcast_to(ramp[None, None, :, None], (num_images, side, side, 1)).copy()
    levels = np.linspace(0, 255, num_positions).astype(np.uint8)
    outputs = np.broadcast_to(
        levels[:, None, None, None, None], (num_positions, num_images, side, side, 1)
    ).copy()
    positions = np.linspace(0, 1, num_positions) if axis == ALONG else np.arange(num_positions)
    mse = np.linspace(0.01, 0.02, num_positions * num_images).reshape(num_positions, num_images)
    return Reconstructions(
        name,
        axis,
        is_line,
        tuple(positions.tolist()),
        inputs,
        outputs,
        mse,
        np.arange(num_images) % 10,
    )


def classified(
    num_classes: int = 10, num_positions: int = 5, *, is_line: bool = False
) -> Classified:
    """A path on which ever more of every class is taken for the next one."""
    right = np.linspace(90, 50, num_positions).astype(int)
    counts = np.zeros((num_positions, num_classes, num_classes), dtype=np.int32)
    for place, count in enumerate(right):
        for label in range(num_classes):
            counts[place, label, label] = count
            counts[place, label, (label + 1) % num_classes] = 100 - count
    grid = np.linspace(0, 1, 101)
    density = np.broadcast_to(grid**4, (num_positions, num_classes, 101)).astype(np.float32)
    mean = np.broadcast_to(right[:, None] / 100, (num_positions, num_classes)).astype(float)
    ts = tuple(np.linspace(0, 1, num_positions).tolist())
    return Classified("line" if is_line else "curve", is_line, ts, counts, density, mean)


def part_of(screen: RunScreen, kind: type[Part]) -> Part:
    """Return one of the ways to look at a run."""
    return next(part for part in screen.parts if isinstance(part, kind))


def looks_of(run_id: str) -> PairLooks:
    """Return what the first pair of a run shows besides numbers."""
    return picture_of(RunView(run_id)).looks[0]


async def view(screen: RunScreen, pilot: Pilot[Any], name: str) -> None:
    """Press v until a way to look at the run shows."""
    for _ in range(8):
        if screen.has_class(f"-{name}"):
            break
        await press(pilot, "v")
    assert screen.has_class(f"-{name}"), f"v never leads to {name}"
    await pilot.pause()


async def shows(pilot: Pilot[Any], pane: Any, text: str) -> None:
    """Wait until a pane shows a text."""

    def is_there() -> bool:
        return text in painted(pane)

    await wait_for(pilot, is_there, text)
