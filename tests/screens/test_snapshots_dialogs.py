"""Dialogs as pictures; test_snapshots.py says how to accept them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.command import CommandPalette

from mcworkbench.reports.markdown import markdown_report
from mcworkbench.reports.summary import collect
from mcworkbench.runs.views import RunView
from mcworkbench.screens.dialogs.choice import ChoiceDialog
from mcworkbench.screens.dialogs.help import HelpDialog
from mcworkbench.screens.dialogs.log import LogDialog
from mcworkbench.screens.dialogs.report import ReportDialog, WrittenReport
from tests.screens.pilots import wait_for
from tests.screens.recorded import cut, recorded_home
from tests.screens.stills import SMALL, dialog, listed, live, opened, pressed, previewed, typed

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from mcworkbench.app import WorkbenchApp
    from tests.screens.stills import Camera


async def found(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
    """Wait until the palette has searched."""
    palette = app.screen
    assert isinstance(palette, CommandPalette)
    await wait_for(pilot, lambda: palette._list_visible and not palette._show_busy, "the search")


def test_dialog_that_stops_a_run(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    cut("quickstart", "curve", 0.5)
    with live("quickstart", "curve"):
        assert camera(opened, pressed("X"), dialog(ChoiceDialog), run="quickstart")


def test_dialog_that_deletes_marked_runs(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart", "diverges", "half-way")
    steps = pressed("home", "space", "down", "space")
    assert camera(listed, steps, previewed, pressed("d"), dialog(ChoiceDialog), size=SMALL)


def test_help_on_a_chart(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    assert camera(opened, pressed("question_mark"), dialog(HelpDialog), run="quickstart")


def test_palette_with_a_query(camera: Camera, home: Path) -> None:
    recorded_home(home, "quickstart")
    steps = (pressed("colon"), dialog(CommandPalette), typed("crosshair"), found)
    assert camera(opened, *steps, run="quickstart")


def test_log_of_a_run_that_failed(camera: Camera, home: Path) -> None:
    recorded_home(home, "diverges")
    assert camera(opened, pressed("L"), dialog(LogDialog), run="diverges")


def test_report_of_a_run(camera: Camera, home: Path) -> None:
    view = RunView(recorded_home(home, "quickstart")["quickstart"])
    # Without its figures, which another process draws.
    text = markdown_report(collect(view), (), {})

    async def read(app: WorkbenchApp, pilot: Pilot[Any]) -> None:
        report = WrittenReport(text, Path("reports/quickstart/report.html"))
        app.push_screen(ReportDialog("quickstart", report))
        await dialog(ReportDialog)(app, pilot)

    assert camera(opened, read, run="quickstart")
