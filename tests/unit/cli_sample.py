"""The command line as a user meets it: as a process, in a pipe or in a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Self, final

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "data" / "presets" / "tiny.toml"
# Without a controlling terminal Ctrl-C would reach nobody.
_IN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "mcworkbench", *sys.argv[1:]])
"""
_ESCAPE = re.compile(rb"\x1b\[[?0-9;]*[A-Za-z]")


def environment(home: Path, **changes: str) -> dict[str, str]:
    """Return the environment of a command with a home of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    return {
        **kept,
        "MCWORKBENCH_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        **changes,
    }


def run(home: Path, *words: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    """Run `mcworkbench WORDS…` with its output in pipes."""
    return subprocess.run(
        [sys.executable, "-m", "mcworkbench", *words],
        capture_output=True,
        text=True,
        env=environment(home),
        cwd=home.parent,
        timeout=timeout_s,
        check=False,
    )


@final
class Terminal:
    """`mcworkbench WORDS…` in a pseudo-terminal."""

    def __init__(self, home: Path, *words: str, columns: int = 80, rows: int = 24) -> None:
        self._reader, writer = pty.openpty()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(writer, termios.TIOCSWINSZ, size)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _IN_TERMINAL, *words],
            stdin=writer,
            stdout=writer,
            stderr=writer,
            env=environment(home, TERM="xterm-256color"),
            cwd=home.parent,
            start_new_session=True,
        )
        os.close(writer)
        self.raw = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._reader)

    def press(self, key: bytes) -> None:
        """Type a key."""
        os.write(self._reader, key)

    def read_until(self, wanted: str, timeout_s: float = 60) -> None:
        """Read until the text was shown; fail with what was shown instead."""
        end = time.monotonic() + timeout_s
        while wanted not in self.shown():
            assert time.monotonic() < end, f"no {wanted!r} in {self.shown()[-2000:]!r}"
            if not self._read() and self.process.poll() is not None:
                assert wanted in self.shown(), f"ended without {wanted!r}: {self.shown()[-2000:]!r}"

    def wait(self, timeout_s: float = 60) -> int:
        """Read until the process ends and return its exit code."""
        end = time.monotonic() + timeout_s
        while self.process.poll() is None or self._read():
            assert time.monotonic() < end, f"still running: {self.shown()[-2000:]!r}"
            self._read()
        return self.process.returncode

    def shown(self) -> str:
        """Return everything written so far, without control sequences."""
        return _ESCAPE.sub(b"", self.raw).decode(errors="replace").replace("\r", "")

    def _read(self) -> bool:
        ready, _, _ = select.select([self._reader], [], [], 0.05)
        if not ready:
            return False
        try:
            piece = os.read(self._reader, 1 << 16)
        except OSError:
            return False
        self.raw += piece
        return bool(piece)
