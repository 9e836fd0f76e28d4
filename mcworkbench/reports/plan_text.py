"""What a run would do, in words: for `presets plan` and the Presets screen alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.reports.durations import clock
from mcworkbench.reports.stage_text import REUSED_SIGN, SIGNS
from mcworkbench.runs.state import State

if TYPE_CHECKING:
    from mcworkbench.plans.preview import Fate, PlanPreview, PreviewNode

# Where only ASCII can be shown, the second of each.
FATE_SIGNS: dict[Fate, tuple[str, str]] = {
    "reused": REUSED_SIGN,
    "busy": SIGNS[State.running],
    "begun": SIGNS[State.stopped],
    "run": SIGNS[State.waiting],
}
_MINUTE_S = 60


def fate_words(node: PreviewNode) -> str:
    """Return what becomes of a stage: "reused", "will run, ~3 s", "being made by RUN"."""
    if node.fate == "busy":
        return f"being made by {node.maker}" if node.maker else "being made now"
    if node.fate == "reused":
        return "reused"
    words = "goes on from its checkpoint" if node.fate == "begun" else "will run"
    # An unfinished stage may be nearly done, so the time of a whole one would mislead.
    is_told = node.fate == "run" and node.estimate_s is not None
    return f"{words}, ~{_about(node.estimate_s or 0.0)}" if is_told else words


def estimate_words(preview: PlanPreview) -> str:
    """Return how long the work takes by earlier stages, or that nothing tells."""
    if preview.num_reused == len(preview.nodes):
        return ""
    if preview.estimate_s is None:
        return "no earlier run to estimate the time from" if preview.num_unknown else ""
    plural = "s" * (preview.num_earlier != 1)
    sources = f"going by {preview.num_earlier} earlier stage{plural} like these"
    # The parts as they are shown, so that they add up for who reads them.
    parts = [_shown_s(node.estimate_s) for node in preview.nodes if node.estimate_s is not None]
    about = _about(sum(parts))
    if preview.num_unknown:
        return (
            f"more than {about} of work, {sources}; nothing earlier tells the time of "
            f"{preview.num_unknown} stage{'s' * (preview.num_unknown != 1)}"
        )
    return f"about {about} of work, {sources}"


def _about(seconds: float) -> str:
    whole = _shown_s(seconds)
    return f"{whole} s" if whole < _MINUTE_S else clock(whole)


def _shown_s(seconds: float) -> int:
    return max(1, round(seconds))
