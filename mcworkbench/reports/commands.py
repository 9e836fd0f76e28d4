"""The commands that repeat a run and its report. Pure; called by `reports.summary`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from mcworkbench.text import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Mapping


def commands_to_repeat(run: Mapping[str, Any], *, has_preset: bool) -> list[str]:
    """Return shell lines: how the run was started, and how to start it from the report's preset."""
    lines: list[str] = []
    words = [str(word) for word in run.get("command") or ()]
    if words:
        lines.append(shlex.join([PROGRAM, *words[1:]]))
    if has_preset:
        lines.append(f"{PROGRAM} run preset.toml")
    # Not by its name, which a later run may share.
    if run.get("id"):
        lines.append(shlex.join([PROGRAM, "report", str(run["id"])]))
    return lines
