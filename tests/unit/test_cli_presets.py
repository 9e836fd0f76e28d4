"""The commands that look at presets, and `doctor`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mcworkbench.cli import doctor
from mcworkbench.cli.completion import node_names, preset_names, run_names
from mcworkbench.cli.entry import enter
from mcworkbench.cli.presets_list import list_lines
from mcworkbench.config.presets import PresetInfo, grouped, list_presets, preset_files
from tests.unit.cli_sample import ROOT, TINY

if TYPE_CHECKING:
    from pathlib import Path

Said = pytest.CaptureFixture[str]


def test_the_list_names_every_shipped_file_with_kind_title_and_path(capsys: Said) -> None:
    assert enter(["presets", "list", "--json"]) == 0
    listed = {preset["name"]: preset for preset in json.loads(capsys.readouterr().out)}
    assert set(listed) == {path.stem for path in (ROOT / "presets").glob("*.toml")}
    quickstart = listed["quickstart"]
    assert quickstart["kind"] == "curve"
    assert quickstart["title"].startswith("Two digit classifiers")
    assert quickstart["path"].endswith("presets/quickstart.toml")


def test_show_prints_the_file(capsys: Said) -> None:
    assert enter(["presets", "show", "quickstart"]) == 0
    assert capsys.readouterr().out == (ROOT / "presets" / "quickstart.toml").read_text()


def test_a_copy_is_ones_own_and_never_overwritten(home: Path, capsys: Said) -> None:
    assert enter(["presets", "copy", "quickstart", "mine"]) == 0
    copy = home / "config" / "presets" / "mine.toml"
    assert capsys.readouterr().out.strip() == str(copy)
    copy.write_text(copy.read_text().replace("epochs = 30", "epochs = 31"))
    assert enter(["presets", "copy", "quickstart", "mine"]) == 2
    assert "epochs = 31" in copy.read_text()
    assert enter(["presets", "list"]) == 0
    assert "mine " in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../mine", "a/b", ".hidden", "-x y", "x" * 90])
def test_a_copy_cannot_leave_its_folder(name: str, home: Path, capsys: Said) -> None:
    assert enter(["presets", "copy", "quickstart", "--", name]) == 2
    assert "cannot name a preset" in capsys.readouterr().err
    assert not list(home.rglob("*.toml"))


def test_check_tells_every_problem_of_every_preset(tmp_path: Path, capsys: Said) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(TINY.read_text().replace("lr = 0.05", "lr = -1"))
    assert enter(["presets", "check", str(file), str(TINY)]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.startswith(str(file)) for line in lines] == [True, True, False]
    assert lines[2] == f"{TINY}: OK"


def test_check_finds_a_data_folder_that_is_not_there(tmp_path: Path, capsys: Said) -> None:
    file = tmp_path / "photos.toml"
    file.write_text(TINY.read_text().replace('"digits"', '"imagefolder:/no/where"'))
    assert enter(["presets", "check", str(file)]) == 2
    assert "there is no folder /no/where" in capsys.readouterr().out


def test_every_shipped_preset_is_valid(capsys: Said) -> None:
    assert enter(["presets", "check"]) == 0
    assert capsys.readouterr().out.count(": OK") == len(list((ROOT / "presets").glob("*.toml")))


def test_a_preset_with_a_hostile_file_name_is_listed_harmlessly_and_can_be_run(
    home: Path, capsys: Said
) -> None:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    (folder / "a\x1b]0;owned\x07.toml").write_text(TINY.read_text())
    assert enter(["presets", "list"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert "a<1b>]0;owned<07>" in preset_files()
    assert enter(["presets", "check", "a<1b>]0;owned<07>"]) == 0
    assert enter(["presets", "check", "a\x1b]0;owned\x07"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_completion_offers_presets_and_stays_silent_about_trouble(home: Path) -> None:
    assert "quickstart" in dict(preset_names("quick"))
    assert dict(preset_names("zzz")) == {}
    assert run_names("2026") == []
    assert node_names("nothing/cur") == []
    (home / "data" / "runs" / "20261120-101500-curve-abc234").mkdir(parents=True)
    assert run_names("2026") == []


def test_doctor_finds_the_interpreter_and_a_home_that_can_be_written(
    home: Path, capsys: Said
) -> None:
    assert enter(["doctor", "--json"]) == 0
    found = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert found["home"]["value"] == str(home / "data")
    assert found["home"]["state"] == "ok"
    assert found["torch"]["state"] == "ok"


def test_doctor_ends_with_1_where_the_home_is_a_file(home: Path, capsys: Said) -> None:
    home.write_text("")
    assert enter(["doctor"]) == 1
    out, err = capsys.readouterr()
    assert "bad" in out
    assert "1 unusable" in err


@pytest.mark.parametrize(
    ("torch", "needs", "state"),
    [
        ("2.11.0+cpu", "torch==2.11.0", "ok"),
        ("2.13.0", "torch==2.12.0", "warn"),
        ("2.15.0", "torch (>=2.14.0)", "ok"),
        ("2.12.0", "torch (>=2.14.0)", "warn"),
        ("2.13.0", "torch!=2.13.0,>=2.11", "warn"),
        ("", "torch==2.12.0", "warn"),
    ],
)
def test_torch_and_torchvision_are_compared_by_what_torchvision_asks_for(
    torch: str, needs: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(package: str) -> str:
        return torch if package == "torch" else "1"

    def requires(_: str) -> list[str]:
        return ["numpy", needs, "torch-other==9"]

    monkeypatch.setattr(doctor, "version_of", version)
    monkeypatch.setattr("importlib.metadata.requires", requires)
    found = {finding.name: finding.state for finding in doctor.findings()}
    assert found["torch pair"] == state


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_titles_are_whole_at_any_width(width: int) -> None:
    presets = list_presets()
    lines = [line.plain for line in list_lines(presets, {}, width)]
    assert max(map(len, lines)) <= width
    words = " ".join(" ".join(lines).split())
    for preset in presets:
        assert " ".join(preset.title.split()) in words.replace("- ", "-")


def test_presets_stand_under_their_kind_and_whose_recipe_they_are() -> None:
    def preset(name: str, kind: str, source: str = "") -> PresetInfo:
        return PresetInfo(name, kind, "", "", ROOT, is_shipped=True, source=source)

    mixed = [
        preset("d", "curve", "paper"),
        preset("a", "import"),
        preset("b", "curve"),
        preset("c", "endpoints"),
        preset("e", "no such kind"),
        preset("f", "curve", "paper"),
    ]
    found = {group: [one.name for one in members] for group, members in grouped(mixed).items()}
    assert list(found) == ["endpoints", "curve", "curve, paper", "import", "no such kind"]
    assert found["curve, paper"] == ["d", "f"]
