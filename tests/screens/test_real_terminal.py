"""The app in a real terminal: it paints, resizes, leaves, crashes and dies as a user meets it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.screens.recorded import recorded_home
from tests.screens.terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def loaded_libraries(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


def test_it_paints_resizes_and_gives_the_shell_back(home: Path) -> None:
    with Terminal(120, 36, home=home) as terminal:
        terminal.workbench()
        terminal.wait("[1 Runs]", "? Help")
        terminal.resize(80, 24)
        terminal.wait("1·Runs")
        terminal.press("q")
        terminal.wait_for_prompt()
        terminal.type("echo still-here")
        terminal.press("Enter")
        terminal.wait("\nstill-here")


def test_its_process_loads_no_torch(home: Path) -> None:
    with Terminal(120, 36, home=home) as terminal:
        terminal.workbench()
        terminal.wait("[1 Runs]")
        for key, word in (("3", "[3 Presets]"), ("2", "[2 Run]")):
            terminal.type(key)
            terminal.wait(word)
        (pid,) = terminal.app_pids()
        libraries = loaded_libraries(pid)
        assert "libpython" in libraries or "python" in libraries
        assert "torch" not in libraries


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_it_with_the_terminal_as_it_was(home: Path, number: signal.Signals) -> None:
    with Terminal(80, 24, home=home) as terminal:
        terminal.workbench()
        terminal.wait("1·Runs")
        (pid,) = terminal.app_pids()
        os.kill(pid, number)
        terminal.wait_for_prompt()
        terminal.type("echo back")
        terminal.press("Enter")
        terminal.wait("\nback")


def test_it_is_readable_with_256_colours(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORTERM", raising=False)
    with Terminal(80, 24, home=home) as terminal:
        terminal.workbench()
        terminal.wait("1·Runs")
        raw = terminal.raw()
        assert "\x1b[38;5;" in raw
        assert "38;2;" not in raw


def test_a_crash_is_one_sentence_and_the_traceback_goes_to_a_file(home: Path) -> None:
    breaking = (
        "from mcworkbench.screens.runs.screen import RunsScreen\n"
        "def broken(self, rows): raise KeyError('of ours')\n"
        "RunsScreen.show_rows = broken\n"
        "from mcworkbench.cli.entry import enter; enter([])\n"
    )
    script = home.parent / "broken.py"
    script.write_text(breaking)
    with Terminal(120, 30, home=home) as terminal:
        terminal.type(f"{sys.executable} {script}")
        terminal.press("Enter")
        shown = terminal.wait("unexpected KeyError", "runs go on without the app")
        assert "Traceback" not in shown
        log = home / "data" / "app-crash.log"
        assert "KeyError: 'of ours'" in log.read_text()


def test_without_a_terminal_there_is_help_and_open_says_what_works() -> None:
    import subprocess

    words = [sys.executable, "-m", "mcworkbench"]
    alone = subprocess.run(words, capture_output=True, text=True, check=False, stdin=-3)
    assert alone.returncode == 0
    assert "Usage" in alone.stdout
    opened = subprocess.run([*words, "open"], capture_output=True, text=True, check=False, stdin=-3)
    assert opened.returncode == 2
    assert "needs a terminal" in opened.stderr


@pytest.mark.parametrize("is_plain", [False, True], ids=["colours", "ink"])
def test_pictures_change_with_t(
    home: Path, monkeypatch: pytest.MonkeyPatch, *, is_plain: bool
) -> None:
    if is_plain:
        monkeypatch.setenv("NO_COLOR", "1")
    recorded_home(home, "pictures")
    with Terminal(120, 36, home=home) as terminal:
        terminal.workbench("open", "pictures")
        terminal.wait("Reconstructions", "space plays")
        terminal.press("Home")
        first = terminal.wait("‖ t 0.00")
        coloured = terminal.raw()
        terminal.press("Right", "Right", "Right")
        later = terminal.wait("‖ t 0.30")
        assert ("▀" in first) is not is_plain
        assert ("@" in first) is is_plain
        # The pictures of the curve, their numbers left out.
        place = next(row for row, text in enumerate(first.splitlines()) if text[1:6] == "curve")
        screens = (first, later) if is_plain else (coloured, terminal.raw())
        before, after = ("\n".join(s.splitlines()[place : place + 4]) for s in screens)
        assert before != after
