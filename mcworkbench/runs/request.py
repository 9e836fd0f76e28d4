"""A user's wish to stop a run, as the file request.json in its folder.

Written by `actions.request_stop`, read by the supervisor and, through the workspace, by stages.
Whoever starts or resumes a run removes the old request before it starts the supervisor, so a
stop that comes later always counts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from mcworkbench.folders import publish_json
from mcworkbench.runs.documents import integer, line, number, read_document

if TYPE_CHECKING:
    from pathlib import Path

REQUEST_FILE = "request.json"
GRACE_VARIABLE = "MCWORKBENCH_STOP_GRACE_S"
_GRACE_S = 60.0


class StopLevel(IntEnum):
    """How soon: after this epoch or t, now with a checkpoint, or at once without one."""

    none = 0
    after = 1
    now = 2
    kill = 3


@dataclass(frozen=True, slots=True)
class StopRequest:
    """What was asked for: `sequence` counts requests, `by` says from where, `at` Unix seconds."""

    level: StopLevel = StopLevel.none
    sequence: int = 0
    by: str = ""
    at: float = 0.0


def stop_grace_s() -> float:
    """Return how long a stage may take to obey "stop now", in seconds."""
    return float(os.environ.get(GRACE_VARIABLE, _GRACE_S))


def read_request(run_folder: Path) -> StopRequest:
    """Return the request in a run's folder; level `none` where there is none."""
    document = read_document(run_folder / REQUEST_FILE)
    want = document.get("want")
    if not isinstance(want, str) or want not in StopLevel.__members__:
        return StopRequest()
    return StopRequest(
        StopLevel[want],
        integer(document.get("seq")),
        line(document.get("by")),
        number(document.get("at")),
    )


def write_request(run_folder: Path, request: StopRequest) -> None:
    """Publish `request`."""
    document = {
        "seq": request.sequence,
        "want": request.level.name,
        "by": request.by,
        "at": request.at,
    }
    publish_json(run_folder / REQUEST_FILE, document)


def clear_request(run_folder: Path) -> None:
    """Forget an old request; called before a supervisor is started, never while one runs."""
    (run_folder / REQUEST_FILE).unlink(missing_ok=True)
