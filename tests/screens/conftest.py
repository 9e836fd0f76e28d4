"""The camera that takes pictures of the app; other tests of screens do not use it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, TextArea

from mcworkbench.screens.pictures.load import MachineLook
from mcworkbench.screens.runs.pane import RunsPane
from tests.screens.stills import MACHINE, Camera, now_s

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from mcworkbench.screens.pictures.machine import MachinePicture


@pytest.fixture
def camera(snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> Generator[Camera]:
    """Return a camera for an app in which time, load and cursors stand still."""

    def rest(*_: Any) -> None:
        return None

    def load(_: MachineLook) -> MachinePicture:
        return MACHINE

    monkeypatch.setattr(Input, "_toggle_cursor", rest)
    monkeypatch.setattr(TextArea, "_toggle_cursor_blink_visible", rest)
    monkeypatch.setattr(MachineLook, "picture", load)
    # Ages in the list, and everything that asks the module itself.
    monkeypatch.setitem(RunsPane.__init__.__kwdefaults__ or {}, "wall_s", now_s)
    monkeypatch.setattr(time, "time", now_s)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield Camera(snap_compare)
    monkeypatch.undo()
    time.tzset()
