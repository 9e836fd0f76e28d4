"""Record finished runs for tests: `python -m tests.screens.record HOME NAME…`.

Text and small arrays are kept, other files only by size. Times and ids move back to one day, so
that recordings lie in the past; paths of the machine go. Writes tests/data/recorded/NAME.json.gz.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, final

FOLDER = Path(__file__).parents[1] / "data" / "recorded"
_RECORDED_ON = date(2025, 11, 20)
_TEXTS = {".json", ".jsonl", ".toml", ".log", ".lock", ""}
_KEPT, _MOST_BYTES = {".npy", ".npz"}, 256 * 1024
_DAY = re.compile(r"\b(20\d\d)(\d\d)(\d\d)(?=-\d{6}-[a-z])")
_LOCAL = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)(?= \d\d:\d\d:\d\d)")
_PATHS = re.compile(r"(?<![\w.])/(?:tmp|work|root|home)/(?:[\w.-]+/)*")
_SECONDS = {"created", "finished", "at"}


def record(home: Path, name: str) -> dict[str, Any]:
    """Return one run of a home and the stages it names as plain values."""
    root = home / "data"
    run = next(
        path.parent
        for path in sorted((root / "runs").glob("*/run.json"), reverse=True)
        if json.loads(path.read_text())["name"] == name
    )
    shift = Shift.of_run(run.name)
    nodes = json.loads((run / "run.json").read_text())["nodes"]
    folders = [run, *(root / "stages" / node["key"] for node in nodes.values())]
    found: dict[str, Any] = {
        "run": shift.text(run.name), "files": {}, "binary": {}, "sparse": {}, "times": {},
    }  # fmt: skip
    for folder in dict.fromkeys(folders):
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(root)
            if any(part in ("checkpoints", "snapshots") for part in place.parts):
                continue
            inside = shift.text(str(place))
            found["times"][inside] = path.stat().st_mtime - shift.seconds
            if path.is_dir():
                continue
            if path.suffix in _TEXTS:
                found["files"][inside] = shift.file(path)
            elif _is_kept(path):
                found["binary"][inside] = base64.b64encode(path.read_bytes()).decode()
            else:
                found["sparse"][inside] = path.stat().st_size
    return found


def _is_kept(path: Path) -> bool:
    return path.suffix in _KEPT and path.stat().st_size <= _MOST_BYTES


@final
@dataclass(frozen=True)
class Shift:
    """How far a run moves back, in whole days, so that hours stay."""

    days: int

    @classmethod
    def of_run(cls, run_id: str) -> Shift:
        """Return the shift that moves a run to the day of all recordings."""
        found = _DAY.search(run_id)
        assert found is not None, run_id
        return cls((date(*map(int, found.groups())) - _RECORDED_ON).days)

    @property
    def seconds(self) -> float:
        """Return it in seconds."""
        return 86400.0 * self.days

    def text(self, text: str) -> str:
        """Return text with ids of runs and local times moved back, without paths."""
        text = _DAY.sub(lambda found: f"{self._day(found):%Y%m%d}", text)
        return _PATHS.sub("", _LOCAL.sub(lambda found: f"{self._day(found):%Y-%m-%d}", text))

    def _day(self, found: re.Match[str]) -> date:
        return date(*map(int, found.groups())) - timedelta(self.days)

    def file(self, path: Path) -> str:
        """Return a text file moved back; products keep every byte, for their digests."""
        text = path.read_text()
        if path.parent.name == "artifacts":
            assert self.text(text) == text, path
            return text
        if path.suffix == ".jsonl":
            return "".join(f"{json.dumps(self._line(line))}\n" for line in text.splitlines())
        if path.suffix == ".json":
            document = json.loads(text)
            if path.name == "result.json":
                _zero(document["artifacts"], path.parent / "artifacts")
            return self.text(json.dumps(self._moved(document), indent=1))
        return self.text(text)

    def _line(self, line: str) -> dict[str, Any]:
        recorded = json.loads(self.text(line))
        return {**recorded, "t": recorded["t"] - self.seconds}

    def _moved(self, document: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value - self.seconds if name in _SECONDS and isinstance(value, float) else value
            for name, value in document.items()
        }


def _zero(artifacts: dict[str, dict[str, Any]], folder: Path) -> None:
    """Give what is kept only by size the digest of as many zeros."""
    for name, artifact in artifacts.items():
        if Path(name).suffix not in _TEXTS and not _is_kept(folder / name):
            artifact["sha256"] = hashlib.sha256(bytes(artifact["bytes"])).hexdigest()


def main(home: Path, names: list[str]) -> None:
    """Write the recordings."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names:
        content = json.dumps(record(home, name), sort_keys=True).encode()
        path = FOLDER / f"{name}.json.gz"
        path.write_bytes(gzip.compress(content, mtime=0))
        sys.stdout.write(f"{path.name}: {path.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
