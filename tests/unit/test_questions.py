"""What the questions about runs and the estimate of a plan say, in words."""

from __future__ import annotations

import re

import pytest

from mcworkbench.plans.preview import PlanPreview, PreviewNode
from mcworkbench.reports.plan_text import estimate_words, fate_words
from mcworkbench.runs.state import State
from mcworkbench.screens.dialogs.asking import told_apart
from mcworkbench.screens.pictures.run_row import RunRow


def row(run_id: str, name: str, *changes: str) -> RunRow:
    return RunRow(
        id=run_id, name=name, kind="curve", title="", state=State.done, reason="", fraction=1.0,
        eta_s=None, best="", best_short="", best_value=None, line_value=None, line_short="",
        created=0.0, num_done=1, num_nodes=1, changes=changes,
    )  # fmt: skip


def test_runs_of_one_name_are_told_apart() -> None:
    rows = [
        row("20261120-101500-curve-abc234", "mine", "curve.bends=2"),
        row("20261120-101600-curve-def567", "mine"),
        row("20261120-101700-curve-ghi890", "other"),
    ]
    assert told_apart(rows) == ["mine (curve.bends=2)", "mine (…def567)", "other"]
    same = [row("1-abc234", "mine", "a=1"), row("1-def567", "mine", "a=1")]
    assert told_apart(same) == ["mine (…abc234)", "mine (…def567)"]


@pytest.mark.parametrize("seconds", [(0.3, 2.6, 0.4), (1.4, 1.4, 1.4), (70.4, 70.4, 0.2)])
def test_the_parts_of_an_estimate_add_up_as_shown(seconds: tuple[float, ...]) -> None:
    nodes = tuple(
        PreviewNode(f"n{i}", "curve", "", "", "run", "", s) for i, s in enumerate(seconds)
    )
    planned = PlanPreview(nodes, sum(seconds), 0, 3)

    def number(text: str) -> int:
        clock = re.search(r"(\d+):(\d\d)", text)
        if clock is not None:
            return 60 * int(clock[1]) + int(clock[2])
        plain = re.search(r"(\d+) s", text)
        assert plain is not None
        return int(plain[1])

    parts = [number(fate_words(node)) for node in nodes]
    assert number(estimate_words(planned)) == sum(parts)
