"""Presets are found, changed by --set and --seed, and every shipped one is valid."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from mcworkbench.config.loading import build_experiment, load_experiment
from mcworkbench.config.presets import find_preset, list_presets, shipped_root
from mcworkbench.config.toml_file import parse_override, parse_toml
from mcworkbench.errors import InvalidInputError, PresetError

DATA = Path(__file__).resolve().parents[1] / "data"
GOOD = (DATA / "presets" / "good.toml").read_text()
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def problems_of(text: str, overrides: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(PresetError) as caught:
        build_experiment(parse_toml(text, "p.toml"), overrides)
    return list(caught.value.problems)


def test_an_override_replaces_adds_and_is_parsed_as_toml() -> None:
    overrides = (
        "curve.bends=3",
        "train.lr = 1e-3",
        "evaluate.points=[0.0,0.5,1.0]",
        "train.keep=0, every:10, best",
        'compute.device="cpu"',
        "curve.schedule=cosine",
        "train.nesterov=true",
        "title=",
    )
    experiment, file = build_experiment(parse_toml(GOOD, "p.toml"), overrides)
    assert experiment.curve.bends == 3
    assert experiment.train.lr == 0.001
    assert experiment.evaluate.positions() == (0.0, 0.5, 1.0)
    assert experiment.train.keep == "0, every:10, best"
    assert experiment.compute.device == "cpu"
    assert experiment.curve.schedule == "cosine"
    assert experiment.train.nesterov
    assert experiment.title == ""
    assert file.values["curve"] == {"bends": 3, "epochs": 60, "schedule": "cosine"}


@pytest.mark.parametrize(("typed", "read"), [(".05", 0.05), ("1.", 1.0), ("-.5e-3", -0.0005)])
def test_an_override_may_leave_out_the_digit_beside_the_point(typed: str, read: float) -> None:
    assert parse_override(f"train.lr={typed}") == (("train", "lr"), read)
    assert parse_override("title=v1.") == (("title",), "v1.")


def test_a_bad_override_is_named_instead_of_a_line() -> None:
    (sentence,) = problems_of(GOOD, ("curve.bendz=2",))
    assert sentence.startswith("--set curve.bendz=2: unknown key. Did you mean 'bends'?")
    (sentence,) = problems_of(GOOD, ("train.lr=fast",))
    assert sentence == "--set train.lr=fast: must be a number (it is 'fast')."
    (sentence,) = problems_of(GOOD, ("curve.nodes=5",))
    assert sentence.startswith("p.toml line 17, [curve] with --set curve.nodes=5: nodes = 5 counts")
    (sentence,) = problems_of(GOOD, ("model.name=resnett",))
    assert sentence.startswith("--set model.name=resnett: no model is called 'resnett'.")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lr", "--set lr: write SECTION.KEY=VALUE, e.g. --set curve.bends=2."),
        ("=3", "--set =3: write SECTION.KEY=VALUE"),
        ("train..lr=3", "--set train..lr=3: write SECTION.KEY=VALUE"),
        ("kind.x=1", "--set kind.x: kind is a value, not a section."),
        ("a" + ".a" * 40 + "=1", "write SECTION.KEY=VALUE"),
        ("title=" + "[" * 50 + "]" * 50, "nested more than 16 deep"),
    ],
)
def test_an_override_that_cannot_be_read_says_how_to_write_one(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(sentence)):
        build_experiment(parse_toml(GOOD, "p.toml"), (text,))


def test_hostile_overrides_are_values_or_refused_at_once() -> None:
    began_s = time.perf_counter()
    for value in ("9" * 60_000, "[" * 60_000, "\x1b[31m", "1\nkind = 'import'"):
        with pytest.raises(InvalidInputError) as caught:
            build_experiment(parse_toml(GOOD, "p.toml"), (f"train.epochs={value}",))
        assert not CONTROLS.search(str(caught.value))
    assert time.perf_counter() - began_s < 0.5


def test_a_seed_moves_the_run_and_its_ends() -> None:
    experiment, _ = build_experiment(parse_toml(GOOD, "p.toml"), seed=7)
    assert (experiment.seed, experiment.end_seeds()) == (7, (7, 8))
    text = GOOD.replace("seeds = [1, 2]", "")
    experiment, _ = build_experiment(parse_toml(text, "p.toml"), seed=7)
    assert experiment.end_seeds() == (7, 8)


@pytest.mark.parametrize("file", sorted(shipped_root().glob("*.toml")), ids=lambda file: file.stem)
def test_every_shipped_preset_loads_and_describes_itself(file: Path) -> None:
    experiment, parsed = load_experiment(file.stem)
    assert parsed.name == file.name
    assert experiment.title
    assert experiment.summary
    assert experiment.kind not in {"evaluate", "import"}, "those need something of the user's"


def test_a_preset_of_the_user_hides_a_shipped_one_and_bad_ones_say_why(home: Path) -> None:
    folder = home / "config" / "presets"
    folder.mkdir(parents=True)
    (folder / "quickstart.toml").write_text(GOOD)
    (folder / "broken.toml").write_text("kind =")
    assert find_preset("quickstart") == folder / "quickstart.toml"
    listed = {preset.name: preset for preset in list_presets()}
    assert not listed["quickstart"].is_shipped
    assert listed["vgg16-cifar10-bezier"].is_shipped
    assert listed["broken"].problem.startswith("broken.toml: not valid TOML")
    with pytest.raises(InvalidInputError, match="Did you mean 'quickstart'"):
        find_preset("quikstart")


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("curve.test_eror.max", "did you mean 'test_error'?"),
        ("curve.test_error.mx", "did you mean 'max'?"),
        ("test_error", "is not PATH.COLUMN.STATISTIC"),
    ],
)
def test_a_published_number_that_nothing_answers_to_is_refused(key: str, told: str) -> None:
    with pytest.raises(PresetError, match=re.escape(told)):
        load_experiment("quickstart", [f'expect={{"{key}" = 0.1}}'])
