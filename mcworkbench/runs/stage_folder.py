"""The folder of one content-addressed stage and of its attempts.

stages/<key>/ {stage.json lock attempts/0001/{by.json events.jsonl env.json exit.json log}
checkpoints/ snapshots/ artifacts/ result.json}. The worker takes the lock, makes an attempt and
fills it, the supervisor says how a worker died, everybody else only reads. What is read may be
damaged or hostile: it comes back checked and clean, or as None.
"""

from __future__ import annotations

import contextlib
import functools
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, final

from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import (
    file_sha256,
    make_private,
    publish_json,
    stages_root,
    storage_error,
)
from mcworkbench.runs.documents import integer, mapping, number, read_document
from mcworkbench.runs.locks import Lock, is_locked, lock_holder, try_lock
from mcworkbench.runs.names import (
    check_stage_key,
    is_file_name,
    is_run_id,
    is_stage_key,
)
from mcworkbench.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Cause = Literal["done", "stop", "error", "killed", "oom"]
CAUSES: tuple[Cause, ...] = ("done", "stop", "error", "killed", "oom")
FORMAT = 1
_NUM_DIGITS = 4
_NUM_TRIES = 100


@dataclass(frozen=True, slots=True)
class Exit:
    """How an attempt's process ended; `signal` is 0 where it ended by itself."""

    cause: Cause
    code: int = 0
    signal: int = 0
    message: str = ""


