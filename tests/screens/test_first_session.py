"""A whole session by keys alone, in a real terminal with real training: edit, run, watch, stop,
leave, crash, come back, resume, read the report.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from mcworkbench.runs.index import list_runs
from mcworkbench.runs.state import State
from mcworkbench.runs.views import RunView
from tests.screens.terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks ps for the app's process")

EPOCHS = 400
BRAILLE = re.compile("[\u2801-\u28ff]")


def num_dots(screen: str) -> int:
    return len(BRAILLE.findall(screen))


def edit_and_run(terminal: Terminal) -> None:
    terminal.workbench()
    terminal.wait("no runs yet")
    terminal.type("3")
    terminal.wait("[3 Presets]", "Form · quickstart", "7 will")
    terminal.press("Enter")
    terminal.wait("┏━ Form")
    terminal.type("/")
    terminal.wait("part of a key")
    terminal.type("curve.epochs")
    terminal.wait("Passes over the training split")
    terminal.press("Enter")
    terminal.wait("⏎ Edit")
    terminal.press("Enter")
    terminal.wait("esc Drop")
    terminal.press("C-u")
    terminal.wait("empty: default 10")
    terminal.type(str(EPOCHS))
    terminal.press("Enter")
    terminal.wait(f"{EPOCHS}  ● was 60", f"curve.epochs={EPOCHS}")
    terminal.type("r")
    terminal.wait("[2 Run]", "quickstart  ● running")


def leave(terminal: Terminal) -> None:
    terminal.type("q")
    terminal.wait("Edits of presets are not saved")
    terminal.type("l")


def test_a_researcher_edits_runs_stops_leaves_and_comes_back(home: Path) -> None:
    with Terminal(120, 36, home=home) as terminal:
        edit_and_run(terminal)
        # The straight line shows while the curve forms under it.
        terminal.wait("probe points", "line, train nll", "train nll, probe")
        first = num_dots(terminal.screen())
        assert first > 40
        terminal.wait_until(lambda screen: "(train)" in screen, "a ghost of an earlier probe")

        terminal.type("X")
        terminal.wait("When shall quickstart stop?")
        terminal.type("n")
        terminal.wait("■ stopped", "stopped at")
        (line,) = list_runs()
        assert line.state is State.stopped
        reached = RunView(line.id).nodes["curve"].view.epochs[-1].epoch
        assert 0 < reached < EPOCHS

        leave(terminal)
        terminal.wait_for_prompt()
        with Terminal(120, 36, home=home) as second:
            second.workbench()
            second.wait("quickstart", "stopped")
            (pid,) = second.app_pids()
            os.kill(pid, signal.SIGKILL)
            second.wait_until(lambda screen: "Killed" in screen or "$" in screen, "the shell")

        terminal.workbench("open", "last")
        terminal.wait("[2 Run]", "■ stopped")
        terminal.type("R")
        terminal.wait("● running")
        terminal.wait("✓ done", "p writes a report", limit_s=180)
        view = RunView(line.id)
        curve = view.nodes["curve"].view
        assert [event.epoch for event in curve.epochs] == list(range(1, EPOCHS + 1))
        assert curve.attempts == 2

        terminal.type("p")
        shown = terminal.wait("report.html", "Report")
        assert "Traceback" not in shown
        # Runs were begun, opened, drawn and reported on: still nothing of torch in the process.
        (pid,) = terminal.app_pids()
        assert "torch" not in Path(f"/proc/{pid}/maps").read_text()
        terminal.press("Escape")
        terminal.wait("✓ done")
        terminal.type("q")
        terminal.wait_for_prompt()


def test_a_run_outlives_its_terminal_and_the_next_app_finds_it(home: Path) -> None:
    with Terminal(80, 24, home=home) as terminal:
        terminal.workbench()
        terminal.wait("no runs yet")
        terminal.press("Enter")
        terminal.wait("2·Run", "running")
        terminal.kill_server()
    with Terminal(80, 24, home=home) as other:
        other.workbench()
        other.wait("1·Runs", "quickstart")
        other.wait("✓ quickstart", limit_s=120)
    (line,) = list_runs()
    assert line.state is State.done


def test_leaving_says_what_goes_on(home: Path) -> None:
    with Terminal(120, 36, home=home) as terminal:
        edit_and_run(terminal)
        leave(terminal)
        terminal.wait("1 run goes on; `mcworkbench` finds")
        terminal.type(f"{sys.executable} -m mcworkbench stop last --now")
        terminal.press("Enter")
        terminal.wait("stops now, with a checkpoint")
