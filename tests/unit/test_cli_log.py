"""`log` and the filter of `list`, on recorded runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mcworkbench.cli.entry import enter
from tests.screens.recorded import recorded_home

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert enter(["list", "--json", *words]) == 0
    return [run["name"] for run in json.loads(capsys.readouterr().out)]


def test_log_says_why_a_stage_failed_and_ends_with_the_supervisors(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = recorded_home(home, "diverges")
    stage = next((home / "data" / "stages").glob("*/attempts/0001/exit.json"))
    message = json.loads(stage.read_text())["message"]
    assert enter(["log", ids["diverges"]]) == 0
    told = capsys.readouterr().out
    assert message in told.splitlines()[0]
    assert "supervisor" in told


def test_list_takes_the_filter_and_the_order_of_the_app(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded_home(home)
    assert set(listed(capsys, "--filter", "state:failed|lost")) == {"diverges", "was-killed"}
    assert listed(capsys, "--filter", "name:no-such-run") == []
    names = listed(capsys, "--sort", "name")
    assert names == sorted(names)


def test_a_filter_or_an_order_that_is_none_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded_home(home, "quickstart")
    assert enter(["list", "--filter", "best<<3"]) == 2
    assert enter(["list", "--sort", "bst"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "Did you mean 'best'?" in told[1]
