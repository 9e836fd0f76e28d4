"""CPU share and memory of the app while it shows a run that trains, in a real terminal.

Run: python benchmarks/watch_app.py RUN          (needs tmux; start the run before, detached)

The app is opened at the run in 120 by 36 characters, and its process is looked at every ten
seconds until the run is over. CPU time is the process's own, so other work on the machine does
not count.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import psutil
import textual

SOCKET = "mcw-watch"
COLUMNS, ROWS = 120, 36
PERIOD_S = 10.0
STARTING_S = 4.0
OVER = ("✓ done", "✗ failed", "■ stopped", "✗ lost")


def tmux(*words: str) -> str:
    """Return what tmux says to a command."""
    command = ["tmux", "-L", SOCKET, "-f", "/dev/null", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def watch(run: str) -> list[dict[str, float]]:
    """Return CPU share (percent of a core) and resident memory (MiB) of every ten seconds."""
    tmux("kill-server")
    size = ("-x", str(COLUMNS), "-y", str(ROWS))
    tmux("new-session", "-d", *size, f"{sys.executable} -m mcworkbench open {run}")
    time.sleep(STARTING_S)
    app = psutil.Process(int(tmux("display-message", "-p", "#{pane_pid}")))
    looks: list[dict[str, float]] = []
    used_s, then_s = sum(app.cpu_times()[:2]), time.monotonic()
    is_over = False
    while not is_over:
        time.sleep(PERIOD_S)
        shown = tmux("capture-pane", "-p")
        is_over = any(word in shown for word in OVER)
        now_used_s, now_s = sum(app.cpu_times()[:2]), time.monotonic()
        share = 100 * (now_used_s - used_s) / (now_s - then_s)
        mib = app.memory_info().rss / 2**20
        looks.append({"cpu_percent": round(share, 2), "rss_mib": round(mib, 1)})
        used_s, then_s = now_used_s, now_s
    tmux("kill-server")
    return looks


def main() -> None:
    """Watch the run named on the command line and write what was seen to results/."""
    run = sys.argv[1] if len(sys.argv) > 1 else "last"
    looks = watch(run)
    shares = [look["cpu_percent"] for look in looks]
    sizes = [look["rss_mib"] for look in looks]
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "device": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "textual": textual.__version__,
        "command": f"python watch_app.py {run}",
        "watched_s": round(PERIOD_S * len(looks)),
        "cpu_percent": {"mean": round(sum(shares) / len(shares), 2), "max": max(shares)},
        "rss_mib": {"first": sizes[0], "last": sizes[-1], "max": max(sizes)},
    }
    path = Path(__file__).parent / "results" / f"{found['date']}-watch-app-cpu.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