@final
class AttemptFolder:
    """One try at a stage; `number` counts from 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = int(path.name)
        self.events_path = path / "events.jsonl"
        self.log_path = path / "log"
        self.exit_path = path / "exit.json"
        self.env_path = path / "env.json"

    def made_by(self) -> str:
        """Return the id of the run that made the attempt, or ''."""
        document = read_document(self.path / "by.json")
        run_id = document.get("run")
        return run_id if isinstance(run_id, str) and is_run_id(run_id) else ""

    def write_env(self, document: Mapping[str, Any]) -> None:
        """Publish what the attempt ran with (see env.py)."""
        publish_json(self.env_path, dict(document))

    def read_env(self) -> dict[str, Any]:
        """Return what the attempt ran with; empty where nothing was written."""
        return read_document(self.env_path)

    def write_exit(self, ending: Exit) -> None:
        """Publish how the attempt ended; the last act of whoever watched its process."""
        document = {
            "cause": ending.cause,
            "code": ending.code,
            "signal": ending.signal,
            "message": clean(ending.message),
            "at": time.time(),
        }
        publish_json(self.exit_path, document)

    def read_exit(self) -> Exit | None:
        """Return how the attempt ended, or None where nobody has said so."""
        document = read_document(self.exit_path)
        cause = document.get("cause")
        if cause not in CAUSES:
            return None
        message = document.get("message")
        return Exit(
            cause,
            integer(document.get("code")),
            integer(document.get("signal")),
            clean(message) if isinstance(message, str) else "",
        )


@final
class StageFolder:
    """Where one stage lives, by its key."""

    def __init__(self, key: str) -> None:
        """Name the folder; nothing is touched.

        Raises:
            InvalidInputError: `key` is not a stage key.
        """
        self.key = check_stage_key(key)
        self.path = stages_root() / key
        self.document_path = self.path / "stage.json"
        self.lock_path = self.path / "lock"
        self.result_path = self.path / "result.json"
        self.attempts_path = self.path / "attempts"
        self.checkpoints = self.path / "checkpoints"
        self.snapshots = self.path / "snapshots"
        self.artifacts = self.path / "artifacts"

    def make(self) -> None:
        """Create the folder and its parts where they are missing."""
        for folder in (self.attempts_path, self.checkpoints, self.snapshots, self.artifacts):
            make_private(folder)

    def document(self) -> dict[str, Any]:
        """Return stage.json, or an empty dict where it is absent, damaged or another stage's."""
        document = read_document(self.document_path)
        return document if document.get("key") == self.key else {}

    def attempts(self) -> list[AttemptFolder]:
        """Return all attempts, oldest first."""
        try:
            paths = [path for path in self.attempts_path.iterdir() if _is_number(path.name)]
        except OSError:
            return []
        return [AttemptFolder(path) for path in sorted(paths, key=lambda path: int(path.name))]

    def new_attempt(self, run_id: str) -> AttemptFolder:
        """Create the next attempt; no two callers ever get the same one.

        Raises:
            WorkbenchError: it cannot be written.
        """
        make_private(self.attempts_path)
        for _ in range(_NUM_TRIES):
            attempts = self.attempts()
            number = attempts[-1].number + 1 if attempts else 1
            path = self.attempts_path / f"{number:0{_NUM_DIGITS}}"
            try:
                path.mkdir(mode=0o700)
            except FileExistsError:
                continue
            except OSError as error:
                raise storage_error(path, error) from error
            publish_json(path / "by.json", {"run": run_id, "created": time.time()})
            return AttemptFolder(path)
        raise WorkbenchError(f"{self.attempts_path}: too many others start attempts; try again.")

    def take_lock(self, run_id: str) -> Lock | None:
        """Return the right to run the stage, or None while another run has it."""
        make_private(self.path)
        return try_lock(self.lock_path, holder=run_id)

    def is_locked(self) -> bool:
        """Return whether a live process runs the stage."""
        return is_locked(self.lock_path)

    def holder(self) -> str:
        """Return the run that last took the lock, or ''; it holds it while `is_locked`."""
        return lock_holder(self.lock_path)

    def publish_result(
        self,
        attempt: AttemptFolder,
        *,
        product: str,
        summary: Mapping[str, float],
        artifacts: Sequence[str],
        seconds: float,
    ) -> None:
        """Declare the stage done: the last act of its worker.

        Args:
            attempt: the attempt that made the product.
            product: its type, e.g. "network".
            summary: headline numbers; one that is not finite is stored as null.
            artifacts: names in `self.artifacts`; their sizes and digests are recorded.
            seconds: work time of all attempts.

        Raises:
            WorkbenchError: a newer attempt exists, or the disk is full.
        """
        newest = self.attempts()[-1].number
        if attempt.number != newest:
            raise WorkbenchError(
                f"stage {self.key[:12]}: attempt {attempt.number} may not publish, because "
                f"attempt {newest} has taken over."
            )
        files = {name: self.artifacts / name for name in artifacts}
        document = {
            "format": FORMAT,
            "key": self.key,
            "product": product,
            "summary": {k: v if math.isfinite(v) else None for k, v in summary.items()},
            "artifacts": {
                name: {"sha256": file_sha256(path), "bytes": path.stat().st_size}
                for name, path in files.items()
            },
            "seconds": seconds,
            "run": attempt.made_by(),
            "attempt": attempt.number,
            "finished": time.time(),
        }
        publish_json(self.result_path, document)

    def result(self) -> dict[str, Any] | None:
        """Return result.json with its summary read as floats, or None where it is unusable."""
        document = read_document(self.result_path)
        artifacts = document.get("artifacts")
        if document.get("key") != self.key or not isinstance(artifacts, dict):
            return None
        summary = mapping(document.get("summary"))
        document["summary"] = {
            clean_line(name): number(value, math.nan) for name, value in summary.items()
        }
        return document

    def is_finished(self) -> bool:
        """Return whether the product is there and whole, by the sizes of its files."""
        result = self.result()
        return result is not None and self.artifact_problem(result) is None

    def artifact_problem(self, result: Mapping[str, Any], *, verify: bool = False) -> str | None:
        """Return what is wrong with the product, or None where it is whole.

        Args:
            result: what `self.result()` returned.
            verify: also compare SHA-256 digests, which reads every file once per process.
        """
        for name, record in mapping(result.get("artifacts")).items():
            if not is_file_name(name):
                return f"'{clean_line(name)}' is not a name of an artifact"
            recorded, path = mapping(record), self.artifacts / name
            try:
                seen = path.stat(follow_symlinks=False)
                if seen.st_size != recorded.get("bytes"):
                    return f"{name} has {seen.st_size:,} bytes, not {recorded.get('bytes')}"
                stamp = (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
                if verify and _sha256(path, stamp) != recorded.get("sha256"):
                    return f"{name} does not match its SHA-256"
            except OSError as error:
                return f"{name}: {(error.strerror or 'unreadable').lower()}"
        return None


def stage_keys() -> list[str]:
    """Return the keys of all stage folders, sorted."""
    try:
        return sorted(path.name for path in stages_root().iterdir() if is_stage_key(path.name))
    except OSError:
        return []


def last_write_s(attempt: AttemptFolder) -> float:
    """Return when an attempt last wrote something, by the file system's clock."""
    times_s = [0.0]
    for path in (attempt.path, attempt.events_path, attempt.exit_path):
        with contextlib.suppress(OSError):
            times_s.append(path.stat().st_mtime)
    return max(times_s)


@functools.lru_cache(maxsize=1024)
def _sha256(path: Path, _stamp: tuple[int, ...]) -> str:
    """Return a file's digest, from memory while its inode, size and times are the same."""
    return file_sha256(path)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) >= _NUM_DIGITS
