"""Hand-made stages and runs on disk, and real processes that hold locks, for tests of runs/."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcworkbench.folders import publish_json
from mcworkbench.runs.codec import Envelope, encode
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import AttemptFolder, Exit, StageFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from mcworkbench.runs.events import Event

ROOT = Path(__file__).resolve().parents[2]
RUN = "20260101-120000-curve-aaaaaa"
OTHER = "20260101-130000-curve-bbbbbb"


def key_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def make_stage(name: str, kind: str = "endpoint", **inputs: str) -> StageFolder:
    folder = StageFolder(key_of(name))
    folder.make()
    document = {"format": 1, "key": folder.key, "kind": kind, "version": 1}
    publish_json(folder.document_path, {**document, "options": {"epochs": 3}, "inputs": inputs})
    return folder


def lines(events: Sequence[Event], attempt: int = 1, spacing_s: float = 1.0) -> bytes:
    return b"".join(
        encode(event, Envelope(attempt, number, 1.7e9 + number, number * spacing_s))
        for number, event in enumerate(events, start=1)
    )


def add_attempt(
    folder: StageFolder, *events: Event, ending: Exit | None = None, run: str = RUN
) -> AttemptFolder:
    attempt = folder.new_attempt(run)
    attempt.events_path.write_bytes(lines(events, attempt.number))
    if ending is not None:
        attempt.write_exit(ending)
    return attempt


def finish(folder: StageFolder, run: str = RUN, **summary: float) -> AttemptFolder:
    attempt = add_attempt(folder, ending=Exit("done"), run=run)
    (folder.artifacts / "network.bin").write_bytes(b"12345678")
    folder.publish_result(
        attempt, product="network", summary=summary, artifacts=["network.bin"], seconds=2.5
    )
    return attempt


def make_run(run_id: str, stages: dict[str, StageFolder], **more: Any) -> RunFolder:
    folder = RunFolder(run_id)
    folder.path.mkdir(parents=True)
    document: dict[str, Any] = {
        "format": 1,
        "id": run_id,
        "name": "demo",
        "kind": "curve",
        "title": "A demo",
        "created": 1.7e9,
        "nodes": {
            name: {"key": stage.key, "kind": "endpoint", "label": name, "inputs": {}}
            for name, stage in stages.items()
        },
    }
    folder.document_path.write_text(json.dumps(document | more))
    return folder


def age(path: Path, seconds: float) -> None:
    """Make a folder and everything in it look older."""
    then = time.time() - seconds
    for part in [*path.rglob("*"), path]:
        os.utime(part, (then, then))


@contextlib.contextmanager
def broken_path(path: Path) -> Generator[None]:
    """Make the disk give another error for a path than that it is not there: a loop of links."""
    aside = path.with_name(f"{path.name}-aside")
    path.rename(aside)
    path.symlink_to(path)
    try:
        yield
    finally:
        path.unlink()
        aside.rename(path)


def python(code: str, *arguments: str, pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=pass_fds,
    )


HOLD = """
import sys
from pathlib import Path
from mcworkbench.runs.locks import try_lock
lock = try_lock(Path(sys.argv[1]), holder=sys.argv[2])
sys.stdout.write("held\\n" if lock else "busy\\n")
sys.stdout.flush()
sys.stdin.read()
"""


class Holder:
    """A real process that holds a lock until it is told to end or killed."""

    def __init__(self, path: Path, run_id: str = RUN) -> None:
        self.process = python(HOLD, str(path), run_id)
        assert self.process.stdout is not None
        self.answer = self.process.stdout.readline().decode().strip()

    def __enter__(self) -> Holder:
        assert self.answer == "held"
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self.process.communicate()

    def kill(self, *, reap: bool = True) -> None:
        self.process.kill()
        if reap:
            self.process.communicate()


CRASH = """
import os, sys
from pathlib import Path
calls, deadly = 0, int(sys.argv[2])
def fatal(name):
    original = getattr(os, name)
    def call(*arguments, **more):
        global calls
        calls += 1
        if calls == deadly:
            os._exit(9)
        return original(*arguments, **more)
    setattr(os, name, call)
from mcworkbench import folders
import io, pathlib
for name in ("open", "fsync", "replace", "rename", "close", "mkdir", "unlink", "stat"):
    fatal(name)
opening = pathlib.Path.open
def open_and_count(self, *arguments, **more):
    os.stat(self.parent)
    file = opening(self, *arguments, **more)
    os.stat(self.parent)
    return file
pathlib.Path.open = open_and_count
exec(sys.argv[3])
print("finished", calls)
"""


def crash_everywhere(folder: Path, code: str, check: Callable[[], None]) -> int:
    """Run `code` in children that die at call 1, 2, 3... and `check` after each death."""
    for deadly in range(1, 200):
        child = subprocess.run(
            [sys.executable, "-S", "-c", _with_path(CRASH), str(folder), str(deadly), code],
            cwd=ROOT,
            check=False,
            capture_output=True,
        )
        assert child.returncode in (0, 9), child.stderr.decode()
        check()
        if child.returncode == 0:
            return deadly - 1
    raise AssertionError("it never finished")


def _with_path(code: str) -> str:
    return f"import sys; sys.path[:] = {sys.path!r}\n{code}"
