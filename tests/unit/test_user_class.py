"""Where a class of the user's own is found, what it is known by, and that finding runs nothing."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from mcworkbench.config import user_class
from mcworkbench.config.loading import parse_experiment
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.config.user_class import find_source, require_permission
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.expand import expand
from mcworkbench.plans.launch import create_run

NETS = "import torch\nfrom parts import Block\nraise SystemExit('was run')\nclass Net: ...\n"
PRESET = """
kind = "endpoints"
[data]
name = "digits"
[model]
name = "nets:Net"
arguments = {width = 3, names = ["a", "b"]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "parts.py").write_text("import deep.inner\nclass Block: ...\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "__init__.py").write_text("")
    (tmp_path / "deep" / "inner.py").write_text("from . import other\n")
    (tmp_path / "deep" / "other.py").write_text("x = 1\n")
    (tmp_path / "unrelated.py").write_text("y = 1\n")
    return tmp_path


def test_a_class_of_the_folder_is_found_and_not_run(folder: Path) -> None:
    source = find_source("nets:Net", folder)
    assert (source.root, source.file) == (folder, folder / "nets.py")
    assert len(source.digest) == 64
    assert find_source("deep.inner:other", folder).file == folder / "deep" / "inner.py"
    assert "nets" not in sys.modules


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("nets.py", True),
        ("parts.py", True),
        ("deep/__init__.py", True),
        ("deep/inner.py", True),
        ("deep/other.py", True),
        ("unrelated.py", False),
    ],
)
def test_a_class_is_known_by_its_file_and_what_that_imports_beside_it(
    folder: Path, file: str, *, counts: bool
) -> None:
    before = find_source("nets:Net", folder).digest
    path = folder / file
    path.write_text(f"{path.read_text()}z = 1\n")
    assert (find_source("nets:Net", folder).digest != before) == counts


def test_the_digest_does_not_depend_on_where_the_folder_is(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(folder, elsewhere)
    assert find_source("nets:Net", elsewhere).digest == find_source("nets:Net", folder).digest


def test_an_installed_class_is_found(tmp_path: Path) -> None:
    source = find_source("json.decoder:JSONDecoder", tmp_path)
    assert source.file == Path(json.__file__).resolve().with_name("decoder.py")


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nowhere:Net", r"there is no module 'nowhere' in .*; stand in the folder of nowhere.py"),
        ("deep.missing:Net", "there is no module 'deep.missing'"),
        ("nets:Nett", r"nets.py has no 'Nett'. Did you mean 'Net'\? It has: Net\."),
        ("broken:Net", "broken.py line 1: .*; Python cannot read it"),
        ("itertools:count", "there is no module 'itertools'"),
    ],
)
def test_a_class_that_is_not_there_is_one_sentence(
    folder: Path, target: str, sentence: str
) -> None:
    (folder / "broken.py").write_text("class Net(:\n")
    with pytest.raises(InvalidInputError, match=rf"\[model\] {target}: .*{sentence}"):
        find_source(target, folder)


def test_plans_tell_versions_of_a_class_apart_and_need_no_trust(folder: Path) -> None:
    experiment = parse_experiment(PRESET, "p.toml")
    first = expand(experiment, base=folder).nodes["endpoint-1"]
    again = expand(experiment, base=folder).nodes["endpoint-1"]
    assert first.key == again.key
    assert first.label == "nets:Net, seed 1"
    (folder / "parts.py").write_text("class Block: ...\n")
    changed = expand(experiment, base=folder).nodes["endpoint-1"]
    assert changed.key != first.key
    other = parse_experiment(PRESET.replace("width = 3", "width = 4"), "p.toml")
    assert expand(other, base=folder).nodes["endpoint-1"].key != changed.key


def test_a_run_without_trust_is_refused_before_anything_is_written(folder: Path) -> None:
    file = parse_toml(PRESET, "p.toml")
    experiment = parse_experiment(PRESET, "p.toml")
    with pytest.raises(InvalidInputError, match=r"nets:Net: this network is code .* add --trust"):
        create_run(experiment, file, base=folder)
    made = create_run(experiment, file, base=folder, is_trusted=True)
    assert made.plan.nodes["endpoint-1"].label == "nets:Net, seed 1"


def test_only_a_process_that_was_told_so_runs_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_class, "_permissions", list[bool]())
    with pytest.raises(InvalidInputError, match="add --trust"):
        require_permission("nets:Net")
    user_class.permit()
    require_permission("nets:Net")
