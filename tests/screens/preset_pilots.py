"""Drive the Presets mode: open it, go to a field, set it, read what shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.widgets import Input

from mcworkbench.app import WorkbenchApp
from mcworkbench.screens.presets.field_list import FieldList
from mcworkbench.screens.presets.preset_list import PresetList
from mcworkbench.screens.presets.screen import PresetsScreen
from tests.screens.pilots import press, wait_for

if TYPE_CHECKING:
    from textual.pilot import Pilot


def new_app() -> WorkbenchApp:
    return WorkbenchApp(is_polling=False)


def workbench(pilot: Pilot[Any]) -> WorkbenchApp:
    assert isinstance(pilot.app, WorkbenchApp)
    return pilot.app


async def opened(pilot: Pilot[Any]) -> PresetsScreen:
    """Go to the mode and wait until a preset and its check show."""
    await press(pilot, "3")
    screen = pilot.app.screen
    assert isinstance(screen, PresetsScreen)
    await wait_for(pilot, lambda: screen.draft is not None, "a preset is chosen")
    await wait_for(pilot, lambda: screen.query_one(PresetList).has_focus, "the list has the focus")
    return screen


def shown(pilot: Pilot[Any], selector: str = "Screen") -> str:
    """Return the text of the screen, or of the columns and rows of one widget."""
    app = pilot.app
    region = app.screen.region if selector == "Screen" else app.screen.query_one(selector).region
    # Markup that was obeyed, or an escape that got through, would be missing or seen here.
    strips = app.screen._compositor.render_strips()
    return "\n".join(
        strip.crop(region.x, region.right).text for strip in strips[region.y : region.bottom]
    )


async def type_text(pilot: Pilot[Any], text: str) -> None:
    names = {".": "full_stop", "-": "minus", " ": "space", ",": "comma", "_": "underscore"}
    await press(pilot, *(names.get(letter, letter) for letter in text))


async def find_field(pilot: Pilot[Any], dotted: str) -> None:
    await press(pilot, "slash")
    await type_text(pilot, dotted)
    await press(pilot, "enter")
    row = pilot.app.screen.query_one(FieldList).row
    assert row is not None
    assert row.dotted == dotted


def go_to_field(pilot: Pilot[Any], dotted: str) -> None:
    fields = pilot.app.screen.query_one(FieldList)
    assert fields.go_to(tuple(dotted.split(".")))


async def set_field(pilot: Pilot[Any], dotted: str, typed: str) -> None:
    go_to_field(pilot, dotted)
    await press(pilot, "enter")
    value = pilot.app.screen.query_one("#value", Input)
    assert value.has_focus
    value.value = typed
    await press(pilot, "enter")


def words_in(pilot: Pilot[Any], selector: str) -> str:
    """Return what a widget shows without its frame and its line ends."""
    return " ".join(shown(pilot, selector).replace("│", " ").replace("┃", " ").split())
