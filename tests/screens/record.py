"""Record finished runs for tests: `python -m tests.screens.record HOME NAME…`.

Text and predictions are kept, large files only by size. Times and ids move a year back, so that
recordings lie in the past; paths of the machine go. Writes tests/data/recorded/NAME.json.gz.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

SHIFT_S = -365 * 86400.0
FOLDER = Path(__file__).parents[1] / "data" / "recorded"
_TEXTS = {".json", ".jsonl", ".toml", ".log", ".lock", ""}
_KEPT = {".npy"}
_MADE_IN, _SHOWN_AS = "2026", "2025"
_DAY = re.compile(rf"\b{_MADE_IN}(\d{{4}}-\d{{6}}-[a-z])")
_LOCAL = re.compile(rf"\b{_MADE_IN}(-\d\d-\d\d \d\d:\d\d:\d\d)")
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
    nodes = json.loads((run / "run.json").read_text())["nodes"]
    folders = [run, *(root / "stages" / node["key"] for node in nodes.values())]
    found: dict[str, Any] = {"run": shifted(run.name), "files": {}, "sparse": {}, "times": {}}
    found["binary"] = {}
    for folder in dict.fromkeys(folders):
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(root)
            if any(part in ("checkpoints", "snapshots") for part in place.parts):
                continue
            inside = shifted(str(place))
            found["times"][inside] = path.stat().st_mtime + SHIFT_S
            if path.is_dir():
                continue
            if path.suffix in _TEXTS:
                found["files"][inside] = _text(path)
            elif path.suffix in _KEPT:
                found["binary"][inside] = base64.b64encode(path.read_bytes()).decode()
            else:
                found["sparse"][inside] = path.stat().st_size
    return found


def shifted(text: str) -> str:
    """Return text with ids of runs and local times a year earlier, without paths."""
    return _PATHS.sub("", _LOCAL.sub(rf"{_SHOWN_AS}\1", _DAY.sub(rf"{_SHOWN_AS}\1", text)))


def _text(path: Path) -> str:
    text = path.read_text()
    if path.parent.name == "artifacts":
        # Products keep every byte, because their digests are checked.
        assert shifted(text) == text, path
        return text
    if path.suffix == ".jsonl":
        return "".join(f"{json.dumps(_line(line))}\n" for line in text.splitlines())
    if path.suffix == ".json":
        document = json.loads(text)
        if path.name == "result.json":
            _zero(document["artifacts"])
        return shifted(json.dumps(_moved(document), indent=1))
    return shifted(text)


def _line(line: str) -> dict[str, Any]:
    recorded = json.loads(shifted(line))
    return {**recorded, "t": recorded["t"] + SHIFT_S}


def _moved(document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value + SHIFT_S if name in _SECONDS and isinstance(value, float) else value
        for name, value in document.items()
    }


def _zero(artifacts: dict[str, dict[str, Any]]) -> None:
    """Give what is kept only by size the digest of as many zeros."""
    for name, artifact in artifacts.items():
        if Path(name).suffix not in _TEXTS | _KEPT:
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
