"""What [data] and [ends] say of data sets becomes data-set nodes of their own; chains too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mcworkbench.catalogue import DATASETS
from mcworkbench.config.loading import parse_experiment
from mcworkbench.config.options.chain import ChainOptions
from mcworkbench.config.options.data import TRANSFORMS, DataOptions, DataSection
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.stored_data import stored_data
from mcworkbench.errors import InvalidInputError, PresetError
from tests.unit.plans_sample import GOOD, plan_of

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.plans.plan import Plan


def roles(plan: Plan, name: str) -> dict[str, str]:
    return {role: value.node for role, value in plan.nodes[name].inputs.items()}


def data_of(plan: Plan, name: str) -> DataOptions:
    options = plan.nodes[name].options
    assert isinstance(options, DataOptions)
    return options


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_is_another_name_for_what_it_stands_for(name: str) -> None:
    spelled = [f"data.{key}={value!r}" for key, value in TRANSFORMS[name].items()]
    assert (
        plan_of(f"data.transform='{name}'").nodes["dataset"].key
        == plan_of(*spelled).nodes["dataset"].key
    )


def test_a_transform_beside_what_it_sets_is_refused() -> None:
    with pytest.raises(PresetError, match="transform = 'VGG' sets augment; give one of them"):
        plan_of("data.transform='VGG'", "data.augment='crop'")


def test_ends_of_two_halves_have_data_of_their_own_and_the_curve_has_all() -> None:
    plan = plan_of("ends.train_classes=[[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]")
    for place, classes in ((1, (0, 1, 2, 3, 4)), (2, (5, 6, 7, 8, 9))):
        assert roles(plan, f"endpoint-{place}") == {"dataset": f"dataset-end-{place}"}
        assert data_of(plan, f"dataset-end-{place}").train_classes == classes
    whole = plan_of()
    assert plan.nodes["dataset"].key == whole.nodes["dataset"].key
    for name in ("curve", "evaluate-line", "evaluate-curve"):
        assert roles(plan, name)["dataset"] == "dataset"
    assert plan.nodes["endpoint-1"].key != whole.nodes["endpoint-1"].key


def test_a_half_for_each_end_is_asked_for() -> None:
    with pytest.raises(PresetError, match="give one list of classes for each seed"):
        plan_of("ends.train_classes=[[0, 1]]")
    with pytest.raises(PresetError, match="increasing class numbers"):
        plan_of("data.train_classes=[3, 1]")


def test_further_test_sets_are_inputs_of_evaluations_alone(tmp_path: Path) -> None:
    np.savez(tmp_path / "Shifted Set.npz", x=np.zeros(1))
    plan = plan_of(
        "data.also_test=['arrays:Shifted Set.npz', 'made=synthetic']",
        "data.validation='random:50'",
        base=tmp_path,
    )
    plain = plan_of("data.validation='random:50'", base=tmp_path)
    for name in ("evaluate-line", "evaluate-curve"):
        found = roles(plan, name)
        assert found["test-shifted-set"] == "dataset-shifted-set"
        assert found["test-made"] == "dataset-made"
        options = plan.nodes[name].options
        assert isinstance(options, EvaluateOptions)
        assert options.also_test == ("shifted-set", "made")
    assert data_of(plan, "dataset-made").validation == "none"
    same = {name for name, node in plain.nodes.items() if plan.nodes[name].key == node.key}
    assert same == {"dataset", "endpoint-1", "endpoint-2", "line", "curve"}


@pytest.mark.parametrize("wrong", [["digits", "digits"], ["///"], ["a=digits", "a=synthetic"]])
def test_further_test_sets_need_names_of_their_own(wrong: list[str]) -> None:
    with pytest.raises(ValueError, match="a name of its own"):
        DataSection.model_validate({"name": "digits", "also_test": wrong})


def test_a_chain_goes_through_all_ends_and_scores_every_segment() -> None:
    plan = plan_of("kind='chain'", "ends.seeds=[4, 5, 6, 7]", "train.weight_decay=0.003")
    assert list(plan.nodes)[-2:] == ["chain", "evaluate-chain"]
    assert roles(plan, "chain") == {f"point-{n}": f"endpoint-{n}" for n in range(1, 5)}
    assert plan.nodes["chain"].options == ChainOptions(points=4)
    options = plan.nodes["evaluate-chain"].options
    assert isinstance(options, EvaluateOptions)
    assert options.weight_decay == 0.003, "that of the networks: no curve was trained"


@pytest.mark.parametrize(("given", "points"), [("", 16), ("evaluate.points=3", 7)])
def test_points_of_a_chain_are_counted_on_each_segment(given: str, points: int) -> None:
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith("points"))
    overrides = ["kind='chain'", "ends.seeds=[4, 5, 6, 7]", *filter(None, [given])]
    options = plan_of(*overrides, text=text).nodes["evaluate-chain"].options
    assert isinstance(options, EvaluateOptions)
    assert options.points == points


def test_one_network_is_no_chain() -> None:
    with pytest.raises(PresetError, match="needs two ends or more"):
        plan_of("kind='chain'", "ends.seeds=[4]")


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_can_be_named_in_a_preset(name: str) -> None:
    source = DATASETS[name]
    full: Any = f"{name}:{source.takes_path}" if source.takes_path else name
    experiment = parse_experiment(GOOD.replace('"digits"', f'"{full}"'), "p.toml")
    assert experiment.data.name == full
    assert name in {one.name for one in stored_data()}
    if not source.takes_path:
        key = plan_of(text=GOOD.replace('"digits"', f'"{full}"')).nodes["dataset"].key
        assert len(key) == 64
    else:
        with pytest.raises(InvalidInputError):
            plan_of(text=GOOD.replace('"digits"', f'"{full}"'))
