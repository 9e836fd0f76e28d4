"""What the command line says about a wrong command, preset, run or file, and its exit code."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mcworkbench import __version__
from mcworkbench.cli.entry import enter
from tests.unit.cli_sample import ROOT, TINY, environment

if TYPE_CHECKING:
    from pathlib import Path

Said = pytest.CaptureFixture[str]


def refused(said: Said, *words: str) -> str:
    """Return the sentence on stderr of a command that is invalid and wrote no data."""
    assert enter(list(words)) == 2
    out, err = said.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "quikstart"], "no preset is called 'quikstart'. Did you mean 'quickstart'?"),
        (["run", "nowhere/my.toml"], "nowhere/my.toml: there is no such file"),
        (["run", "quickstart", "--set", "train.epoch=3"], "'epochs'?"),
        (["run", "quickstart", "--set", "train.epochs=many"], "--set train.epochs=many"),
        (["run", "quickstart", "--set", "epochs"], "write SECTION.KEY=VALUE"),
        (["run", "quickstart", "--set", "model.name=mpl"], "Did you mean 'mlp'?"),
        (["run", "quickstart", "--set", "data.name=imagefolder:/no/where"], "there is no folder"),
        (["run", "quickstart", "--device", "cuda:7"], "device 'cuda:7': not on this machine"),
        (["show", "nothing"], "there is no run 'nothing'"),
        (["stop", "nothing"], "there is no run 'nothing'"),
        (["resume", "nothing"], "there is no run 'nothing'"),
        (["delete", "nothing"], "there is no run 'nothing'"),
        (["restore", "nothing"], "must name one deleted run"),
        (["report", "nothing"], "there is no run 'nothing'"),
        (["export", "nothing", "--out", "x"], "there is no run 'nothing'"),
        (["import", "no.pt", "--model", "mlp", "--data", "digits"], "no.pt: there is no such file"),
        (["presets", "show", "quikstart"], "Did you mean 'quickstart'?"),
    ],
)
def test_a_mistake_is_one_sentence_that_helps_and_exit_code_2(
    words: list[str], sentence: str, capsys: Said
) -> None:
    told = refused(capsys, *words)
    assert sentence in told
    assert told.startswith("mcworkbench: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (["run", "quickstart", "--sed", "3"], "--seed"),
        (["rum", "quickstart"], "'run'"),
        (["presets", "chek"], "'check'"),
        (["run"], "PRESET"),
        (["run", "quickstart", "--seed", "abc"], "--seed"),
        (["export", "last"], "--out"),
    ],
)
def test_a_wrong_command_line_names_what_was_meant(
    words: list[str], nearest: str, capsys: Said
) -> None:
    told = refused(capsys, *words)
    assert nearest in told
    assert "--help` shows" in told
    assert told.count("\n") == 1


def test_every_problem_of_a_preset_is_told_at_once(tmp_path: Path, capsys: Said) -> None:
    file = tmp_path / "bad.toml"
    text = TINY.read_text()
    file.write_text(text.replace("epochs = 2", "epoch = 2", 1).replace('"bezier"', '"beizer"'))
    told = refused(capsys, "run", str(file)).splitlines()
    assert len(told) == 2
    assert "bad.toml line 17, [train] epoch" in told[0]
    assert "Did you mean 'bezier'?" in told[1]


def test_nothing_is_left_behind_by_a_run_that_is_refused(home: Path, capsys: Said) -> None:
    refused(capsys, "run", "quickstart", "--set", "data.name=imagefolder:/no/where")
    assert not (home / "data" / "runs").exists()


def test_a_hostile_name_comes_back_without_its_control_characters(capsys: Said) -> None:
    told = refused(capsys, "show", "\x1b]0;title\x07 [red]x[/red]")
    assert "\x1b" not in told
    assert "\x07" not in told
    assert "[red]x[/red]" in told


def test_debug_adds_the_traceback_wherever_it_stands(capsys: Said) -> None:
    for words in (["--debug", "show", "nothing"], ["show", "nothing", "--debug"]):
        assert enter(words) == 2
        assert "Traceback" in capsys.readouterr().err


def test_a_mistake_of_ours_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    def broken(*_: object, **__: object) -> int:
        raise RuntimeError("the \x1b[31mmoon")

    monkeypatch.setattr("mcworkbench.cli.show.list_all", broken)
    assert enter(["list"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("mcworkbench: unexpected RuntimeError: the <1b>[31mmoon")
    assert "Traceback" not in told


def test_no_words_show_the_help_on_stdout(capsys: Said) -> None:
    assert enter([]) == 0
    out, err = capsys.readouterr()
    assert "presets" in out
    assert err == ""


def _loaded(words: str, home: Path) -> tuple[str, set[str]]:
    """Return what a command writes and the top-level modules that it loaded."""
    script = (
        "import sys\n"
        f"sys.argv = ['mcworkbench', *{words.split()!r}]\n"
        "from mcworkbench.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('MODULES', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=environment(home),
        check=True,
        cwd=ROOT,
    )
    text, _, modules = done.stdout.rpartition("MODULES")
    return text, set(modules.split())


def test_the_version_loads_nothing_but_the_package(home: Path) -> None:
    text, modules = _loaded("--version", home)
    assert text == f"mcworkbench {__version__}\n"
    assert not modules & {"torch", "textual", "rich", "typer", "pydantic", "numpy"}


@pytest.mark.parametrize(
    "words", ["list", "list --json", "presets list", "presets check quickstart", "doctor --json"]
)
def test_looking_loads_neither_torch_nor_textual(words: str, home: Path) -> None:
    _, modules = _loaded(words, home)
    assert "typer" in modules
    assert not modules & {"torch", "torchvision", "textual", "sklearn", "matplotlib"}
