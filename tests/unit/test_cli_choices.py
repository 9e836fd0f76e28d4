"""What the command line decides for its user: formats, names that fit several runs, line ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcworkbench.cli.completion import run_names, running_names
from mcworkbench.cli.consoles import split_table
from mcworkbench.cli.entry import enter
from mcworkbench.cli.export_command import format_of
from mcworkbench.cli.following import tell_ending
from mcworkbench.cli.wrapping import wrapped
from mcworkbench.errors import InvalidInputError
from mcworkbench.executors.control import is_of_settings
from mcworkbench.runs import events
from mcworkbench.runs.stage_folder import Exit
from mcworkbench.runs.views import RunView
from tests.unit.cli_sample import TINY, environment
from tests.unit.runs_sample import OTHER, RUN, Holder, add_attempt, finish, make_run, make_stage

if TYPE_CHECKING:
    from mcworkbench.cli.export_command import Format

Said = pytest.CaptureFixture[str]
SENTENCE = (
    "[train] augment_seed and imagefolder:/a/very-long/folder/of/digits-minute are both given"
)


@pytest.mark.parametrize(
    ("name", "asked", "form"),
    [
        ("x.safetensors", None, "safetensors"),
        ("x.pt", None, "pt"),
        ("x.PTH", None, "pt"),
        ("x.npz", None, "npz"),
        ("x", None, "safetensors"),
        ("x.bin", "pt", "pt"),
        ("x.pt", "pt", "pt"),
    ],
)
def test_an_export_takes_its_format_from_the_ending(
    name: str, asked: Format | None, form: Format
) -> None:
    assert format_of(Path(name), asked) == form


@pytest.mark.parametrize(
    ("name", "asked"), [("x.pt", "safetensors"), ("x.npz", "pt"), ("x.h5", None)]
)
def test_a_format_that_contradicts_the_ending_is_refused(name: str, asked: Format | None) -> None:
    with pytest.raises(InvalidInputError, match="--format"):
        format_of(Path(name), asked)


@pytest.mark.parametrize("columns", [20, 33, 60])
def test_a_sentence_is_broken_at_spaces_only(columns: int) -> None:
    lines = wrapped(SENTENCE, columns).split("\n")
    assert " ".join(lines).split() == SENTENCE.split()
    assert all(len(line) <= columns or " " not in line for line in lines)


def test_a_wide_table_becomes_several_and_loses_nothing() -> None:
    heads = ["network", *(f"a long head {place}" for place in range(6))]
    rows = [["endpoint-1", *(f"{place}.25" for place in range(6))]]
    lines = [line.plain for line in split_table(heads, rows, width=40)]
    assert max(map(len, lines)) <= 40
    for cell in [*heads, *rows[0]]:
        assert any(cell in line for line in lines)
    assert len(split_table(heads, rows, width=0)) == 2


def _failed(error: str) -> RunView:
    stage = make_stage(error)
    add_attempt(stage, events.StageFailed(error, "it went wrong"), ending=Exit("error"))
    run = make_run(RUN, {"endpoint-1": stage})
    with Holder(run.lock_path):
        pass
    return RunView(RUN)


@pytest.mark.parametrize("error", ["InvalidInputError", "NumericalError"])
def test_what_the_settings_made_fail_is_not_to_be_resumed(error: str, capsys: Said) -> None:
    run = _failed(error)
    assert is_of_settings(run)
    tell_ending(run)
    told = capsys.readouterr().err
    assert "mcworkbench resume" not in told
    assert "run it again with that setting changed" in told


@pytest.mark.parametrize("error", ["OutOfMemoryError", "OSError", "WorkbenchError"])
def test_what_the_machine_made_fail_may_be_resumed(error: str, capsys: Said) -> None:
    tell_ending(_failed(error))
    assert f"mcworkbench resume {RUN}" in capsys.readouterr().err


def test_a_name_of_several_runs_deletes_none_and_a_unique_one_is_restored(capsys: Said) -> None:
    stage = make_stage("s")
    make_run(RUN, {"s": stage}, created=1.0)
    make_run(OTHER, {"s": stage}, created=2.0)
    assert enter(["delete", "demo"]) == 2
    told = capsys.readouterr().err
    assert RUN in told
    assert OTHER in told
    assert " d)" in told
    assert enter(["delete", RUN]) == 0
    assert enter(["delete", "demo"]) == 0
    assert enter(["restore"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[0].split() == ["id", "name", "age", "title"]
    assert listed[1].startswith(f"{RUN}  demo  ")
    assert listed[1].endswith("A demo")
    assert enter(["restore", "demo"]) == 2
    assert enter(["restore", OTHER]) == 0
    assert enter(["restore", "demo"]) == 0
    assert RunView(RUN).name == "demo"


def test_the_list_shows_changes_and_ends_quietly_where_nobody_reads_on(
    home: Path, capsys: Said
) -> None:
    stage = make_stage("s")
    finish(stage)
    for number in range(3):
        make_run(f"20260101-12000{number}-curve-aaaaaa", {"s": stage}, command=["--set", "a.b=1"])
    assert enter(["list"]) == 0
    assert capsys.readouterr().out.count("a.b=1") == 3
    for script in ("| (exec 0<&-; sleep 0.5)", "> /dev/full"):
        command = f"{sys.executable} -m mcworkbench list {script}; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            env=environment(home),
            check=True,
        )
        assert done.stdout.strip() == ("0" if "exec" in script else "1"), done.stderr
        assert done.stderr.count("\n") == ("exec" not in script)
        assert "mistake in the program" not in done.stderr


def test_completion_offers_names_and_to_stop_only_what_runs() -> None:
    stage = make_stage("s")
    make_run(RUN, {"s": stage}, name="resting")
    run = make_run(OTHER, {"s": stage}, name="busy")
    with Holder(run.lock_path, OTHER):
        assert set(dict(run_names(""))) == {RUN, OTHER, "resting", "busy", "last"}
        assert set(dict(running_names(""))) == {OTHER, "busy", "last"}
    assert running_names("") == []


def test_a_preset_that_cannot_be_used_says_so_in_the_list_and_ones_own_are_marked(
    home: Path, capsys: Said
) -> None:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    (folder / "odd.toml").write_text(TINY.read_text().replace('kind = "curve"', 'kind = "curv"'))
    assert enter(["presets", "copy", "quickstart"]) == 0
    assert enter(["presets", "copy", "odd", "quickstart"]) == 2
    capsys.readouterr()
    assert enter(["presets", "list"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert "cannot be used: " in rows["odd"]
    assert " yours " in rows["quickstart-copy"]
    assert " yours " not in rows["quickstart"]
    assert enter(["presets", "list", "--json"]) == 0
    problems = {one["name"]: one["problem"] for one in json.loads(capsys.readouterr().out)}
    assert [name for name, problem in problems.items() if problem] == ["odd"]
