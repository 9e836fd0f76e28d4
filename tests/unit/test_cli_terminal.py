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


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 36), (40, 12)])
def test_no_frame_is_larger_than_the_terminal(home: Path, columns: int, rows: int) -> None:
    words = ["run", str(TINY), "--set", "train.epochs=60", "--seed", str(columns)]
    with Terminal(home, *words, columns=columns, rows=rows) as terminal:
        assert terminal.wait() == 0
        frames = _frames(terminal.raw)
        shown = terminal.shown()
    assert len(frames) > 3
    assert max(len(line) for frame in frames for line in frame) < columns
    assert max(len(line) for line in shown.split("\n")) <= columns
    # A frame ends in a line break; one row must stay free below it, or the terminal scrolls.
    assert max(len(frame) for frame in frames) <= rows
    assert any("running" in line and "%" in line for frame in frames for line in frame)
    assert "curve" in "\n".join(frames[-1])


def test_the_final_frame_has_every_stage_and_the_table_follows(home: Path) -> None:
    with Terminal(home, "run", str(TINY), "--seed", "80") as terminal:
        assert terminal.wait() == 0
        last = "\n".join(_frames(terminal.raw)[-1])
        shown = terminal.shown()
    for stage in ("dataset", "endpoint-1", "line", "curve", "evaluate-curve"):
        assert re.search(rf"^\S {stage} ", last, re.MULTILINE), last
    assert "barrier" in shown
    assert "report: " in shown
    assert terminal.raw.rstrip().endswith(b"html")
    assert terminal.raw.count(b"\x1b[?25l") == terminal.raw.count(b"\x1b[?25h") == 1


def test_no_colour_is_used_where_none_is_wanted(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def colours(raw: bytes) -> list[bytes]:
        return re.findall(rb"\x1b\[[0-9;]*3[0-9][0-9;]*m", raw)

    with Terminal(home, "run", str(TINY), "--seed", "80") as terminal:
        assert terminal.wait() == 0
    assert colours(terminal.raw)
    monkeypatch.setenv("NO_COLOR", "1")
    with Terminal(home, "run", str(TINY), "--seed", "80") as terminal:
        assert terminal.wait() == 0
    assert not colours(terminal.raw)


def test_ctrl_c_stops_with_a_checkpoint_and_resume_finishes(home: Path) -> None:
    with Terminal(home, "run", str(TINY), "--set", "curve.epochs=600", "--name", "halted") as one:
        one.read_until("curve, epoch ")
        one.press(CTRL_C)
        assert one.wait() == 3
        assert "`mcworkbench resume " in one.shown()
    document = json.loads(run(home, "show", "halted", "--json").stdout)
    assert document["state"] == "stopped"
    assert 0 < _curve_epochs(document)[-1] < 600
    with Terminal(home, "resume", "halted") as two:
        assert two.wait() == 0
        assert "barrier" in two.shown()
    again = json.loads(run(home, "show", "halted", "--json").stdout)
    assert again["state"] == "done"
    assert _curve_epochs(again) == list(range(1, 601))


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
