"""The keys of the app as the command line and docs/app.md tell them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench.cli.app import app
from mcworkbench.cli.entry import enter
from mcworkbench.cli.keys_command import HEADING, key_lines, keys_reference

if TYPE_CHECKING:
    import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs" / "app.md"


def test_the_page_lists_every_key_as_it_is() -> None:
    _, heading, written = DOCS.read_text().partition(HEADING)
    assert heading + written == keys_reference()


def test_keys_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert enter(["keys", "--json"]) == 0
    listed = {line["id"]: line for line in json.loads(capsys.readouterr().out)}
    assert listed["app.quit"]["keys"] == ["q"]
    assert listed["run.stop"]["keys"] == ["X"]
    assert listed["chart.left"]["keys"] == ["←"]


def test_commands_that_actions_name_exist() -> None:
    known = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    }
    known |= {group.name for group in app.registered_groups}
    named = {word for line in key_lines() for word in re.findall(r"mcworkbench (\w+)", line.told)}
    assert {"stop", "resume", "delete", "restore", "report", "run"} <= named <= known
