"""Profile files of the TensorFlow port become presets; what they need becomes one plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcworkbench.cli.entry import enter
from mcworkbench.config.loading import load_experiment
from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.profiles.load import is_profile_file, read_preset
from mcworkbench.config.profiles.profile import Weights, parse_weights
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.errors import InvalidInputError, PresetError
from mcworkbench.plans.expand import expand
from mcworkbench.training.schedules import learning_rate

if TYPE_CHECKING:
    from mcworkbench.plans.plan import Plan

FILE = Path(__file__).resolve().parents[1] / "data" / "presets" / "profiles.toml"
NAMES = list(parse_toml(FILE.read_text(), "p").values)
Said = pytest.CaptureFixture[str]


def plan_of(profile: str, *overrides: str) -> Plan:
    experiment, _ = load_experiment(f"{FILE}#{profile}", overrides)
    return expand(experiment)


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = FILE.read_text()
    assert old in text
    path = tmp_path / "config.toml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_is_a_preset_that_can_be_planned(name: str) -> None:
    file = read_preset(f"{FILE}#{name}")
    assert parse_toml(file.text, "p").values == file.values
    assert file.label == name
    assert plan_of(name).nodes


def test_a_base_profile_trains_one_network_with_the_numbers_of_its_table() -> None:
    values = read_preset(f"{FILE}#base-model-2").values
    assert values["kind"] == "endpoints"
    assert values["ends"] == {"seeds": [42]}
    assert values["data"] == {"name": "mnist", "normalize": "unit"}
    wanted = {"epochs": 10, "lr": 0.05, "weight_decay": 0.0005, "batch_size": 128, "momentum": 0.9}
    assert wanted.items() <= values["train"].items()
    assert values["train"]["schedule"] == "reference"


def test_a_curve_profile_has_the_ends_that_other_profiles_train() -> None:
    plan = plan_of("curve-pretrained")
    for place in (1, 2):
        alone = plan_of(f"base-model-{place}").nodes["endpoint-1"]
        assert plan.nodes[f"endpoint-{place}"].key == alone.key
    options = plan.nodes["curve"].options
    assert isinstance(options, CurveOptions)
    # That system counts inner nodes, as we do: 7 nodes with the ends.
    assert (options.bends, options.num_nodes) == (5, 7)


def test_profiles_run_one_after_another_train_nothing_twice() -> None:
    plans = [plan_of(name) for name in NAMES]
    trained = {
        (node.kind, node.key)
        for plan in plans
        for node in plan.nodes.values()
        if node.kind in {"endpoint", "curve"}
    }
    # Two ends, the curve, its initial state, and the five epochs that go on from it.
    assert sorted(kind for kind, _ in trained) == ["curve"] * 3 + ["endpoint"] * 2


def test_a_profile_that_resumes_goes_on_from_the_epoch_it_names() -> None:
    plan = plan_of("curve-resume")
    further = plan.nodes["curve-resume"]
    assert further.inputs["start"].node == "curve"
    assert isinstance(further.options, CurveOptions)
    # Epochs 11 to 15, as its own shell script trains them.
    assert further.options.epochs == 5
    assert further.options.lr == 0.001
    # As facts of that system: resumed at epoch 11 of the 15 that its schedule is for.
    rates = [learning_rate(further.options, step, 1) for step in range(5)]
    falling = [1 - (epoch / 15 - 0.5) / 0.4 * 0.99 for epoch in (11, 12, 13)]
    assert rates == pytest.approx([0.001 * factor for factor in (*falling, 0.01, 0.01)])


def test_the_untrained_curve_is_scored_at_epoch_0() -> None:
    plan = plan_of("curve-evaluate-init")
    options = plan.nodes["curve"].options
    assert isinstance(options, CurveOptions)
    assert options.last_epoch == 0
    # A run that scores its curve's initial snapshot shares that evaluation.
    whole = plan_of("curve-evaluate-trained", "evaluate.snapshots=['initial']")
    assert whole.nodes["evaluate-curve@initial"].key == plan.nodes["evaluate-curve"].key


def test_one_point_of_a_curve_is_scored_alone_on_the_processor_it_asks_for() -> None:
    experiment, _ = load_experiment(f"{FILE}#curve-evaluate-point")
    assert experiment.evaluate.positions() == (0.5,)
    assert not experiment.evaluate.store_predictions
    assert experiment.compute.device == "cpu"


def test_ends_that_are_trained_differently_are_taken_from_runs_of_their_own(
    tmp_path: Path,
) -> None:
    path = changed(
        tmp_path, "lr = 0.05\nwd = 0.0005\nseed = 42", "lr = 0.01\nwd = 0.0005\nseed = 42"
    )
    file = read_preset(f"{path}#curve-pretrained")
    uses = ["run:base-model-1/endpoint-1@10", "run:base-model-2/endpoint-1@10"]
    assert file.values["ends"] == {"use": uses}
    assert "run config.toml#base-model-1 and config.toml#base-model-2 first" in " ".join(file.notes)


def test_ends_may_be_taken_before_their_last_epoch(tmp_path: Path) -> None:
    text = FILE.read_text().replace('model-weights-epoch10"\nfix', 'model-weights-epoch5"\nfix')
    path = tmp_path / "config.toml"
    path.write_text(text)
    train = read_preset(f"{path}#curve-pretrained").values["train"]
    assert (train["epochs"], train["stop_at"]) == (10, 5)


def test_what_is_taken_over_and_what_means_nothing_here_is_told(capsys: Said) -> None:
    assert enter(["presets", "check", f"{FILE}#curve-evaluate-init"]) == 0
    out = capsys.readouterr().out
    assert f"{FILE}#curve-evaluate-init: OK\n" in out
    for told in (
        "defaults: batch-size = 128, momentum = 0.9 in [base-model-1], [base-model-2].",
        "num-bends counts inner nodes only",
        "wd is taken as the penalty ½·wd·‖w‖²",
        "The schedule of that system is `reference` here",
        "file-name-appendix (",
    ):
        assert told in out
    assert enter(["presets", "show", f"{FILE}#curve-evaluate-init"]) == 0
    assert "# num-bends counts" in capsys.readouterr().out


def test_keys_that_are_not_understood_are_all_named_with_the_nearest(tmp_path: Path) -> None:
    text = FILE.read_text().replace("epochs = 10\nlr", 'epoch = 10\nlr = "fast"\nlrr', 1)
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(PresetError) as caught:
        read_preset(f"{path}#base-model-1")
    first, second, third = caught.value.problems
    assert first.startswith(
        "config.toml line 7, [base-model-1] epoch: unknown key. Did you mean 'epochs'?"
    )
    assert second == "config.toml line 8, [base-model-1] lr: must be a number (it is 'fast')."
    assert "Did you mean 'lr'?" in third


@pytest.mark.parametrize(
    ("old", "new", "profile", "sentence"),
    [
        (
            'base_model_1/model-weights-epoch10"',
            'base_modle_1/model-weights-epoch10"',
            "curve-pretrained",
            "line 29, [curve-pretrained] init-start: no profile of this file trains into "
            "'results/net/checkpoints_base_modle_1'. Did you mean "
            "'results/net/checkpoints_base_model_1'?",
        ),
        (
            "base_model_1/model-weights-epoch10",
            "base_model_1/model-weights-epoch11",
            "curve-pretrained",
            "no profile of this file makes epoch 11 there: [base-model-1] trains epochs 1 to 10.",
        ),
        ("_model_1/model-weights-epoch10", "_model_1/w.h5", "curve-pretrained", "does not end in"),
        (
            "num_bends=5",
            "num_bends=3",
            "curve-resume",
            "num-bends: is 3 here and 5 in [curve-pretrained]",
        ),
        ("resume-epoch=11", "resume-epoch=17", "curve-resume", "17 lies beyond epochs = 15"),
        ('dataset = "mnist"', 'dataset = "minst"', "base-model-1", "Did you mean 'mnist'?"),
        (
            "checkpoints_curve/model-weights-epoch15",
            "checkpoints_base_model_1/model-weights-epoch10",
            "curve-evaluate-trained",
            "[base-model-1] makes a network there.",
        ),
    ],
)
def test_what_no_profile_makes_is_one_sentence(
    tmp_path: Path, old: str, new: str, profile: str, sentence: str
) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(InvalidInputError) as caught:
        read_preset(f"{path}#{profile}")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_several_profiles_lists_them_and_a_wrong_name_has_a_nearest() -> None:
    with pytest.raises(InvalidInputError, match=r"holds 7 profiles; name one as in .*base-model-1"):
        read_preset(str(FILE))
    with pytest.raises(InvalidInputError, match=r"Did you mean '#curve-resume'"):
        read_preset(f"{FILE}#curve-resum")


def test_a_preset_is_no_file_of_profiles(tmp_path: Path) -> None:
    good = FILE.with_name("good.toml")
    assert not is_profile_file(parse_toml(good.read_text(), "p").values)
    assert not is_profile_file(parse_toml("", "p").values)
    with pytest.raises(InvalidInputError, match="no file of profiles"):
        read_preset(f"{good}#curve")
    with pytest.raises(InvalidInputError, match="there is no file"):
        read_preset(f"{tmp_path / 'none.toml'}#curve")


def test_a_path_of_weights_tells_folder_and_epoch() -> None:
    assert parse_weights("a/b//model-weights-epoch07") == Weights("a/b", 7)
    assert parse_weights("model-weights-epoch7") == Weights(".", 7)
    assert parse_weights("a/checkpoint-7.pt") is None


def test_a_problem_in_the_numbers_points_into_the_profile(tmp_path: Path) -> None:
    path = changed(tmp_path, "lr = 0.05", "lr = -0.05")
    with pytest.raises(
        PresetError, match=r"config.toml#base-model-1 line 8, \[train\] lr: must be"
    ):
        load_experiment(f"{path}#base-model-1")


def test_regression_takes_the_table_of_that_system_where_it_lies(tmp_path: Path) -> None:
    path = changed(tmp_path, 'dataset = "mnist"', 'dataset = "regression"')
    file = read_preset(f"{path}#base-model-1")
    assert file.values["data"] == {"name": "three-clusters", "features": "half-square"}
    assert "datasets/data.npy is not here" in " ".join(file.notes)
    table = tmp_path / "datasets" / "data.npy"
    table.parent.mkdir()
    table.write_bytes(b"")
    assert read_preset(f"{path}#base-model-1").values["data"]["name"] == f"npy:{table}"
