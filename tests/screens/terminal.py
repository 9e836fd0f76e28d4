"""A real terminal for tests: a tmux server of its own, keys in, the painted screen out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Self, final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
_LIMIT_S = 60.0
_STEP_S = 0.05


@final
class Terminal:
    """One tmux session of a fixed size, in which commands are typed as a user types them."""

    def __init__(self, columns: int, rows: int, *, home: Path) -> None:
        """Start a server with one shell in it, or skip the test where there is no tmux."""
        if shutil.which("tmux") is None:
            pytest.skip("tmux is not on this machine")
        self._socket = f"mcw-{uuid.uuid4().hex[:12]}"
        environment = {
            **os.environ,
            "MCWORKBENCH_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "PS1": "$ ",
            "TEXTUAL_ANIMATIONS": "none",
        }
        # A size in the environment would win over that of the terminal.
        for name in ("TMUX", "COLUMNS", "LINES"):
            environment.pop(name, None)
        size = ("-x", str(columns), "-y", str(rows))
        self._tmux("new-session", "-d", *size, "env PS1='$ ' sh", environment=environment)
        self._tmux("set-option", "-g", "escape-time", "10")

    def __enter__(self) -> Self:
        # What is typed ahead of the shell's first prompt stands before it, and that prompt would
        # later look like the one that follows the command.
        try:
            self.wait_for_prompt()
        except AssertionError:
            self.kill_server()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_server()

    def _tmux(self, *words: str, environment: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, "-f", "/dev/null", *words],
            capture_output=True, text=True, check=False, env=environment,
        )  # fmt: skip
        return done.stdout

    def workbench(self, *words: str) -> None:
        """Type the command that starts the workbench."""
        command = " ".join([sys.executable, "-m", "mcworkbench", *words])
        self._tmux("send-keys", "-l", command)
        self.press("Enter")

    def type(self, text: str) -> None:
        """Type characters as they are."""
        self._tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: "Enter", "Tab", "Escape", "C-r"."""
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self) -> str:
        """Return what is painted now, row by row."""
        return self._tmux("capture-pane", "-p")

    def raw(self) -> str:
        """Return what is painted now with the escape sequences of its colours."""
        return self._tmux("capture-pane", "-p", "-e")

    def kill_server(self) -> None:
        """End tmux and everything in its sessions, as a closed connection would."""
        self._tmux("kill-server")

    def wait(self, *texts: str, limit_s: float = _LIMIT_S) -> str:
        """Return the screen once all `texts` are on it; fail with the screen otherwise."""
        return self.wait_until(
            lambda screen: all(text in screen for text in texts), " and ".join(texts), limit_s
        )

    def wait_until(
        self, predicate: Callable[[str], bool], what: str, limit_s: float = _LIMIT_S
    ) -> str:
        """Return the screen once `predicate` holds for it."""
        ends_s = time.monotonic() + limit_s
        while not predicate(shown := self.screen()):
            assert time.monotonic() < ends_s, f"never saw {what!r} on:\n{shown}"
            time.sleep(_STEP_S)
        return shown

    def wait_for_prompt(self) -> str:
        """Return the screen once the shell waits for a command again."""
        return self.wait_until(lambda screen: screen.rstrip().endswith("$"), "the shell's prompt")

    def app_pids(self) -> list[int]:
        """Return the processes of the app in this session."""
        shell = int(self._tmux("display-message", "-p", "#{pane_pid}").strip())
        done = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(shell)], capture_output=True, text=True, check=False
        )
        return [int(word) for word in done.stdout.split()]
