"""From a key to changed pictures on the screen, in a real terminal; and how often they repaint.

Run: python benchmarks/scrub_pictures.py RUN     (needs tmux, and a finished run of autoencoders)

The app is opened at the run in 120 by 36 characters, where the pictures lead. A key moves t by one
picture, ten times there and ten times back, sixty in all; from just before the key is sent until
the painted screen differs counts, with the time that tmux needs to tell, which is measured too.
Then the film plays, and the frames of some seconds are counted.
"""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import textual

SOCKET = "mcw-scrub"
COLUMNS, ROWS = 120, 36
NUM_KEYS, STRIDE, PLAY_S, LIMIT_S = 60, 10, 6.0, 20.0
WORD = "Reconstructions"
PLAYING = re.compile(r"▶ t ([\d.]+)")


def tmux(*words: str) -> str:
    """Return what tmux says to a command."""
    command = ["tmux", "-L", SOCKET, "-f", "/dev/null", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def painted() -> str:
    """Return the screen with its colours."""
    return tmux("capture-pane", "-p", "-e")


def at_rest() -> str:
    """Return the screen once it stays the same."""
    ends_s, last = time.monotonic() + LIMIT_S, painted()
    while time.monotonic() < ends_s:
        time.sleep(0.4)
        shown = painted()
        if shown == last and WORD in shown:
            return shown
        last = shown
    raise SystemExit(f"the pictures of {sys.argv[1:]} never showed:\n{tmux('capture-pane', '-p')}")


def pictures(screen: str) -> str:
    """Return the rows of the pictures alone."""
    rows = screen.splitlines()
    return "\n".join(rows[next(place for place, row in enumerate(rows) if WORD in row) :])


def scrubbed() -> list[float]:
    """Return the milliseconds from every key until the pictures changed."""
    tmux("send-keys", "Home")
    shown, found = pictures(at_rest()), list[float]()
    for place in range(NUM_KEYS):
        began_s = time.monotonic()
        tmux("send-keys", "Right" if place // STRIDE % 2 == 0 else "Left")
        while pictures(painted()) == shown and time.monotonic() - began_s < LIMIT_S:
            pass
        found.append(1e3 * (time.monotonic() - began_s))
        # A frame half painted would pass for the answer to the next key.
        shown = pictures(at_rest())
    return found


def played() -> float:
    """Return how many times a second t moves while the film plays; half a frame is none."""
    tmux("send-keys", "Space")
    time.sleep(1.0)
    began_s, seen = time.monotonic(), list[str]()
    while time.monotonic() - began_s < PLAY_S:
        found = PLAYING.search(tmux("capture-pane", "-p"))
        if found is not None and found[1] != (seen[-1] if seen else ""):
            seen.append(found[1])
    tmux("send-keys", "Space")
    return (len(seen) - 1) / PLAY_S


def main() -> None:
    """Measure at the run named on the command line and write what was found to results/."""
    run = sys.argv[1] if len(sys.argv) > 1 else "last"
    tmux("kill-server")
    size = ("-x", str(COLUMNS), "-y", str(ROWS))
    tmux("new-session", "-d", *size, f"{sys.executable} -m mcworkbench open {run}")
    at_rest()
    began_s = time.monotonic()
    for _ in range(20):
        painted()
    telling_ms = 1e3 * (time.monotonic() - began_s) / 20
    keys_ms = scrubbed()
    frames = played()
    tmux("kill-server")
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "device": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "textual": textual.__version__,
        "command": f"python scrub_pictures.py {run}",
        "load": round(os.getloadavg()[0], 1),
        "key_to_pictures_ms": {
            "median": round(statistics.median(keys_ms), 1),
            "p95": round(statistics.quantiles(keys_ms, n=20)[-1], 1),
            "max": round(max(keys_ms), 1),
        },
        "of_which_tmux_ms": round(2 * telling_ms, 1),
        "frames_per_second_playing": round(frames, 2),
    }
    path = Path(__file__).parent / "results" / f"{found['date']}-scrub-pictures-cpu.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
