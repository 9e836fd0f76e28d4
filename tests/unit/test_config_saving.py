"""An edited preset as a shell command, as a file of one's own, and as a difference."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from mcworkbench import folders
from mcworkbench.config import presets
from mcworkbench.config.editing import PresetDraft
from mcworkbench.config.loading import load_experiment, parse_experiment
from mcworkbench.config.presets import new_preset_path, shipped_root
from mcworkbench.errors import InvalidInputError, WorkbenchError

if TYPE_CHECKING:
    from pathlib import Path

QUICKSTART = shipped_root() / "quickstart.toml"
COMMANDS = [
    {},
    {"curve.bends": "2"},
    {"curve.bends": "2", "train.lr": "5e-4", "curve.name": "polychain"},
    {"title": 'it\'s $HOME; `ls` "x" \\ | é', "compute.device": "cpu"},
    {"evaluate.points": "0, 0.5, 1", "model.widths": "[]"},
    {"ends.use": "file:a b.pt, run:last/endpoint-1", "ends.seeds": ""},
    {"train.weight_decay": "", "data.validation": ""},
    {"train.keep": "0, 32, every:10"},
    {"title": "true", "summary": "12"},
    {"title": ""},
]


@pytest.mark.parametrize("edits", COMMANDS, ids=lambda edits: ",".join(edits) or "none")
def test_the_shell_command_builds_the_same_experiment(edits: dict[str, str]) -> None:
    draft = PresetDraft.open("quickstart")
    for dotted, typed in edits.items():
        draft.set(tuple(dotted.split(".")), typed)
    words = shlex.split(shlex.join(draft.command()))
    assert words[:3] == ["mcworkbench", "run", "quickstart"]
    assert words[3::2] == ["--set"] * len(words[4::2])
    again, _ = load_experiment(words[2], words[4::2])
    assert again == draft.checked.experiment == parse_experiment(draft.text, "x.toml")


def test_published_numbers_and_further_nodes_can_be_said_too(home: Path) -> None:
    draft = PresetDraft.open("vgg16-cifar10-bezier")
    draft.set(("expect", "curve.test_error.max"), "0.08")
    words = draft.command()
    again, _ = load_experiment(words[2], words[4::2])
    assert again == draft.checked.experiment
    assert again.expect["curve.test_error.max"] == 0.08
    draft.replace(f"{QUICKSTART.read_text()}[further.fine]\nfrom = 'endpoint-1'\nlr = 0.01\n")
    draft.save_as("deeper")
    draft.set(("further", "fine", "lr"), "0.02")
    words = draft.command()
    assert words[2:] == ["deeper", "--set", "further.fine.lr=0.02"]
    again, _ = load_experiment(words[2], words[4::2])
    assert again.further == {"fine": {"from": "endpoint-1", "lr": 0.02}}


def test_comments_make_no_difference_and_what_no_set_can_say_gives_no_command(
    home: Path,
) -> None:
    draft = PresetDraft.open("quickstart")
    draft.replace(f"# a thought\n{draft.text}")
    assert draft.command() == ["mcworkbench", "run", "quickstart"]
    draft.replace(f"{draft.text}[train.x]\n")
    assert draft.command() == []
    draft.undo_all()
    draft.set(("train", "stop_at"), "5")
    draft.save_as("mine")
    draft.unset(("train", "stop_at"))
    assert draft.checked.experiment is not None
    assert draft.command() == [], "no --set takes a key out that has no default"


def test_a_shipped_preset_is_saved_as_a_copy_and_an_own_one_in_place(home: Path) -> None:
    shipped = QUICKSTART.read_bytes()
    draft = PresetDraft.open("quickstart")
    assert draft.place == "shipped"
    draft.set(("curve", "bends"), "2")
    with pytest.raises(InvalidInputError, match="read-only"):
        draft.save()
    for name in ("../x", "quickstart", ".a", "a b"):
        with pytest.raises(InvalidInputError):
            draft.save_as(name)
    draft.save_as("mine")
    path = home / "config" / "presets" / "mine.toml"
    assert path.read_bytes() == shipped.replace(b"bends = 1", b"bends = 2")
    assert (draft.place, draft.name, draft.is_changed) == ("own", "mine", False)
    assert draft.command() == ["mcworkbench", "run", "mine"]
    draft.set(("curve", "bends"), "3")
    draft.save()
    assert path.read_bytes() == shipped.replace(b"bends = 1", b"bends = 3")
    assert QUICKSTART.read_bytes() == shipped


def test_a_preset_that_another_app_made_at_the_same_moment_is_not_overwritten(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def a_moment_ago(name: str, *, hint: str = "") -> Path:
        path = new_preset_path(name, hint=hint)
        path.parent.mkdir(parents=True)
        path.write_text("# theirs")
        return path

    monkeypatch.setattr(presets, "new_preset_path", a_moment_ago)
    draft = PresetDraft.open("quickstart")
    draft.set(("curve", "bends"), "2")
    with pytest.raises(InvalidInputError, match=r"mine\.toml exists; give another name"):
        draft.save_as("mine")
    assert (home / "config" / "presets" / "mine.toml").read_text() == "# theirs"
    assert (draft.place, draft.is_changed) == ("shipped", True)


def test_a_preset_that_cannot_be_written_leaves_no_empty_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, _content: bytes) -> None:
        raise WorkbenchError(f"{path}: no space left on device")

    monkeypatch.setattr(folders, "publish_bytes", full)
    with pytest.raises(WorkbenchError, match="no space"):
        PresetDraft.open("quickstart").save_as("mine")
    assert not list((home / "config" / "presets").iterdir())


def test_a_preset_of_a_run_is_a_copy_too(home: Path) -> None:
    folder = home / "data" / "runs" / "20261120-101500-curve-abc234"
    folder.mkdir(parents=True)
    (folder / "preset.toml").write_text(QUICKSTART.read_text())
    draft = PresetDraft.open(str(folder / "preset.toml"), name="my run")
    assert (draft.place, draft.name) == ("run", "my run")
    assert draft.command() == ["mcworkbench", "run", str(folder / "preset.toml")]
    with pytest.raises(InvalidInputError, match="read-only"):
        draft.save()


def test_a_file_that_changed_meanwhile_is_noticed(home: Path) -> None:
    draft = PresetDraft.open("quickstart")
    draft.save_as("mine")
    draft.set(("seed",), "5")
    assert not draft.is_stale()
    theirs = draft.base.replace("bends = 1", "bends = 7")
    draft.path.write_text(theirs)
    assert draft.is_stale()
    mine = draft.text
    draft.keep_mine()
    assert (draft.text, draft.base, draft.is_stale()) == (mine, theirs, False)
    assert draft.changes() == {("seed",): (None, 5), ("curve", "bends"): (7, 1)}
    draft.reload()
    assert (draft.text, draft.is_changed, draft.undo()) == (theirs, False, False)
    draft.path.unlink()
    assert draft.is_stale()


def test_the_diff_is_a_unified_one() -> None:
    draft = PresetDraft.open("quickstart")
    assert draft.diff(draft.base, "saved") == []
    draft.set(("curve", "bends"), "2")
    lines = draft.diff(draft.base, "saved")
    assert lines[:2] == ["--- saved", "+++ quickstart"]
    assert [line for line in lines[3:] if line[0] in "+-"] == ["-bends = 1", "+bends = 2"]
