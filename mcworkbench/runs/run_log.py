"""What the processes of a run wrote: why stages failed, the newest logs, the supervisor's own.

Logs may be huge and hostile: only their last part is read, and every line is cleaned. Called by
the command line and, off its event loop, by the app.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder, last_write_s
from mcworkbench.runs.state import State, stage_evidence
from mcworkbench.text import clean, clean_line

if TYPE_CHECKING:
    from mcworkbench.runs.stage_folder import AttemptFolder

TAIL_BYTES = 256 * 1024
_MAX_LINE = 500
_MAX_LOGS = 4
_MAX_WHOSE = 30
_KILO = 1000
_ENDED_BADLY = (State.failed, State.lost)


@final
@dataclass(frozen=True, slots=True)
class LogPart:
    """One log: the line on which it begins, whose it is, its file."""

    begins: int
    whose: str
    path: Path


@final
@dataclass(frozen=True, slots=True)
class RunLog:
    """What a run's processes wrote last.

    Attributes:
        reasons: why stages ended badly, one sentence each.
        lines: of the logs, one after the other.
        parts: which log is where among them; the supervisor's comes last.
    """

    reasons: tuple[str, ...]
    lines: tuple[str, ...]
    parts: tuple[LogPart, ...]

    def part_at(self, line: int) -> LogPart:
        """Return the log that a line belongs to."""
        return [part for part in self.parts if part.begins <= line][-1]


def read_log(run_id: str) -> RunLog:
    """Return what a run's processes wrote last; reads at most a megabyte or so.

    Raises:
        InvalidInputError: `run_id` is not the id of a run.
    """
    folder = RunFolder(run_id)
    reasons, logs = _stage_logs(folder)
    lines: list[str] = []
    parts: list[LogPart] = []
    for head, path in [*logs, ("supervisor", folder.log_path)]:
        parts.append(LogPart(len(lines), clean_line(head, limit=_MAX_WHOSE), path))
        lines += _section(head, path)
    return RunLog(tuple(reasons), tuple(lines), tuple(parts))


def _stage_logs(folder: RunFolder) -> tuple[list[str], list[tuple[str, Path]]]:
    """Return why stages ended badly, and the logs worth reading: theirs, else the newest."""
    document = folder.document()
    reasons: list[str] = []
    bad: list[tuple[str, AttemptFolder]] = []
    others: list[tuple[str, AttemptFolder]] = []
    for name, node in document.nodes.items() if document else ():
        stage = StageFolder(node.key)
        attempts = stage.attempts()
        evidence = stage_evidence(stage)
        if evidence.state in _ENDED_BADLY and evidence.message:
            reasons.append(clean(f"{name}: {evidence.message}", limit=_MAX_LINE))
        if attempts:
            found = bad if evidence.state in _ENDED_BADLY else others
            found.append((name, attempts[-1]))
    newest = sorted(others, key=lambda pair: last_write_s(pair[1]))[-1:]
    chosen = bad[:_MAX_LOGS] or newest
    heads = [(f"{name}, attempt {attempt.number}", attempt.log_path) for name, attempt in chosen]
    return reasons, heads


def _section(head: str, path: Path) -> list[str]:
    text, size = _tail(path)
    if not text.strip():
        return [f"── {clean_line(head)}: nothing written ──", ""]
    part = f" (its last {TAIL_BYTES // 1024} kB of {size / _KILO:,.0f} kB)" * (size > TAIL_BYTES)
    lines = [clean(line, limit=_MAX_LINE) for line in text.splitlines()]
    return [f"── {clean_line(head)}{part} ──", *lines, ""]


def _tail(path: Path) -> tuple[str, int]:
    """Return the last part of a file, from the start of a line, and its size."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - TAIL_BYTES)
            file.seek(start)
            content = file.read(TAIL_BYTES)
    except OSError:
        return "", 0
    if start:
        content = content.partition(b"\n")[2] or content
    return content.decode(errors="replace"), size
