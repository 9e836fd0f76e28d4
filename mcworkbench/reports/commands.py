"""The commands that repeat a run and its report. Pure; called by `reports.summary`."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = "mcworkbench"


def commands_to_repeat(run: Mapping[str, Any], *, has_preset: bool) -> list[str]:
    """Return shell lines: how the run was started, and how to start it from the report's preset."""
    lines: list[str] = []
    argv = [str(word) for word in run.get("command") or ()]
    if argv:
        # The program's place differs between machines, its name does not.
        first = PurePath(argv[0]).name
        words = argv[1:] if first in {PROGRAM, "__main__.py"} or "‹path" in first else argv
        lines.append(shlex.join([PROGRAM, *words]) if words is not argv else shlex.join(argv))
    if has_preset:
        lines.append(f"{PROGRAM} run preset.toml")
    name = run.get("name") or run.get("id")
    if name:
        lines.append(shlex.join([PROGRAM, "report", str(name)]))
    return lines
