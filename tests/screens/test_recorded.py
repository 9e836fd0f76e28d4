"""The recordings themselves: what the views make of them, and that they can be played."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from mcworkbench.runs.index import list_runs
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.views import RunView, State
from tests.screens.recorded import MORE_NAMES, NAMES, cut, hold, recorded_home

FOLDER = Path(__file__).parents[1] / "data" / "recorded"
STATES = {
    "quickstart": "done",
    "half-way": "stopped",
    "was-killed": "lost",
    "diverges": "failed",
    "all-pairs": "done",
    "three-ends": "done",
    "fge-pool": "done",
    **dict.fromkeys(("pictures", "classes", "functions"), "done"),
}


def test_recorded_runs_have_the_states_they_ended_in(home: Path) -> None:
    recorded_home(home, *NAMES, *MORE_NAMES)
    assert {run.name: str(run.state) for run in list_runs()} == STATES


def test_recorded_products_pass_every_check_of_their_digests(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    for node in RunView(ids["quickstart"]).nodes.values():
        result = StageFolder(node.key).result()
        assert result is not None
        assert StageFolder(node.key).artifact_problem(result, verify=True) is None


def test_recordings_are_small_and_name_no_folder_of_the_machine_they_were_made_on() -> None:
    files = list(FOLDER.iterdir())
    assert {path.name for path in files} == {f"{name}.json.gz" for name in (*NAMES, *MORE_NAMES)}
    assert sum(path.stat().st_size for path in files) < 600_000
    for path in files:
        text = gzip.decompress(path.read_bytes()).decode()
        assert not re.search(r"/(tmp|work|root|home|Users)/", text), path


def test_a_cut_stage_runs_while_its_locks_are_held_and_is_lost_after(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.5)
    with hold("quickstart", "curve"):
        run = RunView(ids["quickstart"])
        assert run.state is State.running
        before = run.nodes["curve"].view.epochs[-1].epoch
        assert run.nodes["evaluate-curve"].state is State.queued
        replay.play(40)
        run.refresh()
        assert run.nodes["curve"].view.epochs[-1].epoch > before
    assert RunView(ids["quickstart"]).state is State.lost
    replay.finish()
    assert RunView(ids["quickstart"]).nodes["curve"].state is State.done


@pytest.mark.parametrize("name", [*NAMES, *MORE_NAMES])
def test_each_recording_stands_alone(home: Path, name: str) -> None:
    ids = recorded_home(home, name)
    assert str(RunView(ids[name]).state) == STATES[name]
