"""Recorded runs of the real program as homes for tests; stages can be played again live.

`recorded_home(home, "quickstart")` writes the folders; `cut` takes a stage back to its first
events, `hold` makes it look carried out by a live process, `Replay.play` lets it go on. What
they give is what the program wrote, apart from large files, which hold zeros.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import gzip
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from mcworkbench.folders import data_root
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder

if TYPE_CHECKING:
    from collections.abc import Generator

_FOLDER = Path(__file__).parents[1] / "data" / "recorded"
NAMES = ("quickstart", "half-way", "was-killed", "diverges", "all-pairs", "three-ends")
# Those that are written by name only.
MORE_NAMES = ("fge-pool", "pictures", "classes", "functions")
# 20 November 2025, 12:00 UTC: a bit more than an hour after all recordings.
NOW_S = 1763640000.0


@functools.cache
def _recording(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((_FOLDER / f"{name}.json.gz").read_bytes()))


def run_id_of(name: str) -> str:
    """Return the id of a recorded run."""
    return _recording(name)["run"]


def recorded_home(home: Path, *names: str) -> dict[str, str]:
    """Write recorded runs, by default all, into a home; return their ids by name."""
    root = home / "data"
    for name in names or NAMES:
        recording = _recording(name)
        for inside, text in recording["files"].items():
            _write(root / inside, text.encode())
        for inside, content in recording.get("binary", {}).items():
            _write(root / inside, base64.b64decode(content))
        for inside, size in recording["sparse"].items():
            _write(root / inside, b"")
            os.truncate(root / inside, size)
        # Folders after what is in them, so that their own times stay.
        for inside, time_s in sorted(recording["times"].items(), reverse=True):
            path = root / inside
            if not path.exists():
                path.mkdir(parents=True)
            os.utime(path, (time_s, time_s))
    return {name: run_id_of(name) for name in names or NAMES}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(content)


@final
class Replay:
    """One recorded stage, taken back to a prefix of its events; it has one attempt.

    Attributes:
        folder: of the stage.
        num_events: how many it has now.
    """

    def __init__(self, name: str, node: str) -> None:
        self._recording = _recording(name)
        run = RunFolder(self._recording["run"])
        document = run.document()
        assert document is not None, f"{name} is not in this home"
        self.folder = StageFolder(document.nodes[node].key)
        self._inside = f"stages/{self.folder.key}/attempts/0001/events.jsonl"
        text: str = self._recording["files"].get(self._inside, "")
        self._lines = text.splitlines(keepends=True)
        self.num_events = 0

    @property
    def num_left(self) -> int:
        """Return how many recorded events were not played yet."""
        return len(self._lines) - self.num_events

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return what was played so far, as JSON values."""
        return [json.loads(line) for line in self._lines[: self.num_events]]

    def cut(self, fraction: float) -> None:
        """Leave that part of the events, at least one, and neither result nor exit."""
        self.wipe()
        attempt = self.folder.attempts_path / "0001"
        attempt.mkdir(mode=0o700)
        by = self._inside.replace("events.jsonl", "by.json")
        (attempt / "by.json").write_text(self._recording["files"][by])
        self.num_events = 0
        self.play(max(1, round(fraction * len(self._lines))))

    def wipe(self) -> None:
        """Leave the stage as if it had never run."""
        self.folder.result_path.unlink(missing_ok=True)
        for attempt in self.folder.attempts():
            for file in attempt.path.iterdir():
                file.unlink()
            attempt.path.rmdir()

    def play(self, count: int = 1) -> None:
        """Append the next events."""
        lines = self._lines[self.num_events : self.num_events + count]
        self.num_events += len(lines)
        path = self.folder.attempts_path / "0001" / "events.jsonl"
        with path.open("a") as file:
            file.writelines(lines)
        # As old as it was then, so that a stage whose lock is let go is lost at once.
        time_s = self.events[-1]["t"]
        for place in (path, path.parent):
            os.utime(place, (time_s, time_s))

    def finish(self) -> None:
        """Append all other events, and publish exit and result."""
        self.play(self.num_left)
        for inside in (
            self._inside.replace("events.jsonl", "exit.json"),
            f"stages/{self.folder.key}/result.json",
        ):
            if inside in self._recording["files"]:
                (data_root() / inside).write_text(self._recording["files"][inside])


def cut(name: str, node: str, fraction: float) -> Replay:
    """Take a stage of a recorded run back to a part of its events; what follows it never ran."""
    document = RunFolder(run_id_of(name)).document()
    assert document is not None, f"{name} is not in this home"
    later = {node}
    for other, facts in document.nodes.items():
        if later & {source.partition("@")[0] for source in facts.inputs.values()}:
            later.add(other)
            Replay(name, other).wipe()
    replay = Replay(name, node)
    replay.cut(fraction)
    return replay


@contextlib.contextmanager
def hold(name: str, *nodes: str) -> Generator[None]:
    """Hold the locks of a recorded run's supervisor and of stages, as live processes do."""
    run = RunFolder(run_id_of(name))
    document = run.document()
    assert document is not None, f"{name} is not in this home"
    with contextlib.ExitStack() as held:
        for lock in (
            run.take_lock(),
            *(StageFolder(document.nodes[node].key).take_lock(run.id) for node in nodes),
        ):
            assert lock is not None, "a live process has it"
            held.enter_context(lock)
        yield
