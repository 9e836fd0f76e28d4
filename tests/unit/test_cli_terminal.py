"""A run in a real pseudo-terminal: what is painted, how it stops, and that it goes on."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.cli_sample import TINY, Terminal, run

if TYPE_CHECKING:
    from pathlib import Path

CTRL_C = b"\x03"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:  # pyright: ignore[reportGeneralTypeIssues]
    """Return a home that the tests of this file share: later ones reuse the data set."""
    return tmp_path_factory.mktemp("terminal") / "home"


def _frames(raw: bytes) -> list[list[str]]:
    """Return every painted frame as its lines, without control sequences."""
    pieces = raw.split(b"\x1b[?2026h")[1:]
    frames = [re.sub(rb"\x1b\[[?0-9;]*[A-Za-z]", b"", p.split(b"\x1b[?2026l")[0]) for p in pieces]
    return [frame.decode().replace("\r", "").split("\n") for frame in frames]


@pytest.fixture(scope="module")
def finished(home: Path) -> bytes:
    """Return what a run wrote into a terminal of 80 columns and 24 rows."""
    words = ["run", str(TINY), "--set", "train.epochs=100", "--name", "finished"]
    with Terminal(home, *words) as terminal:
        assert terminal.wait() == 0
    return terminal.raw


def _shown(raw: bytes) -> str:
    return re.sub(rb"\x1b\[[?0-9;]*[A-Za-z]", b"", raw).decode().replace("\r", "")


def test_no_line_is_longer_than_the_terminal(finished: bytes) -> None:
    frames = _frames(finished)
    assert len(frames) > 3
    assert max(len(line) for frame in frames for line in frame) < 80
    # A frame ends in a line break; one row must stay free below it, or the terminal scrolls.
    assert max(len(frame) for frame in frames) <= 24
    assert any("running" in line and "%" in line for frame in frames for line in frame)
    # The path of the report is whole, so that it can be copied.
    lines = [line for line in _shown(finished).split("\n") if not line.startswith("report: ")]
    assert max(map(len, lines)) <= 80


def test_the_final_frame_has_every_stage_and_the_table_follows(finished: bytes) -> None:
    last = "\n".join(_frames(finished)[-1])
    for stage in ("dataset", "endpoint-1", "line", "curve", "evaluate-curve"):
        assert re.search(rf"^\S {stage} +done ", last, re.MULTILINE), last
    after = _shown(finished.rpartition(b"\x1b[?2026l")[2])
    assert "barrier" in after
    assert after.rstrip().endswith("report.html")
    assert finished.count(b"\x1b[?25l") == finished.count(b"\x1b[?25h") == 1


def test_no_colour_is_used_where_none_is_wanted(
    home: Path, finished: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    colour = re.compile(rb"\x1b\[[0-9;]*3[0-9][0-9;]*m")
    assert colour.search(finished)
    monkeypatch.setenv("NO_COLOR", "1")
    with Terminal(home, "watch", "finished") as terminal:
        assert terminal.wait() == 0
    assert "barrier" in terminal.shown()
    assert not colour.search(terminal.raw)


def test_ctrl_c_stops_with_a_checkpoint_and_resume_finishes(home: Path) -> None:
    with Terminal(home, "run", str(TINY), "--set", "curve.epochs=300", "--name", "halted") as one:
        one.read_until("curve, epoch ")
        one.press(CTRL_C)
        assert one.wait() == 3
        assert "`mcworkbench resume " in one.shown()
    document = json.loads(run(home, "show", "halted", "--json").stdout)
    assert document["state"] == "stopped"
    assert 0 < _curve_epochs(document)[-1] < 300
    with Terminal(home, "resume", "halted") as two:
        assert two.wait() == 0
        assert "barrier" in two.shown()
    again = json.loads(run(home, "show", "halted", "--json").stdout)
    assert again["state"] == "done"
    assert _curve_epochs(again) == list(range(1, 301))


def test_a_second_ctrl_c_kills(home: Path) -> None:
    with Terminal(home, "run", str(TINY), "--set", "curve.epochs=9000", "--name", "killed") as one:
        one.read_until("curve, epoch ")
        one.press(CTRL_C)
        one.press(CTRL_C)
        assert one.wait() == 3
    assert json.loads(run(home, "show", "killed", "--json").stdout)["state"] == "stopped"


def test_leaving_a_watched_run_does_not_stop_it(home: Path) -> None:
    words = ["run", str(TINY), "--set", "curve.epochs=9001", "--detach"]
    run_id = run(home, *words).stdout.strip()
    with Terminal(home, "watch", run_id) as watching:
        watching.read_until("curve, epoch ")
        watching.press(CTRL_C)
        assert watching.wait() == 0
        assert "goes on" in watching.shown()
    assert json.loads(run(home, "show", run_id, "--json").stdout)["state"] == "running"
    assert "stops now" in run(home, "stop", run_id, "--now").stderr
    assert run(home, "watch", run_id).returncode == 3


def _curve_epochs(document: dict[str, Any]) -> list[int]:
    return next(one["epochs"] for one in document["trainings"] if one["node"] == "curve")
