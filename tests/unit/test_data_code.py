"""Data and tasks of the user's own code: run only where they trust it, never imported before."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.config import user_class
from mcworkbench.config.loading import build_experiment
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.config.user_class import is_code_name, permit
from mcworkbench.data.code import load
from mcworkbench.data.dataset import open_dataset, write_dataset
from mcworkbench.data.raw import silent
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import publish_json
from mcworkbench.plans.digests import source_digest
from mcworkbench.plans.launch import create_run
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.tasks import make_task
from tests.unit.plans_sample import GOOD, plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETS = """\
import numpy as np
LOADED = True

def images():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (12, 5, 5), dtype=np.uint8)
    labels = np.arange(12) % 3
    return {"train_inputs": pixels[:8], "train_targets": labels[:8],
            "test_inputs": pixels[8:], "test_targets": labels[8:], "classes": ["a", "b", "c"]}

def values():
    x = np.linspace(0, 1, 10)[:, None]
    return {"train_inputs": x, "train_targets": x[:, 0] ** 2, "test_inputs": x,
            "test_targets": x[:, 0] ** 2}

def broken():
    raise RuntimeError("no such luck")

def strange():
    return [1, 2]

def uneven():
    return {**values(), "test_targets": np.zeros(3)}
"""
TASKS = """\
from mcworkbench.tasks.regression import Regression

class Doubled:
    def __new__(cls, ece_bins=0):
        return Regression()

def other(ece_bins=0):
    return 7
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder with a package of the user's, in which we stand."""
    folder = tmp_path / "work"
    (folder / "mine").mkdir(parents=True)
    (folder / "mine" / "__init__.py").write_text("import sys\nsys.modules['mine-was-here'] = sys\n")
    (folder / "mine" / "sets.py").write_text(SETS)
    (folder / "mine" / "tasks.py").write_text(TASKS)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(user_class, "_permissions", [])
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0].startswith("mine")]:
        del sys.modules[name]


def options(name: str, **chosen: Any) -> DataOptions:
    return DataOptions.model_validate({"name": f"code:{name}", **chosen})


PRESET = GOOD.replace('"digits"', '"code:mine.sets:images"')


def test_what_nobody_trusted_is_refused_and_never_imported(mine: Path) -> None:
    experiment, file = build_experiment(parse_toml(PRESET, "p.toml"))
    with pytest.raises(InvalidInputError, match=r"would run with your rights.* add --trust"):
        create_run(experiment, file, base=mine)
    with pytest.raises(InvalidInputError, match="add --trust"):
        load("mine.sets:images", options("mine.sets:images"), silent)
    assert "mine-was-here" not in sys.modules


def test_a_task_of_ones_own_needs_trust_too(mine: Path) -> None:
    experiment, file = build_experiment(
        parse_toml(GOOD, "p.toml"), ["data.task='mine.tasks:Doubled'"]
    )
    with pytest.raises(InvalidInputError, match=r"\[data\] task mine.tasks:Doubled: .*--trust"):
        create_run(experiment, file, base=mine)


def test_a_trusted_run_says_so_and_planning_it_imports_nothing(mine: Path) -> None:
    experiment, file = build_experiment(parse_toml(PRESET, "p.toml"))
    launched = create_run(experiment, file, base=mine, is_trusted=True)
    document = RunFolder(launched.run_id).document()
    assert document is not None
    assert document.trusted
    dataset = launched.plan.nodes["dataset"].options
    assert isinstance(dataset, DataOptions)
    assert (dataset.name, dataset.code_folder) == ("code:mine.sets:images", str(mine.resolve()))
    assert "mine-was-here" not in sys.modules


def test_two_functions_of_one_file_are_two_data_sets(mine: Path) -> None:
    keys = {
        plan_of(text=PRESET.replace("images", name), base=mine).nodes["dataset"].key
        for name in ("images", "values")
    }
    assert len(keys) == 2


def test_where_code_lies_changes_no_key(mine: Path, tmp_path: Path) -> None:
    before = plan_of(text=PRESET, base=mine).nodes["dataset"].key
    moved = tmp_path / "moved"
    mine.rename(moved)
    assert plan_of(text=PRESET, base=moved).nodes["dataset"].key == before


def test_changed_code_is_another_data_set_and_a_plan_notices(mine: Path) -> None:
    permit()
    before = source_digest("code:mine.sets:images")
    (mine / "mine" / "sets.py").write_text(SETS + "\n# changed\n")
    assert source_digest("code:mine.sets:images") != before
    with pytest.raises(InvalidInputError, match="has changed since this was planned"):
        load("mine.sets:images", options("mine.sets:images", digest=before), silent)


def test_images_and_values_come_out_as_the_function_gives_them(mine: Path) -> None:
    permit()
    images = load("mine.sets:images", options("mine.sets:images"), silent)
    assert images.train_inputs.shape == (8, 5, 5, 1)
    assert images.train_targets.tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
    assert images.classes == ("a", "b", "c")
    values = load("mine.sets:values", options("mine.sets:values"), silent)
    assert values.train_targets.shape == (10, 1)
    assert values.classes == ()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mine.sets:broken", "failed .RuntimeError: no such luck"),
        ("mine.sets:strange", "must return a dict with train_inputs"),
        ("mine.sets:uneven", "one target for each input"),
        ("mine.sets:imagse", "has no 'imagse'. Did you mean 'images'"),
    ],
)
def test_what_goes_wrong_in_it_is_one_sentence(mine: Path, name: str, told: str) -> None:
    permit()
    with pytest.raises(InvalidInputError, match=told) as caught:
        load(name, options(name), silent)
    assert "\n" not in str(caught.value)


def test_a_module_that_is_nowhere_is_one_sentence(mine: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"there is no module 'mine\.lost'"):
        plan_of(text=PRESET.replace("mine.sets", "mine.lost"), base=mine)
    with pytest.raises(InvalidInputError, match=r"write PACKAGE\.MODULE:NAME"):
        plan_of(text=PRESET.replace("mine.sets:images", "mine sets"), base=mine)


def test_a_task_of_ones_own_is_taken_where_it_is_one(mine: Path, tmp_path: Path) -> None:
    names = ["mine.sets:values", "mine.tasks:Doubled", "mine.tasks:other"]
    permit()
    for name, problem in (("mine.tasks:Doubled", None), ("mine.tasks:other", "AbstractTask")):
        folder = tmp_path / name.rpartition(":")[2]
        folder.mkdir()
        publish_json(folder / "dataset.json", write_dataset(options(names[0], task=name)))
        dataset = open_dataset(folder)
        assert dataset.task == name
        if problem is None:
            assert make_task(dataset).metrics[0].name == "nll"
        else:
            with pytest.raises(InvalidInputError, match=problem):
                make_task(dataset)


def test_names_of_code_are_told_from_others() -> None:
    for name in ("a:b", "package.module:Class", "_x.y1:z_2"):
        assert is_code_name(name)
    for name in ("mlp", "a.b", "a:b:c", "a b:c", "../x:y", "a.:b", "", "1a:b", "a:b\n"):
        assert not is_code_name(name)
