"""What the overview says of a run: names and texts, in the order in which they are asked for."""

from __future__ import annotations

import time
from pathlib import PurePath
from typing import TYPE_CHECKING

from mcworkbench.reports.durations import age_text, seconds_text
from mcworkbench.reports.names import curve_name, num_bends
from mcworkbench.runs.index import changes_of
from mcworkbench.runs.state import State
from mcworkbench.screens.pictures.ensemble_facts import ensemble_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.runs.views import NodeView, RunView

_ENDS = ("endpoint", "import")
_MINUTE_S = 60
_TIME = "%Y-%m-%d %H:%M:%S"


def facts_of(run: RunView, wall_s: float) -> tuple[tuple[str, str], ...]:
    """Return names and texts; what is not known is left out.

    Args:
        run: a refreshed view.
        wall_s: now, Unix seconds.
    """
    document = run.document
    threads = f", {document.threads} threads" if document.threads else ""
    facts = {
        "title": run.title,
        "preset": _preset(document.command),
        "changes": " ".join(changes_of(document.command)),
        "made": f"{_local(run.created)}, {_ago(wall_s - run.created)}",
        "work": f"{seconds_text(run.seconds)} of its own" if run.seconds else "",
        "data": _data(run),
        "ends": _ends(run),
        "curve": _curve(run),
        **ensemble_facts(run),
        "seed": str(document.seed),
        "device": f"{document.device or 'auto'}{threads}",
        "group": run.group,
        "tags": ", ".join(run.tags),
        "supervisor": _supervisor(run, wall_s),
        "folder": str(run.folder.path),
    }
    return tuple((name, text) for name, text in facts.items() if text)


def last_sign_s(run: RunView) -> float:
    """Return when a stage that ended without a result last wrote something, 0 for never."""
    return max((node.view.evidence.ended_s for node in run.nodes.values()), default=0.0)


def _local(seconds: float) -> str:
    return time.strftime(_TIME, time.localtime(seconds))


def _ago(seconds: float) -> str:
    # Seconds would make every second a new picture.
    return f"{age_text(seconds)} ago" if seconds >= _MINUTE_S else "just now"


def _preset(command: Sequence[str]) -> str:
    """Return what the command ran: the word behind `run`, of a file its name."""
    words = list(command)
    place = words.index("run") + 1 if "run" in words else len(words)
    if place >= len(words) or words[place].startswith("-"):
        return ""
    return PurePath(words[place]).name


def _data(run: RunView) -> str:
    for node in run.nodes.values():
        if node.kind == "dataset":
            options = node.view.options
            validation = str(options.get("validation") or "none")
            watched = (
                "no validation split: the test set is watched"
                if validation == "none"
                else f"validation {validation}"
            )
            return f"{node.label}, {watched}"
    return ""


def _ends(run: RunView) -> str:
    ends = [node for node in run.nodes.values() if node.kind in _ENDS]
    labels = [node.label for node in ends]
    return " · ".join(labels)


def _curve(run: RunView) -> str:
    found = [_curve_text(node) for node in run.nodes.values() if node.kind == "curve"]
    return " · ".join(dict.fromkeys(found))


def _curve_text(node: NodeView) -> str:
    options = node.view.options
    if not options:
        return node.label
    name = curve_name(str(options.get("name", "")) or node.label, num_bends(options, {}), "")
    told = [
        f"{word} {options[key]}"
        for key, word in (("epochs", "epochs"), ("lr", "lr"), ("weight_decay", "decay"))
        if isinstance(options.get(key), int | float)
    ]
    return ", ".join([name, *told])


def _supervisor(run: RunView, wall_s: float) -> str:
    if run.evidence.is_supervised:
        since_s = run.evidence.since_s
        return f"alive, since {_local(since_s)}" if since_s is not None else "alive"
    if run.state not in (State.lost, State.failed, State.stopped, State.stopping):
        return ""
    ended_s = last_sign_s(run)
    if not ended_s:
        return "gone"
    return f"gone; last sign of life {_local(ended_s)}, {_ago(wall_s - ended_s)}"
