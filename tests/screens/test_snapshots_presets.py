"""The Presets mode as a picture; test_snapshots.py says how to accept them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.config import presets
from mcworkbench.screens.dialogs.choice import ChoiceDialog
from mcworkbench.screens.presets.dialogs import DiffDialog
from tests.screens.preset_pilots import go_to_field, set_field
from tests.screens.recorded import recorded_home
from tests.screens.stills import SMALL, at_presets, dialog, planned, pressed, shows

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from mcworkbench.app import WorkbenchApp
    from tests.screens.stills import Camera


# A picture is of these, however many presets are shipped by now.
SHIPPED = (
    "own-checkpoints",
    *(f"preresnet164-cifar{n}-{c}" for n in (10, 100) for c in ("bezier", "polychain")),
    "preresnet20-cifar10-quarter-hour",
    "preresnet8-digits-minute",
    "quickstart",
    "vgg16-cifar10-minute",
    *(f"vgg16-cifar{n}-{c}" for n in (10, 100) for c in ("bezier", "polychain")),
)


@pytest.fixture(autouse=True)
def _few_presets(monkeypatch: pytest.MonkeyPatch) -> None:
    every = presets.preset_files

    def few() -> dict[str, Path]:
        shipped = presets.shipped_root()
        found = every().items()
        return {name: path for name, path in found if path.parent != shipped or name in SHIPPED}

    monkeypatch.setattr(presets, "preset_files", few)


async def edited(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Change two keys, so that some stages are reused and others are not."""
    await pressed("enter")(app, pilot)
    await set_field(pilot, "evaluate.points", "41")
    await set_field(pilot, "curve.bends", "2")
    await planned(app, pilot)


async def broken(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Give two keys values that they cannot have."""
    await pressed("enter")(app, pilot)
    await set_field(pilot, "evaluate.points", "1")
    await set_field(pilot, "train.lr", "-1")
    go_to_field(pilot, "train.lr")


def test_preset_as_shipped(camera: Camera) -> None:
    assert camera(at_presets)


def test_preset_with_edits(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(at_presets, edited)


def test_preset_with_edits_in_the_light_theme(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(at_presets, edited, pressed("enter"), is_light=True)


def test_preset_with_problems(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(at_presets, broken, shows("2 problems"))


def test_preset_as_text(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(at_presets, pressed("t"))


def test_presets_in_a_small_terminal(camera: Camera) -> None:
    assert camera(at_presets, size=SMALL)


def test_form_in_a_small_terminal(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(at_presets, edited, size=SMALL)


def test_differences_of_a_preset(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(at_presets, edited, pressed("D"), dialog(DiffDialog))


def test_leaving_with_edits(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(at_presets, edited, pressed("q"), dialog(ChoiceDialog))
