"""Other ways to look at a run as pictures; test_snapshots.py says how to accept them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.screens.recorded import cut, recorded_home
from tests.screens.stills import SMALL, live, opened, pressed, shows, until

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.screens.stills import Camera, Steps


def view(name: str) -> Steps:
    def is_shown(screen: Any) -> bool:
        return screen.has_class(f"-{name}")

    return until(is_shown, "v")


def test_pictures_at_t(camera: Camera, home: Path) -> None:
    recorded_home(home, "pictures")
    assert camera(
        opened, pressed("home", "right", "right", "right"), shows("t 0.30"), run="pictures"
    )


def test_film_of_one_image_in_the_light_theme(camera: Camera, home: Path) -> None:
    recorded_home(home, "pictures")
    steps = (opened, pressed("f", "down"), shows("image 2 of 6"))
    assert camera(*steps, run="pictures", is_light=True)


def test_pictures_in_a_small_terminal(camera: Camera, home: Path) -> None:
    recorded_home(home, "pictures")
    assert camera(opened, shows("▸#1"), run="pictures", size=SMALL)


def test_strips_while_an_end_trains(camera: Camera, home: Path) -> None:
    recorded_home(home, "pictures")
    cut("pictures", "endpoint-2", 0.6)
    with live("pictures", "endpoint-2"):
        assert camera(opened, shows("▸#1"), run="pictures")


def test_codes_crossed_and_between(camera: Camera, home: Path) -> None:
    recorded_home(home, "pictures")
    assert camera(opened, view("codes"), shows("ends crossed"), run="pictures")


def test_confusion_at_t(camera: Camera, home: Path) -> None:
    recorded_home(home, "classes")
    assert camera(opened, view("confusion"), shows("% right"), run="classes")


def test_functions_along_the_curve(camera: Camera, home: Path) -> None:
    recorded_home(home, "functions")
    assert camera(opened, view("functions"), shows("networks along t"), run="functions")
