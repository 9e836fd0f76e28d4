"""Presets of ensembles become members, predictions and one table; starts share the ends' work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcworkbench.config.loading import build_experiment
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.errors import InvalidInputError, PresetError
from mcworkbench.plans.snapshots import SNAPSHOT_FOLDER
from tests.unit.plans_sample import finish, launched, plan_of

if TYPE_CHECKING:
    from mcworkbench.plans.plan import Plan

HEAD = """\
[data]
name = "digits"

[model]
name = "mlp"
widths = [8]

[ends]
seeds = [1, 2, 3]

[train]
epochs = 10
"""
FGE = f'kind = "fge"\n{HEAD}\n[fge]\nepochs = 4\ncycle = 2\n'


def roles(plan: Plan, name: str) -> dict[str, str]:
    return {role: value.node for role, value in plan.nodes[name].inputs.items()}


def refusal(text: str, *overrides: str) -> str:
    with pytest.raises(InvalidInputError) as caught:
        plan_of(*overrides, text=text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_fge_begins_within_the_very_training_of_the_independent_networks() -> None:
    plan = plan_of(text=FGE)
    places = (1, 2, 3)
    assert list(plan.nodes) == [
        "dataset",
        *(f"endpoint-{k}" for k in places),
        *(f"fge-{k}" for k in places),
        *(f"predict-endpoint-{k}" for k in places),
        "ensemble",
    ]
    for k in places:
        start = plan.nodes[f"fge-{k}"].inputs["start"]
        assert (start.node, start.place) == (f"endpoint-{k}", f"{SNAPSHOT_FOLDER}/epoch-8")
        # 80 % of ten epochs; the end is told to keep them.
        assert plan.nodes[f"endpoint-{k}"].options.model_dump()["keep"] == "8"
    table = plan.nodes["ensemble"]
    assert table.options.model_dump()["methods"] == (*("fge",) * 3, *("independent",) * 3)
    assert list(roles(plan, "ensemble").values()) == [
        *(f"fge-{k}" for k in places),
        *(f"predict-endpoint-{k}" for k in places),
    ]


def test_without_independent_networks_ends_stop_where_fge_begins() -> None:
    whole = plan_of(text=FGE)
    plan = plan_of("fge.independent=false", "fge.start_at=8", text=FGE)
    assert [name for name in plan.nodes if name.startswith("predict")] == []
    assert plan.nodes["endpoint-1"].options.model_dump()["stop_at"] == 8
    # The start has one identity, whether a longer training kept it or a shorter one ends there.
    assert plan.nodes["fge-1"].key == whole.nodes["fge-1"].key


def test_fge_runs_have_random_streams_of_their_own() -> None:
    plan = plan_of(text=FGE)
    seeds = {
        name: plan.nodes[name].options.model_dump()["order_seed"]
        for name in ("endpoint-1", "fge-1", "fge-2")
    }
    assert seeds["endpoint-1"] == 1
    assert len(set(seeds.values())) == 3


def test_fge_from_networks_that_exist_trains_no_ends() -> None:
    made = launched(name="ends", text=f'kind = "endpoints"\n{HEAD}')
    for node in made.plan.nodes.values():
        finish(node)
    text = FGE.replace("seeds = [1, 2, 3]", 'use = ["run:ends/endpoint-1", "run:ends/endpoint-3"]')
    plan = plan_of(text=text)
    assert [n.kind for n in plan.nodes.values()] == [
        *("dataset", "endpoint", "endpoint", "fge", "fge", "ensemble")
    ]
    assert plan.nodes["endpoint-2"].key == made.plan.nodes["endpoint-3"].key


def test_a_member_stands_where_a_network_may() -> None:
    made = launched(name="members", text=FGE)
    for node in made.plan.nodes.values():
        snapshots = ["member-1", "member-2"] if node.kind == "fge" else ["epoch-8"]
        finish(node, snapshots=snapshots if node.kind in ("fge", "endpoint") else [])
    ends = '["run:members/fge-1@member-1", "run:members/fge-1@member-2"]'
    text = f'kind = "curve"\n{HEAD}'.replace("seeds = [1, 2, 3]", f"use = {ends}")
    plan = plan_of(text=text)
    line = plan.nodes["line"]
    assert [value.place for value in line.inputs.values()] == [
        f"{SNAPSHOT_FOLDER}/member-1",
        f"{SNAPSHOT_FOLDER}/member-2",
    ]
    assert len({value.identity for value in line.inputs.values()}) == 2
    said = refusal(text.replace("@member-2", "@member-7"))
    assert "has no '@member-7'; it has 2." in said
    said = refusal(text.replace("@member-2", ""))
    assert "is an ensemble of networks; name one of its members" in said
    assert "run:members/fge-1@member-1" in said


def test_swa_and_swag_keep_moments_and_are_scored_beside_plain_networks() -> None:
    text = f'kind = "swag"\n{HEAD}\n[swa]\nepochs = 30\naverage_from = 9\n\n[swag]\nsamples = 3\n'
    plan = plan_of("ends.seeds=[1]", text=text)
    assert list(plan.nodes) == [
        *("dataset", "swa-1", "swag-1", "swag-diagonal-1", "endpoint-1"),
        *("predict-swa-1", "predict-endpoint-1", "ensemble"),
    ]
    assert plan.nodes["swa-1"].options.model_dump()["rank"] == 20
    diagonal = plan.nodes["swag-diagonal-1"].options.model_dump()
    assert (diagonal["is_diagonal"], diagonal["scale"]) == (True, 1.0)
    nodes = plan_of("ends.seeds=[1, 2]", text=text).nodes
    assert nodes["swag-1"].key == plan.nodes["swag-1"].key
    seeds = [nodes[f"swag-{place}"].options.model_dump()["sample_seed"] for place in (1, 2)]
    assert seeds == [0, 1]
    assert "[swa] rank = 5 keeps fewer" in refusal(text, "swa.rank=5")
    said = refusal(text, "swa.epochs=12")
    assert "[swag] rank = 20 needs as many averaged iterates, and [swa] gives 4" in said
    alone = plan_of("ends.seeds=[1]", "kind=swa", text=text.partition("\n[swag]")[0])
    assert alone.nodes["swa-1"].options.model_dump()["rank"] == 0
    assert alone.nodes["swa-1"].key != plan.nodes["swa-1"].key


def test_a_longer_ensemble_scores_only_the_new_network() -> None:
    made = launched(name="ends", text=f'kind = "endpoints"\n{HEAD}')
    for node in made.plan.nodes.values():
        finish(node)

    def pooled(count: int) -> Plan:
        use = [f"run:ends/endpoint-{k}" for k in range(1, count + 1)]
        text = f'kind = "ensemble"\n{HEAD}'
        return plan_of("ends.seeds=[]", f"ensemble.use={use}".replace("'", '"'), text=text)

    first, second = pooled(2), pooled(3)
    assert list(second.nodes)[-2:] == ["predict-network-3", "ensemble"]
    for name in ("predict-network-1", "predict-network-2"):
        assert first.nodes[name].key == second.nodes[name].key


def test_soups_and_points_of_paths_are_members_too() -> None:
    text = f'kind = "ensemble"\n{HEAD}\n[ensemble]\nsoups = ["uniform"]\n'
    plan = plan_of(text=text)
    assert list(plan.nodes)[4:] == [
        *(f"predict-endpoint-{k}" for k in (1, 2, 3)),
        *("soup-uniform", "predict-soup-uniform", "ensemble"),
    ]
    assert plan.nodes["ensemble"].options.model_dump()["methods"] == (
        *("independent",) * 3,
        "soup-uniform",
    )
    assert "a soup needs two networks" in refusal(text, "ends.seeds=[1]")
    curve = launched(name="curve", text=f'kind = "curve"\n{HEAD}')
    for node in curve.plan.nodes.values():
        finish(node)
    plan = plan_of(
        'ensemble={path="run:curve/curve", positions=[0.0, 0.5]}', text=f'kind = "ensemble"\n{HEAD}'
    )
    assert plan.nodes["predict-path"].options.model_dump()["positions"] == (0.0, 0.5)


def test_members_scored_on_other_data_are_refused_by_the_plan() -> None:
    made = launched(name="members", text=FGE)
    for node in made.plan.nodes.values():
        finish(node)
    text = f'kind = "ensemble"\n{HEAD}\n[ensemble]\nuse = ["run:members/fge-1"]\n'
    assert "predict" not in {n.kind for n in plan_of(text=text).nodes.values()}
    said = refusal(text, "data.test_limit=50")
    assert "members of 'run:members/fge-1' were scored on other [data]" in said


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["fge.start_at=11"], "start_at = 11 lies beyond the 10 epochs of [train]"),
        (["train.stop_at=8"], "[train] stop_at = 8 ends them early"),
    ],
)
def test_a_start_that_cannot_be_says_why(overrides: list[str], words: str) -> None:
    assert words in refusal(FGE, *overrides)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["fge.cycle=3"], "cycle = 3 is odd, so its lowest rate falls into the middle"),
        (["fge.cycle=6"], "cycle = 6 is longer than epochs = 4"),
        (["kind=curve"], "[fge] belongs to kind = 'fge'"),
        (['expect={"fge.test_error.2c"=0.1}'], "speaks of '2c'"),
        (["fge.schedule=cosine"], "'cosine' is not allowed. Allowed: cyclic"),
    ],
)
def test_problems_of_ensembles_are_one_sentence(overrides: list[str], words: str) -> None:
    with pytest.raises(PresetError) as caught:
        build_experiment(parse_toml(FGE, "p.toml"), overrides)
    assert words in str(caught.value)


def test_published_numbers_may_speak_of_budgets() -> None:
    experiment, _ = build_experiment(
        parse_toml(f'{FGE}\n[expect]\n"fge.test_error.2b" = 0.05\n', "p.toml")
    )
    assert experiment.expect == {"fge.test_error.2b": 0.05}


def test_an_epoch_of_swa_is_the_network_in_training_and_never_another_average() -> None:
    text = f'kind = "swa"\n{HEAD}\n[swa]\nepochs = 30\naverage_from = 9\n'
    made = launched("ends.seeds=[1]", name="mean", text=text)
    for node in made.plan.nodes.values():
        finish(node, snapshots=["epoch-12", "epoch-30"] if node.kind == "swa" else [])
    text = f'kind = "endpoints"\n{HEAD}from = "run:mean/swa-1@12"\n'
    start = plan_of("ends.seeds=[1]", text=text).nodes["endpoint-1"].inputs["start"]
    assert (start.place, start.node) == (f"{SNAPSHOT_FOLDER}/epoch-12", "endpoint-1-start")
    average = plan_of("ends.seeds=[1]", text=text.replace("@12", "")).nodes["endpoint-1"]
    last = plan_of("ends.seeds=[1]", text=text.replace("@12", "@30")).nodes["endpoint-1"]
    identities = {one.inputs["start"].identity for one in (average, last)} | {start.identity}
    assert len(identities) == 3
    assert average.inputs["start"].place == ""
    # Trained to epoch 5, SWA has averaged nothing at all.
    said = refusal(text.replace("@12", "@5"), "ends.seeds=[1]")
    assert "did not keep '@5', and its product is not the network of that epoch" in said


def test_members_named_twice_or_of_another_network_are_refused() -> None:
    made = launched(name="ends", text=f'kind = "endpoints"\n{HEAD}')
    for node in made.plan.nodes.values():
        finish(node)
    text = f'kind = "ensemble"\n{HEAD}'.replace("seeds = [1, 2, 3]", "")
    twice = 'ensemble.use=["run:ends/endpoint-1", "run:ends/endpoint-1@last"]'
    assert refusal(text, twice) == (
        "[ensemble] use: 'run:ends/endpoint-1' and 'run:ends/endpoint-1@last' are the same; name "
        "each member once."
    )
    images = HEAD.replace('name = "mlp"\nwidths = [8]', 'name = "ae_tiny"')
    finish(launched(name="images", text=f'kind = "endpoints"\n{images}').plan.nodes["endpoint-1"])
    said = refusal(text, 'ensemble.use=["run:images/endpoint-1"]')
    assert "has [model] name = 'ae_tiny', but this preset says 'mlp'" in said
